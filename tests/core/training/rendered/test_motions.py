from pathlib import Path

import numpy as np
import pytest

from core.errors import MotionDataError
from core.rotations import rotvec_to_rotmat
from core.training.rendered.motions import Motion, MotionFiles, heading_rad, joined, mirrored, turned


def random_motion(seed: int, frame_count: int = 30) -> Motion:
    random = np.random.default_rng(seed)
    rotvec = random.normal(0, 0.3, (1, 24, 3)) + np.linspace(0, 0.5, frame_count)[:, None, None]
    steps = random.normal(0, 0.01, (frame_count, 3))
    steps[0] = [1.0, 1.0, 2.0]
    return Motion(rotvec_to_rotmat(rotvec), np.cumsum(steps, axis=0))


@pytest.fixture
def motion_file(tmp_path) -> Path:
    random = np.random.default_rng(0)
    path = tmp_path / "clips.npz"
    np.savez(
        path, poses=random.normal(0, 0.1, (80, 24, 3)).astype(np.float32), trans=random.normal(0, 0.1, (80, 3)),
        clip_start=[0, 40], clip_len=[40, 40], clip_split=["train", "val"], clip_name=["seen", "kept"], fps=30.0,
    )  # fmt: skip
    return path


def test_a_clip_that_networks_train_on_is_refused(motion_file):
    with pytest.raises(MotionDataError, match="seen"):
        MotionFiles((motion_file,)).motion("seen", 0.0, 10, 30.0)


def test_a_clip_is_cut_where_it_is_told(motion_file):
    motion = MotionFiles((motion_file,)).motion("kept", 0.5, 10, 30.0)
    with np.load(motion_file) as arrays:
        np.testing.assert_allclose(motion.pelvis, arrays["trans"][55:65], atol=1e-6)
        np.testing.assert_allclose(motion.rotmat, rotvec_to_rotmat(arrays["poses"][55:65]), atol=1e-5)


def test_at_twice_the_rate_every_second_frame_is_the_clips(motion_file):
    files = MotionFiles((motion_file,))
    slow, fast = files.motion("kept", 0.5, 10, 30.0), files.motion("kept", 0.5, 19, 60.0)
    np.testing.assert_allclose(fast.pelvis[::2], slow.pelvis, atol=1e-6)


def test_unknown_and_short_clips_are_named(motion_file):
    files = MotionFiles((motion_file,))
    with pytest.raises(MotionDataError, match="nothing"):
        files.motion("nothing", 0.0, 10, 30.0)
    with pytest.raises(MotionDataError, match="too early"):
        files.motion("kept", 0.5, 40, 30.0)


def test_a_file_without_names_is_refused(tmp_path):
    path = tmp_path / "nameless.npz"
    np.savez(path, poses=np.zeros((9, 24, 3)), trans=np.zeros((9, 3)), clip_start=[0], clip_len=[9], clip_split=["val"])
    with pytest.raises(MotionDataError, match="name"):
        MotionFiles((path,))


def test_mirroring_twice_changes_nothing():
    motion = random_motion(1)
    again = mirrored(mirrored(motion))
    np.testing.assert_allclose(again.rotmat, motion.rotmat, atol=1e-12)
    assert not np.allclose(mirrored(motion).rotmat, motion.rotmat)


def test_turning_turns_the_heading_and_starts_above_the_origin():
    motion = random_motion(2)
    quarter = turned(motion, np.pi / 2)
    np.testing.assert_allclose(quarter.pelvis[0], [0.0, motion.pelvis[0, 1], 0.0], atol=1e-12)
    change = heading_rad(quarter, 5) - heading_rad(motion, 5)
    assert np.cos(change - np.pi / 2) > 0.9
    np.testing.assert_allclose(quarter.rotmat[:, 1:], motion.rotmat[:, 1:])


def test_joined_motions_have_no_jump_and_keep_their_ends():
    first, second = random_motion(3), random_motion(4)
    both = joined(first, second, 10)
    assert both.frame_count == 50
    np.testing.assert_allclose(both.rotmat[:20], first.rotmat[:20])
    np.testing.assert_allclose(both.rotmat[30:, 1:], second.rotmat[10:, 1:])
    steps = np.linalg.norm(np.diff(both.pelvis, axis=0), axis=1)
    assert steps.max() < 0.12
    turns = np.linalg.norm(np.diff(both.rotmat, axis=0), axis=(-2, -1))
    assert turns.max() < 0.5
    np.testing.assert_allclose(np.linalg.det(both.rotmat), 1.0, atol=1e-9)
