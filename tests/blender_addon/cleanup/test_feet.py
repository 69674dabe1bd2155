import numpy as np
import pytest
from blender_addon_walker import deepest_mm, knee_steps_deg, sole_slide_mm, walk_capture
from jointwise_ext.blender_addon.cleanup.feet import (
    correct_feet,
    detected_feet,
    detected_parts,
    parts_of_feet,
)
from jointwise_ext.blender_addon.cleanup.legs import LEGS, pose_leg
from jointwise_ext.blender_addon.cleanup.settings import CleanupSettings
from jointwise_ext.blender_addon.cleanup.solve import smoothed_motion


def before_and_after(capture, mode, feet_stand=None, unseen=()):
    before = smoothed_motion(capture, CleanupSettings())
    stands = detected_feet(capture.contacts, 30.0) if feet_stand is None else feet_stand
    after, refused = correct_feet(before, mode, stands, capture, unseen)
    return before, after, refused


def test_the_walk_of_these_tests_is_clean():
    capture = walk_capture()
    motion = smoothed_motion(capture, CleanupSettings())
    stands = detected_parts(capture.contacts, 30.0)
    assert 60 < stands[:, 0].sum() < 90
    assert sole_slide_mm(motion, capture, stands).max() < 0.1
    assert abs(deepest_mm(motion, capture)) < 0.1
    assert knee_steps_deg(motion).max() > 3


def test_auto_leaves_a_clean_walk_clean():
    capture = walk_capture()
    before, after, refused = before_and_after(capture, "auto")
    stands = detected_parts(capture.contacts, 30.0)
    assert sole_slide_mm(after, capture, stands).max() < sole_slide_mm(before, capture, stands).max() + 1
    assert deepest_mm(after, capture) < 5
    assert knee_steps_deg(after).max() < knee_steps_deg(before).max() + 1
    assert refused == 0


def test_auto_holds_feet_that_slide_without_a_knee_pop():
    capture = walk_capture(sway_m=0.03)
    before, after, refused = before_and_after(capture, "auto")
    stands = detected_parts(capture.contacts, 30.0)
    assert sole_slide_mm(before, capture, stands).mean() > 2
    assert sole_slide_mm(after, capture, stands).max() < 1
    assert deepest_mm(after, capture) < 5
    assert knee_steps_deg(after).max() < knee_steps_deg(before).max() + 3
    assert refused == 0


@pytest.mark.parametrize("mode", ["auto", "always", "ground"])
def test_no_foot_is_left_in_the_floor(mode):
    capture = walk_capture(sink_m=0.04)
    before, after, _ = before_and_after(capture, mode)
    assert deepest_mm(before, capture) > 39
    assert deepest_mm(after, capture) < 5
    assert knee_steps_deg(after).max() < knee_steps_deg(before).max() + 5


def test_never_leaves_everything_and_ground_only_leaves_what_is_above_the_floor():
    capture = walk_capture(sway_m=0.03)
    before, after, _ = before_and_after(capture, "never")
    assert after is before
    raised = walk_capture(sway_m=0.03, sink_m=-0.01)
    before, after, _ = before_and_after(raised, "ground")
    assert np.array_equal(after.quats_wxyz, before.quats_wxyz)
    assert np.array_equal(after.pelvis, before.pelvis)


def test_always_holds_feet_near_the_floor_whatever_was_detected():
    capture = walk_capture(sway_m=0.03)
    stands = detected_parts(capture.contacts, 30.0)
    capture.contacts[:] = 0
    before, after, _ = before_and_after(capture, "always")
    # A foot that comes and goes is not yet slow: the middle of each stance counts.
    middle = stands.copy()
    for shift in range(1, 4):
        middle &= np.roll(stands, shift, axis=0) & np.roll(stands, -shift, axis=0)
    assert sole_slide_mm(after, capture, middle).mean() < 0.3 * sole_slide_mm(before, capture, middle).mean()


def test_a_foot_whose_contacts_are_taken_away_is_free():
    capture = walk_capture(sway_m=0.03)
    stands = detected_parts(capture.contacts, 30.0)
    feet = detected_feet(capture.contacts, 30.0)
    feet[:, 0] = False
    _, after, _ = before_and_after(capture, "auto", feet)
    left, right = stands.copy(), stands.copy()
    left[:, 2:], right[:, :2] = False, False
    assert sole_slide_mm(after, capture, right).max() < 1
    assert sole_slide_mm(after, capture, left).mean() > 1


def test_a_contact_that_nobody_detected_holds_the_whole_foot():
    capture = walk_capture(sway_m=0.03)
    stands = detected_parts(capture.contacts, 30.0)
    feet = detected_feet(capture.contacts, 30.0)
    capture.contacts[:] = 0
    _, after, _ = before_and_after(capture, "auto", feet)
    assert sole_slide_mm(after, capture, stands).max() < 1


def test_a_contact_of_a_foot_that_steps_is_refused_and_counted():
    capture = walk_capture()
    feet = np.ones((120, 2), bool)
    before, after, refused = before_and_after(capture, "auto", feet)
    assert refused == 2
    assert np.array_equal(after.quats_wxyz, before.quats_wxyz)


def test_unseen_legs_are_left_alone():
    capture = walk_capture(sway_m=0.03)
    _, after, _ = before_and_after(capture, "auto", unseen={LEGS[0].knee})
    before = smoothed_motion(capture, CleanupSettings())
    for joint in (LEGS[0].hip, LEGS[0].knee, LEGS[0].ankle):
        assert np.array_equal(after.quats_wxyz[:, joint], before.quats_wxyz[:, joint])


def test_flickers_of_contacts_are_left_out():
    contacts = np.zeros((30, 4))
    contacts[5:7, 0] = 1
    contacts[10:20, 0] = 1
    assert np.array_equal(np.flatnonzero(detected_parts(contacts, 30.0)[:, 0]), np.arange(10, 20))


def test_a_foot_stands_on_its_detected_parts_or_else_whole():
    detected = np.array([[True, False, False, False], [False, False, False, False]])
    assert parts_of_feet(np.ones((2, 2), bool), detected).tolist() == [[True, False, True, True], [True] * 4]
    assert not parts_of_feet(np.zeros((2, 2), bool), detected).any()


def test_soles_at_rest_lie_on_the_floor():
    capture = walk_capture(frame_count=2)
    motion = smoothed_motion(capture, CleanupSettings())
    motion.quats_wxyz[:] = (1, 0, 0, 0)
    motion.pelvis[:] = capture.heads[0]
    for leg in LEGS:
        soles = pose_leg(motion, leg, capture).soles
        assert np.abs(soles[..., 2]).max() < 1e-9
        # The toe is in front of the heel; the body faces -Y.
        assert 0.15 < (soles[0, 0] - soles[0, 1])[1] < 0.3
