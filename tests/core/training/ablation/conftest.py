from dataclasses import replace

import pytest
import torch

from core.models.encoders import EncoderConfig
from core.models.landmark_lifter import LandmarkLifter, LifterConfig
from core.training.ablation.feature_windows import open_feature_windows
from core.training.ablation.run_training import Materials
from core.training.ablation.settings import QUICK

TINY = replace(
    QUICK, iterations=6, clips=4, cached_windows=24, score_windows=2, score_frames=32,
    decomposed=EncoderConfig(hidden_size=8),
)  # fmt: skip
ORIGIN = {"lifter_sha256": "a", "motions_sha256": "b"}


@pytest.fixture(scope="session")
def tiny_lifter():
    torch.manual_seed(0)
    return LandmarkLifter(LifterConfig(32, 1)).eval().requires_grad_(False)


@pytest.fixture(scope="session")
def windows_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("features") / "windows"


@pytest.fixture(scope="session")
def materials(windows_folder, library, tiny_lifter, torch_body):
    windows = open_feature_windows(windows_folder, library, tiny_lifter, torch_body, TINY, ORIGIN, lambda _: None)
    return Materials(library, tiny_lifter, torch_body, windows, TINY)
