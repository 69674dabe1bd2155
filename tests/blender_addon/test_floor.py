import dataclasses

import numpy as np
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
