"""Pins on a walk, without Blender's scene: exact at the pins, smooth around, nothing elsewhere."""

import dataclasses
from functools import cache

import numpy as np
import pytest
from blender_addon_walker import deepest_mm, knee_steps_deg, sole_slide_mm, walk_capture
from jointwise_ext.blender_addon.cleanup import solve
from jointwise_ext.blender_addon.cleanup.feet import detected_feet, detected_parts
from jointwise_ext.blender_addon.cleanup.legs import LEGS, PELVIS, pose_leg
from jointwise_ext.blender_addon.cleanup.settings import CleanupSettings
from jointwise_ext.blender_addon.cleanup.solve import posed_motion
from jointwise_ext.blender_addon.pins.pin import NO_PINS, Pin, PinPlan
from jointwise_ext.blender_addon.pins.turns import angle_between, multiply_quat_wxyz
from jointwise_ext.core.rotations import quat_wxyz_to_rotmat, rotmat_to_quat_wxyz, rotvec_to_quat_wxyz, rotvec_to_rotmat
from jointwise_ext.core.skeleton import JOINT_NAMES

walk = cache(walk_capture)
"""Made once for each set of options: nothing here changes a capture."""

ELBOW, WRIST, KNEE = (JOINT_NAMES.index(name) for name in ("left_elbow", "left_wrist", "left_knee"))
REACH = 15


def posed(capture, plan=NO_PINS, mode="never", unseen=()):
    feet = detected_feet(capture.contacts, capture.frame_rate_hz)
    return posed_motion(capture, CleanupSettings(contact_mode=mode), feet, unseen, plan)[0]


def plan_of(*pins, **options):
    return PinPlan(tuple(pins), **options)


def turned_pin(motion, row, turns, move=None):
    """A pin that turns joints by rotation vectors against the motion, in degrees, and moves the pelvis."""
    quats = {
        joint: multiply_quat_wxyz(motion.quats_wxyz[row, joint], rotvec_to_quat_wxyz(np.radians(turn)))
        for joint, turn in turns.items()
    }
    return Pin(row, quats, None if move is None else motion.pelvis[row] + move)


def turns_deg(before, after, joint):
    return np.degrees(angle_between(before.quats_wxyz[:, joint], after.quats_wxyz[:, joint]))


def fast_capture():
    """A walk whose left arm is swung by 170 degrees four times a second."""
    capture = walk()
    poses = capture.poses.reshape(-1, 24, 3).copy()
    poses[:, ELBOW, 1] = 1.5 * np.sin(2 * np.pi * 4 * np.arange(120) / 30)
    poses[:, WRIST, 2] = 1.5 * np.cos(2 * np.pi * 4 * np.arange(120) / 30)
    return dataclasses.replace(capture, poses=poses.reshape(-1, 72))


def test_the_motion_passes_through_its_pins_and_only_pinned_bones_move():
    capture = walk()
    before = posed(capture)
    pins = [
        turned_pin(before, 40, {ELBOW: [0, 40, 10], WRIST: [20, 0, 0]}),
        turned_pin(before, 50, {ELBOW: [0, -9, 0]}),
    ]
    after = posed(capture, plan_of(*pins))
    for pin in pins:
        for joint, quat in pin.quats_wxyz.items():
            assert np.degrees(angle_between(after.quats_wxyz[pin.row, joint], quat)) < 1e-6
    others = np.delete(np.arange(24), [ELBOW, WRIST])
    assert np.array_equal(after.quats_wxyz[:, others], before.quats_wxyz[:, others])
    assert np.array_equal(after.pelvis, before.pelvis)
    outside = np.r_[0 : 40 - REACH + 1, 50 + REACH : 120]
    assert np.array_equal(after.quats_wxyz[outside], before.quats_wxyz[outside])
    # The wrist is pinned on one frame only.
    assert np.array_equal(after.quats_wxyz[40 + REACH :, WRIST], before.quats_wxyz[40 + REACH :, WRIST])


def test_without_pins_the_motion_is_itself():
    capture = walk(sway_m=0.02)
    assert np.array_equal(posed(capture, plan_of(), "auto").quats_wxyz, posed(capture, mode="auto").quats_wxyz)


def test_what_is_remembered_is_what_would_be_made_anew():
    first, second = walk(sway_m=0.02), walk()
    results = [posed(capture, mode=mode) for capture in (first, second, first) for mode in ("auto", "never", "auto")]
    for number in (0, 1):
        assert np.array_equal(results[number].quats_wxyz, results[6 + number].quats_wxyz)
        assert not np.array_equal(results[number].pelvis, results[3 + number].pelvis)
    again = posed(first, mode="auto")
    assert again is posed(first, mode="auto")
    solve._LAST.clear()
    assert np.array_equal(posed(first, mode="auto").quats_wxyz, again.quats_wxyz)
    with pytest.raises(ValueError, match="read-only"):
        again.pelvis[0] = 0


