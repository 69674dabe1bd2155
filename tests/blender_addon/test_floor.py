import dataclasses

import numpy as np
import pytest
from jointwise_ext.blender_addon.floor import floor_height_m, place_on_floor

FOOT_LANDMARKS = [29, 31, 30, 32]


def standing_motion(motion, foot_heights, contacts):
    """The motion with its feet landmarks at the given world heights (T, 4)."""
    keypoints = motion.keypoints.copy()
    keypoints[:, FOOT_LANDMARKS, 1] = -foot_heights
    return dataclasses.replace(motion, keypoints=keypoints, contacts=contacts.astype(np.float32))


def test_floor_is_the_median_height_of_the_soles_in_contact(motion):
    count = motion.frame_count
    heights = np.full((count, 4), 0.4)
    contacts = np.zeros((count, 4))
    heights[:, 0], contacts[:, 0] = -1.2, 1
    heights[0, 0] = -3.0
    standing = standing_motion(motion, heights, contacts)
    assert np.isclose(floor_height_m(standing, np.full(4, 0.03)), -1.23, atol=1e-6)


def test_without_contacts_a_few_feet_thrown_below_the_floor_do_not_count(motion):
    count = motion.frame_count
    heights = np.full((count, 4), 0.4)
    heights[:, 2] = -1.0 + 0.01 * np.linspace(0, 1, count)
    heights[5] = -4.0
    standing = standing_motion(motion, heights, np.zeros((count, 4)))
    assert abs(floor_height_m(standing, np.zeros(4)) + 1.0) < 0.01


def test_placement_brings_the_floor_to_zero_and_keeps_lengths(motion):
    standing = standing_motion(motion, np.full((motion.frame_count, 4), -0.9), np.ones((motion.frame_count, 4)))
    placement = place_on_floor([standing], np.zeros(4))
    feet = placement.to_world(standing.keypoints[:, FOOT_LANDMARKS].astype(np.float64))
    assert np.abs(feet[..., 2]).max() < 1e-6
    assert np.allclose(placement.rotation @ placement.rotation.T, np.eye(3))
    assert np.isclose(np.linalg.det(placement.rotation), 1)


def tilted_floor(pitch, roll, height):
    """What the motion file says of a floor, for a camera that looks down by a pitch and is rolled, metres above it."""
    normal = np.array([np.sin(roll), -np.cos(roll) * np.cos(pitch), -np.cos(roll) * np.sin(pitch)])
    return {"normal_cam": normal.tolist(), "offset_m": -height, "tilt_std_deg": 2.0, "is_estimated": True}


def test_the_estimated_floor_decides_over_the_contacts(motion):
    floor = tilted_floor(0.3, -0.05, 1.4)
    normal = np.array(floor["normal_cam"])
    told = dataclasses.replace(motion, metadata={**motion.metadata, "floor": floor})
    placement = place_on_floor([told], np.zeros(4))
    assert np.allclose(placement.rotation @ normal, [0, 0, 1])
    # A point of the floor, and the camera itself.
    on_floor = -1.4 * normal + np.cross(normal, [0.3, 0.2, 1.0])
    assert np.isclose(placement.to_world(on_floor)[2], 0)
    assert np.isclose(placement.to_world(np.zeros(3))[2], 1.4)
    # The camera looks down and forward, and was not turned sideways.
    sight = placement.rotation @ [0, 0, 1]
    assert sight[1] > 0.9 and -0.35 < sight[2] < -0.2 and abs(sight[0]) < 0.02
    assert np.isclose(np.linalg.det(placement.rotation), 1)


def test_a_level_floor_is_placed_as_the_contacts_would_place_it(motion):
    heights = np.full((motion.frame_count, 4), -0.9)
    standing = standing_motion(motion, heights, np.ones((motion.frame_count, 4)))
    told = dataclasses.replace(standing, metadata={"floor": tilted_floor(0.0, 0.0, 0.9)})
    by_feet, by_floor = place_on_floor([standing], np.zeros(4)), place_on_floor([told], np.zeros(4))
    assert np.allclose(by_feet.rotation, by_floor.rotation)
    assert np.allclose(by_feet.translation, by_floor.translation)


@pytest.mark.parametrize(
    "floor",
    [
        None, {}, "flat", {"is_estimated": False}, {**tilted_floor(0, 0, 1), "is_estimated": False},
        {**tilted_floor(0, 0, 1), "offset_m": None}, {**tilted_floor(0, 0, 1), "offset_m": float("nan")},
        {**tilted_floor(0, 0, 1), "normal_cam": [0, 1]}, {**tilted_floor(0, 0, 1), "normal_cam": ["a", 0, 1]},
        {**tilted_floor(0, 0, 1), "normal_cam": [0, 0, 0]}, tilted_floor(1.3, 0, 1),
    ],
)  # fmt: skip
def test_no_floor_and_nonsense_leave_it_to_the_feet(motion, floor):
    heights = np.full((motion.frame_count, 4), -0.9)
    standing = standing_motion(motion, heights, np.ones((motion.frame_count, 4)))
    told = dataclasses.replace(standing, metadata={"floor": floor})
    assert np.isclose(place_on_floor([told], np.zeros(4)).translation[2], 0.9, atol=1e-6)
