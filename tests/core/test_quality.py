from pathlib import Path

import pytest

from core.quality import QUALITIES, landmark_model
from core.settings import EstimateSettings


def settings(**options):
    return EstimateSettings(Path("a.mp4"), Path("b.npz"), **options)


@pytest.mark.parametrize(("quality", "model"), [("fast", "full"), ("balanced", "heavy"), ("best", "heavy")])
def test_a_quality_names_the_landmark_network_and_the_user_has_the_last_word(quality, model):
    assert landmark_model(settings(quality=quality)) == model
    assert landmark_model(settings(quality=quality, model="full")) == "full"


def test_only_the_best_looks_twice():
    assert [name for name, choices in QUALITIES.items() if choices.is_mirror_averaged] == ["best"]
