import numpy as np
import pytest

from core.training.datasets.sequence import Sequence, contiguous_runs


def sequence(**fields):
    return Sequence("test", "walk", "train", fields.pop("frame_ids", np.arange(4)), 30.0, **fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"poses": np.zeros((3, 24, 3))},
        {"poses": np.zeros((4, 72))},
        {"betas": np.zeros((4, 10))},
        {"keypoints2d": np.zeros((4, 2, 3)), "keypoint_names": ("a", "b", "c")},
        {"has_poses": np.ones(5, bool)},
        {"bbox": np.zeros((4, 4))},
        {"frame_ids": np.array([0, 2, 1, 3])},
        {"frame_ids": np.array([0, 1, 1, 2])},
    ],
)
def test_arrays_that_speak_of_other_frames_are_refused(fields):
    with pytest.raises(ValueError, match="test walk"):
        sequence(**fields)


def test_runs_end_at_gaps():
    assert contiguous_runs(np.array([0, 1, 2, 5, 6, 9])) == [(0, 3), (3, 5), (5, 6)]
    assert contiguous_runs(np.array([0, 2, 4, 5])) == [(0, 1), (1, 2), (2, 4)]
    assert contiguous_runs(np.array([0, 2, 4, 5]), frame_step=2) == [(0, 3), (3, 4)]
    assert contiguous_runs(np.zeros(0, np.int64)) == []
