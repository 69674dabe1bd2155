import numpy as np
import pytest
import torch

from core.models.landmark_lifter import LandmarkLifter, LifterConfig
from core.models.open_weights import save_weights
from core.models.temporal_encoder import TemporalConfig, TemporalEstimator
from core.training.evaluation.benchmark import make_benchmark


@pytest.fixture(scope="session")
def described_motion_file(tmp_path_factory, motion_writer):
    """Generated motion with clip descriptions and all three splits."""
    descriptions = ["salsa dance", "walk", "running", "walk", "indian", "jumping jacks"]
    splits = ["train", "train", "train", "val", "test", "test"]
    path = tmp_path_factory.mktemp("described") / "motions.npz"
    return motion_writer(path, clip_desc=np.array(descriptions), clip_split=np.array(splits))


@pytest.fixture(scope="session")
def benchmark_views(library, torch_body):
    return make_benchmark(library, torch_body, ("",) * 6, frame_count=40, window_count=4)


@pytest.fixture(scope="session")
def untrained_weights(tmp_path_factory):
    """A folder with a small random lifter and a random prior."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("weights")
    lifter, prior = LandmarkLifter(LifterConfig(32, 1)), TemporalEstimator(TemporalConfig(hidden_size=4))
    save_weights(folder / "open_lifter.safetensors", lifter.state_dict(), lifter.config, {})
    save_weights(folder / "open_temporal.safetensors", prior.state_dict(), prior.encoder.config, {})
    return folder