@pytest.mark.parametrize("size_deg", [1, 30, 120])
def test_a_hand_pinned_in_a_fast_swing_makes_nothing_pop(size_deg):
    capture = fast_capture()
    before = posed(capture)
    after = posed(capture, plan_of(turned_pin(before, 60, {ELBOW: [0, 0, size_deg], WRIST: [-size_deg, 0, 0]})))
    for joint in (ELBOW, WRIST):
        turns = turns_deg(before, after, joint)
        assert np.isclose(turns.max(), size_deg, atol=1e-6)
        # Twice the curve of least jerk.
        assert np.abs(np.diff(turns, 2)).max() < 2 * 20 / 3 * size_deg / REACH**2
        steps = [
            np.degrees(angle_between(made.quats_wxyz[1:, joint], made.quats_wxyz[:-1, joint]))
            for made in (before, after)
        ]
        assert steps[1].max() < steps[0].max() + 2.5 * size_deg / REACH
        dots = (after.quats_wxyz[1:, joint] * after.quats_wxyz[:-1, joint]).sum(axis=-1)
        assert dots.min() > 0


def test_half_turns_go_on_the_same_way_round():
    capture = walk()
    before = posed(capture)
    pins = [turned_pin(before, 50, {ELBOW: [0, 170, 0]}), turned_pin(before, 58, {ELBOW: [0, 190, 0]})]
    after = posed(capture, plan_of(*pins))
    assert turns_deg(before, after, ELBOW)[50:59].min() > 155


def test_a_turned_capture_gives_the_turned_result():
    capture = walk(sway_m=0.02)
    turn = rotvec_to_rotmat(np.array([0.0, 0.0, 1.1]))
    turned = dataclasses.replace(
        capture,
        world_rotation=turn @ capture.world_rotation,
        world_translation=turn @ capture.world_translation,
    )
    before, before_turned = posed(capture), posed(turned)
    turns, move = {PELVIS: [10, 20, 0], KNEE: [15, 0, 0], WRIST: [0, 0, 50]}, np.array([0.03, 0.02, -0.05])
    after = posed(capture, plan_of(turned_pin(before, 40, turns, move)))
    pin_turned = turned_pin(before_turned, 40, turns, turn @ move)
    after_turned = posed(turned, plan_of(pin_turned))
    assert np.allclose(after_turned.pelvis, after.pelvis @ turn.T, atol=1e-9)
    assert np.allclose(after_turned.root_rotmat, turn @ after.root_rotmat, atol=1e-8)
    local = [quat_wxyz_to_rotmat(made.quats_wxyz[:, 1:]) for made in (after, after_turned)]
    assert np.allclose(*local, atol=1e-8)


def test_frames_that_the_video_shows_well_move_less():
    capture = walk()
    confidence = np.full_like(capture.confidence, 0.9)
    confidence[61:, WRIST] = 0.1
    capture = dataclasses.replace(capture, confidence=confidence)
    before = posed(capture)
    turns = turns_deg(before, posed(capture, plan_of(turned_pin(before, 60, {ELBOW: [0, 30, 0]}))), ELBOW)
    # The rotation of an elbow shows at the wrist.
    assert turns[60 - 8] < 0.8 * turns[60 + 8]


@pytest.mark.parametrize("mode", ["never", "auto", "always"])
def test_planted_feet_stay_under_a_pelvis_that_is_pinned_lower(mode):
    capture = walk(sway_m=0.01)
    before = posed(capture, mode=mode)
    pin = turned_pin(before, 60, {}, np.array([0.03, 0.0, -0.08]))
    after = posed(capture, plan_of(pin), mode)
    assert np.allclose(after.pelvis[60], pin.pelvis, atol=1e-12)
    stands = detected_parts(capture.contacts, 30.0)
    slide = [sole_slide_mm(made, capture, stands).max() for made in (before, after)]
    assert slide[1] < slide[0] + 1
    assert sole_slide_mm(posed(capture, plan_of(pin, keep_feet=False), mode), capture, stands).max() > slide[0] + 3
    if mode != "never":
        assert deepest_mm(after, capture) < deepest_mm(before, capture) + 1


def test_a_foot_pinned_while_it_stands_takes_its_stance_along():
    capture = walk()
    before = posed(capture, mode="auto")
    pin = turned_pin(before, 68, {LEGS[0].hip: [0, 0, 6], LEGS[0].knee: [0, 0, 0], LEGS[0].ankle: [0, 0, 0]})
    after = posed(capture, plan_of(pin, reach_s=1.0), "auto")
    stands = detected_parts(capture.contacts, 30.0)[:, 0]
    stance = slice(60, 78)
    assert stands[stance].all()
    ankles = [pose_leg(made, LEGS[0], capture).ankle[stance] for made in (before, after)]
    moved = np.linalg.norm(ankles[1] - ankles[0], axis=1)
    assert moved[8] > 0.05
    assert np.ptp(moved) < 1e-3
    assert np.degrees(angle_between(after.quats_wxyz[68, LEGS[0].hip], pin.quats_wxyz[LEGS[0].hip])) < 1e-6


