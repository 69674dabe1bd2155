import numpy as np
import pytest

from core.contacts import detect_contacts
from core.skeleton import LANDMARK_NAMES

LEFT_HEEL = LANDMARK_NAMES.index("left_heel")


def standing(frame_count: int = 60) -> tuple[np.ndarray, np.ndarray]:
    return np.tile([0.0, 1.0, 3.0], (frame_count, 33, 1)), np.arange(frame_count) / 30


def test_a_still_body_stands_on_all_four():
    keypoints, timestamps = standing()
    assert (detect_contacts(keypoints, timestamps) > 0.9).all()


def test_a_running_body_stands_on_none():
    keypoints, timestamps = standing()
    keypoints[..., 0] = 3.0 * timestamps[:, None]
    assert (detect_contacts(keypoints, timestamps) < 0.01).all()


def test_only_the_foot_that_swings_has_no_contact():
    keypoints, timestamps = standing()
    keypoints[20:40, LEFT_HEEL, 0] += np.linspace(0, 1, 20)
    contacts = detect_contacts(keypoints, timestamps)
    assert contacts[22:38, 0].max() < 0.1
    assert contacts[:, 1:].min() > 0.9


def test_a_foot_held_still_in_the_air_is_no_contact():
    keypoints, timestamps = standing()
    keypoints[20:40, LEFT_HEEL, 1] -= 0.4
    assert detect_contacts(keypoints, timestamps)[25:35, 0].max() < 0.1


def test_frame_rate_does_not_matter():
    keypoints, timestamps = standing(121)
    keypoints[..., 0] = 0.35 * timestamps[:, None]
    slow = detect_contacts(keypoints, timestamps)
    fast = detect_contacts(keypoints[::2], timestamps[::2])
    np.testing.assert_allclose(slow[::2], fast, atol=1e-6)


def test_one_frame_is_enough():
    keypoints, timestamps = standing(1)
    assert detect_contacts(keypoints, timestamps).shape == (1, 4)


@pytest.mark.parametrize(("direction", "stands"), [((1, 0, 0), False), ((0, 0, 1), True)])
def test_slow_sliding_along_the_line_of_sight_is_the_cameras_fault(direction, stands):
    keypoints, timestamps = standing()
    keypoints = keypoints - np.array([0, 1, 0]) + 0.8 * timestamps[:, None, None] * np.array(direction)
    contacts = detect_contacts(keypoints, timestamps)[:20]
    assert (contacts > 0.9).all() if stands else (contacts < 0.1).all()


def test_uneven_times_are_real_times():
    keypoints, _ = standing(40)
    timestamps = np.cumsum(np.where(np.arange(40) < 20, 1 / 60, 1 / 10))
    keypoints[..., 0] = 1.5 * timestamps[:, None]
    assert (detect_contacts(keypoints, timestamps) < 0.01).all()
    keypoints[..., 0] = 0.1 * timestamps[:, None]
    assert (detect_contacts(keypoints, timestamps) > 0.9).all()
