from itertools import pairwise

import numpy as np
import pytest
from jointwise_ext.blender_addon.retarget.rotation_modes import rotation_channel, rotation_values
from jointwise_ext.core.rotations import rotvec_to_rotmat
from mathutils import Euler, Matrix, Quaternion

ORDERS = ("XYZ", "XZY", "YXZ", "YZX", "ZXY", "ZYX")
MODES = ("QUATERNION", "AXIS_ANGLE", *ORDERS)


def smooth_turns(frame_count=400):
    """Rotations (T, 3, 3) that go through many whole turns and through every axis."""
    times = np.linspace(0, 1, frame_count)[:, None]
    first, second = (rotvec_to_rotmat(times * np.array(axis)) for axis in ((9.0, 2.0, 1.0), (1.0, -7.0, 4.0)))
    return first @ second


def rotmat_of(values, mode):
    """What Blender's own mathutils makes of a value."""
    if mode == "QUATERNION":
        return np.array(Quaternion(values).to_matrix())
    if mode == "AXIS_ANGLE":
        return np.array(Matrix.Rotation(values[0], 3, values[1:]))
    return np.array(Euler(values, mode).to_matrix())


@pytest.mark.parametrize("mode", MODES)
def test_values_are_the_rotations_in_blenders_own_reading(mode):
    turns = smooth_turns()
    for turn, values in zip(turns, rotation_values(turns, mode), strict=True):
        assert np.abs(rotmat_of(values, mode) - turn).max() < 1e-5


@pytest.mark.parametrize("mode", MODES)
def test_random_rotations_are_right_too(mode):
    turns = rotvec_to_rotmat(np.random.default_rng(1).normal(0, 2, (300, 3)))
    for turn, values in zip(turns, rotation_values(turns, mode), strict=True):
        assert np.abs(rotmat_of(values, mode) - turn).max() < 1e-5


@pytest.mark.parametrize("mode", MODES)
def test_values_of_a_smooth_motion_make_no_jump(mode):
    values = rotation_values(smooth_turns(), mode)
    # Euler angles turn fast near their gimbal lock, but never by half a turn from one frame to the next.
    assert np.abs(np.diff(values, axis=0)).max() < 1.6


@pytest.mark.parametrize("order", ORDERS)
def test_each_frame_takes_the_angles_next_to_the_frame_before(order):
    values = rotation_values(smooth_turns(), order)
    for before, after in pairwise(values):
        nearest = np.array(Matrix(rotmat_of(after, order)).to_euler(order, Euler(before, order)))
        assert np.abs(after - before).sum() < np.abs(nearest - before).sum() + 1e-4


@pytest.mark.parametrize("order", ORDERS)
def test_a_gimbal_lock_is_exact(order):
    angles = np.zeros(3)
    angles["XYZ".index(order[1])] = np.pi / 2
    angles["XYZ".index(order[0])] = 0.4
    turn = np.array(Euler(angles, order).to_matrix())
    assert np.abs(rotmat_of(rotation_values(turn[None], order)[0], order) - turn).max() < 1e-3


@pytest.mark.parametrize("mode", MODES)
def test_no_rotation_is_zero_and_one_frame_is_enough(mode):
    values = rotation_values(np.eye(3)[None], mode)
    assert values.shape == (1, 4 if mode in ("QUATERNION", "AXIS_ANGLE") else 3)
    assert np.abs(rotmat_of(values[0], mode) - np.eye(3)).max() < 1e-9
    assert rotation_channel(mode) in ("rotation_quaternion", "rotation_axis_angle", "rotation_euler")
