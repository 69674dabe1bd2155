import numpy as np
import pytest

from core.errors import MotionDataError
from core.training.clips import load_motion_library
from core.training.evaluation.benchmark import action_of, clips_of, make_benchmark, read_descriptions
from core.training.stage import validation_views


@pytest.mark.parametrize(
    ("description", "action"),
    [
        ("salsa dance", "dance"),
        ("indian", "dance"),
        ("dance - small jetes, pirouette", "dance"),
        ("jump kick", "acrobatics"),
        ("jumping jacks, side twists", "exercise"),
        ("soccer - kick ball", "sport"),
        ("playground - climb, jump down", "climbing"),
        ("Start Hop Stop", "jumping"),
        ("run/jog", "running"),
        ("Walking", "walking"),
        ("washwindow", "other"),
        ("", "other"),
    ],
)
def test_descriptions_name_actions(description, action):
    assert action_of(description) == action


def test_views_are_those_of_the_plain_evaluation(library, torch_body, benchmark_views):
    expected = validation_views(library, torch_body, 40, 4)
    assert np.array_equal(benchmark_views.views.keypoints2d.numpy(), expected.keypoints2d.numpy())


def test_each_window_has_its_clips_action(described_motion_file, torch_body):
    library = load_motion_library(described_motion_file)
    descriptions = read_descriptions(described_motion_file, library)
    benchmark = make_benchmark(library, torch_body, descriptions, "test", frame_count=40, window_count=30)
    assert set(benchmark.actions) == {"dance", "exercise"}
    assert 0 < benchmark.is_dance().sum() < 30


def test_the_last_frame_of_a_clip_is_still_its_own(library):
    assert clips_of(library, np.array([0, 89, 90, 539])).tolist() == [0, 0, 1, 5]


def test_missing_descriptions_are_empty(motion_file, library):
    assert read_descriptions(motion_file, library) == ("",) * 6


def test_short_clips_make_short_windows_and_a_missing_split_is_named(library, torch_body):
    assert make_benchmark(library, torch_body, ("",) * 6, window_count=2).views.visibility.shape == (2, 87, 33)
    with pytest.raises(MotionDataError, match="no test clip"):
        make_benchmark(library, torch_body, ("",) * 6, "test")
