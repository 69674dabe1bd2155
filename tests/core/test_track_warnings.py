from types import SimpleNamespace

import numpy as np
import pytest

from core.camera_motion import CameraMotion
from core.track_warnings import camera_warnings, gap_warnings


def test_a_track_without_gaps_warns_of_nothing():
    assert gap_warnings(SimpleNamespace(frame_ids=np.arange(30, 40)), "The person") == []


@pytest.mark.parametrize(("frame_ids", "words"), [([4, 5, 7], "in 1 frame in"), ([4, 8, 10], "in 4 frames in")])
def test_unseen_frames_are_counted(frame_ids, words):
    (warning,) = gap_warnings(SimpleNamespace(frame_ids=np.array(frame_ids)), "Person 2")
    assert warning.code == "gaps"
    assert warning.message.startswith(f"Person 2 was not seen {words}")


def test_a_moving_camera_is_said_and_a_still_one_is_not():
    assert camera_warnings(CameraMotion(0.004, 1.0)) == []
    (warning,) = camera_warnings(CameraMotion(0.05, 0.6))
    assert warning.code == "moving_camera"
    assert warning.message.startswith("The camera moves: ")
