import numpy as np
from jointwise_ext.blender_addon.cleanup.unseen import LIMBS, is_seen, joints_of, unseen_limbs
from jointwise_ext.core.skeleton import JOINT_NAMES

SEEN_WHOLE = {
    "pelvis": 0.99, "hip": 0.93, "spine1": 0.99, "spine2": 0.99, "spine3": 0.99, "knee": 0.72, "ankle": 0.59,
    "foot": 0.56, "neck": 0.93, "collar": 0.95, "head": 0.86, "shoulder": 0.86, "elbow": 0.72, "wrist": 0.5,
    "hand": 0.45,
}  # fmt: skip
"""Medians of a real walk, of the side that was seen worse."""

CUT_BELOW_THE_HIPS = {**SEEN_WHOLE, "hip": 0.94, "knee": 0.31, "ankle": 0.15, "foot": 0.14, "wrist": 0.41, "hand": 0.33}
"""Medians of the same walk with the picture cut off below the hips, of the leg that was guessed more surely."""


def confidence_of(table, frame_count=60):
    values = [table[name] if name in table else table[name.partition("_")[2]] for name in JOINT_NAMES]
    return np.tile(np.array(values, np.float32), (frame_count, 1))


def names(confidence):
    return [limb.name for limb in unseen_limbs(confidence)]


def test_a_person_who_is_seen_whole_is_keyed_whole():
    assert names(confidence_of(SEEN_WHOLE)) == []


def test_legs_below_the_picture_are_found_and_arms_are_kept():
    confidence = confidence_of(CUT_BELOW_THE_HIPS)
    assert names(confidence) == ["left leg", "right leg"]
    joints = {JOINT_NAMES[joint] for joint in joints_of(unseen_limbs(confidence))}
    assert joints == {f"{side}_{part}" for side in ("left", "right") for part in ("hip", "knee", "ankle", "foot")}


def test_of_a_seated_person_the_lower_legs_alone_may_be_unseen():
    confidence = confidence_of(SEEN_WHOLE)
    confidence[:, JOINT_NAMES.index("left_ankle")] = 0.1
    assert names(confidence) == ["left lower leg"]


def test_a_limb_that_is_seen_for_a_third_of_the_clip_is_keyed():
    confidence = confidence_of(SEEN_WHOLE)
    confidence[20:, JOINT_NAMES.index("right_knee")] = 0.1
    assert names(confidence) == []
    confidence[5:, JOINT_NAMES.index("right_knee")] = 0.1
    assert names(confidence) == ["right leg"]


def test_hysteresis_ignores_values_between_the_bounds():
    confidence = np.array([0.5, 0.39, 0.41, 0.3, 0.41, 0.39, 0.47, 0.36])
    assert is_seen(confidence, 0.4).tolist() == [True, True, True, False, False, False, True, True]


def test_a_motion_without_confidence_is_keyed_whole():
    assert names(np.zeros((10, 24))) == []


def test_pelvis_and_spine_are_always_keyed():
    low = names(np.full((10, 24), 0.01))
    assert low == ["left leg", "left arm", "right leg", "right arm", "head"]
    keyed = {JOINT_NAMES[joint] for joint in range(24)} - {
        JOINT_NAMES[joint] for limb in LIMBS for joint in limb.joints
    }
    assert keyed == {"pelvis", "spine1", "spine2", "spine3", "left_collar", "right_collar"}
