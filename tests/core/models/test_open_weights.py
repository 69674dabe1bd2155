import pytest
import torch

from core.errors import WeightsError
from core.models.landmark_lifter import LandmarkLifter, LifterConfig
from core.models.open_weights import load_lifter, load_temporal, read_weights, save_weights
from core.models.temporal_encoder import TemporalConfig, TemporalEstimator


def test_networks_survive_a_file_to_half_precision(tmp_path):
    lifter = LandmarkLifter(LifterConfig(hidden_size=32, block_count=1))
    save_weights(tmp_path / "a.safetensors", lifter.state_dict(), lifter.config, {"seed": "4"})
    loaded = load_lifter(tmp_path / "a.safetensors")
    assert loaded.config == lifter.config
    for name, values in lifter.state_dict().items():
        assert torch.allclose(loaded.state_dict()[name], values, rtol=1e-3, atol=1e-6)
    assert read_weights(tmp_path / "a.safetensors")[1]["seed"] == "4"


def test_the_temporal_mode_travels_in_the_header(tmp_path):
    network = TemporalEstimator(TemporalConfig("uni", residual=False))
    save_weights(tmp_path / "t.safetensors", network.state_dict(), network.encoder.config, {})
    assert load_temporal(tmp_path / "t.safetensors").encoder.config == network.encoder.config


def test_bad_files_are_named(tmp_path):
    missing, garbage, other = (tmp_path / f"{name}.safetensors" for name in ("missing", "garbage", "other"))
    garbage.write_bytes(b"no weights here")
    lifter = LandmarkLifter(LifterConfig(hidden_size=32, block_count=1))
    save_weights(other, lifter.state_dict(), TemporalConfig(), {})
    for path in (missing, garbage, other):
        with pytest.raises(WeightsError) as caught:
            load_temporal(path)
        assert path.name in str(caught.value)


def test_a_surplus_tensor_is_refused(tmp_path):
    lifter = LandmarkLifter(LifterConfig(hidden_size=32, block_count=1))
    state = {**lifter.state_dict(), "surplus": torch.zeros(1)}
    save_weights(tmp_path / "a.safetensors", state, lifter.config, {})
    with pytest.raises(WeightsError, match="surplus"):
        load_lifter(tmp_path / "a.safetensors")
