from pathlib import Path

import pytest

from core.quality import QUALITIES, landmark_model, look_every
from core.settings import EstimateSettings, PeopleSettings


def settings(**options):
    return EstimateSettings(Path("a.mp4"), Path("b.npz"), **options)


@pytest.mark.parametrize(("quality", "scanning"), [("fast", "full"), ("balanced", "heavy"), ("best", "heavy")])
def test_a_quality_names_the_landmark_network_and_the_user_has_the_last_word(quality, scanning):
    assert landmark_model(settings(quality=quality)) == "heavy"
    assert landmark_model(settings(quality=quality, model="full")) == "full"
    assert landmark_model(PeopleSettings(Path("a.mp4"), quality=quality)) == scanning


@pytest.mark.parametrize(
    ("quality", "rate_hz", "every"),
    [
        *(("fast", 30, 4), ("fast", 29.97, 4), ("fast", 12, 1), ("fast", 59.94, 8), ("fast", 240, 32)),
        *(("balanced", 30, 1), ("balanced", 240, 1), ("best", 30, 1)),
    ],
)
def test_frames_are_left_out_only_where_enough_looks_a_second_remain(quality, rate_hz, every):
    assert look_every(settings(quality=quality), rate_hz) == every
    assert look_every(settings(quality=quality, backbone="pare"), rate_hz) == 1


def test_only_the_best_looks_twice():
    assert [name for name, choices in QUALITIES.items() if choices.is_mirror_averaged] == ["best"]