@pytest.mark.parametrize("mode", ["never", "auto"])
def test_pinned_legs_are_exact_whatever_holds_the_feet(mode):
    capture = walk(sway_m=0.02)
    before = posed(capture, mode=mode)
    pins = [
        turned_pin(before, row, {joint: [8, 0, 4] for joint in range(24)}, np.array([0.0, 0.02, -0.06]))
        for row in (3, 20, 52, 53, 71, 118)
    ]
    after = posed(capture, plan_of(*pins), mode)
    for pin in pins:
        exact = np.array([pin.quats_wxyz[joint] for joint in range(24)])
        assert np.degrees(angle_between(after.quats_wxyz[pin.row], exact)).max() < 1e-6
        assert np.allclose(after.pelvis[pin.row], pin.pelvis, atol=1e-12)


def test_feet_are_kept_without_a_pop():
    capture = walk()
    before = posed(capture, mode="auto")
    after = posed(capture, plan_of(turned_pin(before, 60, {}, np.array([0.0, 0.0, -0.06]))), "auto")
    for leg in LEGS:
        for joint in (leg.hip, leg.knee, leg.ankle):
            outside = np.r_[0 : 60 - REACH + 1, 60 + REACH : 120]
            assert np.array_equal(after.quats_wxyz[outside, joint], before.quats_wxyz[outside, joint])
    assert knee_steps_deg(after).max() < knee_steps_deg(before).max() + 3


def test_unseen_legs_are_left_alone():
    capture = walk()
    before = posed(capture, mode="auto", unseen=[LEGS[0].knee])
    after = posed(capture, plan_of(turned_pin(before, 60, {}, np.array([0, 0, -0.05]))), "auto", [LEGS[0].knee])
    assert np.array_equal(after.quats_wxyz[:, LEGS[0].hip], before.quats_wxyz[:, LEGS[0].hip])
    assert not np.array_equal(after.quats_wxyz[:, LEGS[1].hip], before.quats_wxyz[:, LEGS[1].hip])


def test_nothing_reaches_across_a_long_gap():
    capture = walk()
    ids = np.where(np.arange(120) < 60, np.arange(120), np.arange(120) + 30).astype(np.int32)
    capture = dataclasses.replace(capture, frame_ids=ids)
    before = posed(capture)
    after = posed(capture, plan_of(turned_pin(before, 58, {ELBOW: [0, 30, 0]})))
    assert np.array_equal(after.quats_wxyz[60:], before.quats_wxyz[60:])
    assert turns_deg(before, after, ELBOW)[59] > 20


def test_missing_frames_count_as_time():
    """Three missing frames after the pin: the correction dies by the clock, not by the key."""
    capture = walk()
    ids = np.where(np.arange(120) <= 60, np.arange(120), np.arange(120) + 3).astype(np.int32)
    before = posed(capture)
    after = posed(dataclasses.replace(capture, frame_ids=ids), plan_of(turned_pin(before, 60, {ELBOW: [0, 30, 0]})))
    turns = turns_deg(before, after, ELBOW)
    assert np.flatnonzero(turns).tolist() == list(range(60 - REACH + 1, 60 + REACH - 3))


@pytest.mark.parametrize("frame_count", [1, 2, 3])
def test_tiny_clips_can_be_pinned(frame_count):
    capture = walk(frame_count=frame_count)
    before = posed(capture)
    after = posed(capture, plan_of(turned_pin(before, 0, {ELBOW: [0, 30, 0]}, np.array([0.1, 0, 0]))), "auto")
    assert np.isclose(turns_deg(before, after, ELBOW)[0], 30)
    assert np.isfinite(after.quats_wxyz).all()


def test_signs_of_pinned_quaternions_do_not_matter():
    capture = walk()
    before = posed(capture)
    pin = turned_pin(before, 30, {ELBOW: [0, 100, 0], WRIST: [0, 0, 1]})
    other = Pin(30, {joint: -quat for joint, quat in pin.quats_wxyz.items()})
    results = [posed(capture, plan_of(one)).quats_wxyz for one in (pin, other)]
    assert np.allclose(*results, atol=1e-12)
    dots = (results[1][1:] * results[1][:-1]).sum(axis=-1)
    assert dots.min() > 0


def test_products_are_those_of_the_matrices():
    first, second = np.random.default_rng(0).normal(size=(2, 50, 4))
    product = quat_wxyz_to_rotmat(multiply_quat_wxyz(first, second))
    assert np.allclose(product, quat_wxyz_to_rotmat(first) @ quat_wxyz_to_rotmat(second))
    assert np.allclose(rotmat_to_quat_wxyz(np.eye(3)), [1, 0, 0, 0])
