import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from core.training.prepare.cycles import repeat_cycle

FRAMES, FADE = 46, 9


def turning_walk(seam_rad=0.2, height_m=0.0):
    """A cycle that turns by 0.9 rad and whose left hip ends `seam_rad` off its beginning."""
    time = np.linspace(0, 1, FRAMES)
    rotvec = np.zeros((FRAMES, 24, 3))
    rotvec[:, 0, 1] = 0.9 * time
    rotvec[:, 1, 0] = 0.3 * np.sin(2 * np.pi * time) + seam_rad * time
    pelvis = np.stack([time, 0.9 + height_m * time, 0.4 * time], axis=1)
    return Rotation.from_rotvec(rotvec.reshape(-1, 3)).as_matrix().reshape(FRAMES, 24, 3, 3), pelvis


def turns_between(rotmat):
    steps = np.swapaxes(rotmat[:-1], -1, -2) @ rotmat[1:]
    return Rotation.from_matrix(steps.reshape(-1, 3, 3)).magnitude()


def test_the_first_cycle_stays_as_it_is_and_all_count():
    rotmat, pelvis = turning_walk()
    long_rotmat, long_pelvis = repeat_cycle(rotmat, pelvis, 3, FADE)
    assert len(long_rotmat) == len(long_pelvis) == 3 * (FRAMES - 1) + 1
    assert np.array_equal(long_rotmat[: FRAMES - 1], rotmat[:-1])
    assert np.array_equal(long_pelvis[: FRAMES - 1], pelvis[:-1])


def test_heading_and_place_go_on():
    rotmat, pelvis = turning_walk()
    long_rotmat, long_pelvis = repeat_cycle(rotmat, pelvis, 3, FADE)
    heading = Rotation.from_matrix(long_rotmat[-1, 0] @ long_rotmat[0, 0].T).as_rotvec()
    assert heading == pytest.approx([0, 2.7, 0], abs=1e-6)
    third = long_pelvis[-1] - long_pelvis[2 * (FRAMES - 1)]
    assert third == pytest.approx(Rotation.from_rotvec([0, 1.8, 0]).apply(pelvis[-1] - pelvis[0]), abs=1e-6)


def test_seams_do_not_jump_and_fade_out():
    rotmat, pelvis = turning_walk(seam_rad=0.4, height_m=0.1)
    long_rotmat, long_pelvis = repeat_cycle(rotmat, pelvis, 2, FADE)
    # Smoothstep's steepest slope is one and a half times the mean one, on top of the cycle's own turning.
    assert turns_between(long_rotmat).max() < turns_between(rotmat).max() + 1.5 * 0.4 / FADE
    assert np.abs(np.diff(long_pelvis, axis=0))[:, 1].max() < 0.1 / (FRAMES - 1) + 1.5 * 0.1 / FADE
    after = slice(FRAMES - 1 + FADE, None)
    assert long_rotmat[after, 1] == pytest.approx(rotmat[FADE:, 1], abs=1e-9)
    assert long_pelvis[after, 1] == pytest.approx(pelvis[FADE:, 1], abs=1e-9)


def test_once_is_the_cycle_itself():
    rotmat, pelvis = turning_walk()
    once = repeat_cycle(rotmat, pelvis, 1, FADE)
    assert np.array_equal(once[0], rotmat)
    assert np.array_equal(once[1], pelvis)
