import numpy as np
import pytest
from blender_addon_walker import walk_capture
from jointwise_ext.blender_addon.cleanup.legs import BodyMotion
from jointwise_ext.blender_addon.cleanup.settings import CleanupSettings
from jointwise_ext.blender_addon.cleanup.solve import smoothed_motion, solve
from jointwise_ext.blender_addon.cleanup.timing import close_loop, scaled_times, trimmed_rows, without_travel
from jointwise_ext.core.errors import OptionError
from jointwise_ext.core.rotations import continuous_quat_wxyz, quat_wxyz_to_rotmat, rotvec_to_quat_wxyz

NO_CONTACTS = np.zeros((120, 2), bool)


def random_motion(frame_count):
    rng = np.random.default_rng(5)
    rotvecs = np.cumsum(rng.normal(0, 0.05, (frame_count, 24, 3)), axis=0)
    pelvis = np.cumsum(rng.normal(0.02, 0.01, (frame_count, 3)), axis=0)
    return BodyMotion(continuous_quat_wxyz(rotvec_to_quat_wxyz(rotvecs)), pelvis)


def test_trim_is_by_source_frames_and_the_end_is_exclusive():
    ids = np.array([10, 11, 12, 20, 21], np.int32)
    assert trimmed_rows(ids, 0, 0) == slice(0, 5)
    assert trimmed_rows(ids, 12, 21) == slice(2, 4)
    assert trimmed_rows(ids, 13, 0) == slice(3, 5)
    with pytest.raises(OptionError, match="from frame 13 to 20 leaves no frame"):
        trimmed_rows(ids, 13, 20)


def test_trim_keeps_the_other_frames_as_they_are():
    capture = walk_capture(sway_m=0.02)
    settings = {"smoothing_s": 0.3, "contact_mode": "auto"}
    feet = np.ones((120, 2), bool)
    whole = solve(capture, CleanupSettings(**settings), feet, ())
    part = solve(capture, CleanupSettings(**settings, first_frame=30, end_frame=70), feet, ())
    assert (part.first_row, len(part.times_s)) == (30, 40)
    assert np.array_equal(part.quats_wxyz, whole.quats_wxyz[30:70])
    assert np.array_equal(part.times_s, whole.times_s[30:70])


@pytest.mark.parametrize("keeps_travel", [True, False])
def test_the_end_of_a_loop_meets_its_start(keeps_travel):
    motion = random_motion(80)
    cycle = close_loop(motion, 10, keeps_travel)
    assert len(cycle.pelvis) == 80 - 10
    first, last = quat_wxyz_to_rotmat(cycle.quats_wxyz[0]), quat_wxyz_to_rotmat(cycle.quats_wxyz[-1])
    assert np.allclose(first, last, atol=1e-12)
    assert np.isclose(cycle.pelvis[0, 2], cycle.pelvis[-1, 2])
    travelled = np.linalg.norm(cycle.pelvis[-1, :2] - cycle.pelvis[0, :2])
    assert travelled > 1 if keeps_travel else travelled < 1e-12


def test_a_loop_has_no_jump_of_speed_at_its_seam():
    motion = random_motion(80)
    motion.pelvis[:, 2] = 1.0
    steps = np.linalg.norm(np.diff(motion.pelvis, axis=0), axis=1)
    cycle = close_loop(motion, 10, True)
    travel = cycle.pelvis[-1] - cycle.pelvis[0]
    twice = np.concatenate([cycle.pelvis, cycle.pelvis[1:] + travel])
    assert np.linalg.norm(np.diff(twice, axis=0), axis=1).max() < 1.5 * steps.max()
    # The frame after the seam is nearly what followed the last frame in the clip.
    assert np.linalg.norm(twice[70] - (motion.pelvis[70] + twice[69] - motion.pelvis[69])) < 0.02


def test_a_loop_of_a_loop_is_itself():
    """A cyclic walk stays what it is: tail and head are the same."""
    capture = walk_capture(frame_count=120)
    motion = smoothed_motion(capture, CleanupSettings()).rows(slice(0, 101))
    cycle = close_loop(motion, 10, True)
    assert len(cycle.pelvis) == 91
    assert np.allclose(cycle.quats_wxyz[11:], motion.quats_wxyz[11:91])
    exact = close_loop(motion, 40, True)
    assert len(exact.pelvis) == 61
    assert np.allclose(exact.quats_wxyz, motion.quats_wxyz[:61], atol=1e-5)
    assert np.allclose(exact.pelvis, motion.pelvis[:61], atol=1e-5)


@pytest.mark.parametrize("frame_count", [1, 2, 3, 4])
def test_short_clips_loop_without_an_error(frame_count):
    cycle = close_loop(random_motion(frame_count), 30, False)
    assert 1 <= len(cycle.pelvis) <= frame_count


def test_in_place_keeps_the_pose_and_the_bob():
    capture = walk_capture(sway_m=0.02)
    walking = solve(capture, CleanupSettings(), NO_CONTACTS, ())
    standing = solve(capture, CleanupSettings(in_place=True), NO_CONTACTS, ())
    assert np.array_equal(standing.quats_wxyz, walking.quats_wxyz)
    # In the root's rest frame up is the second axis.
    assert np.array_equal(standing.location[:, 1], walking.location[:, 1])
    assert np.ptp(standing.location[:, [0, 2]], axis=0).max() < 1e-12
    assert np.ptp(walking.location[:, 2]) > 2


def test_without_travel_stays_above_the_first_place():
    pelvis = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    assert without_travel(pelvis).tolist() == [[1.0, 2.0, 3.0], [1.0, 2.0, 6.0]]


def test_speed_scales_times_from_the_first_key():
    times = np.array([2.0, 2.5, 4.0])
    assert scaled_times(times, 2.0).tolist() == [2.0, 2.25, 3.0]
    assert scaled_times(times, 0.5).tolist() == [2.0, 3.0, 6.0]
    assert scaled_times(times, 1.0) is times
