import dataclasses

import pytest
import torch
from safetensors.torch import save_file

from core.errors import WeightsError
from core.models.encoders import ENCODER_KINDS, EncoderConfig
from core.models.pare_temporal import PareTemporalEstimator
from core.pare_temporal_weights import load_pare_temporal, save_pare_temporal


@pytest.mark.parametrize("kind", ENCODER_KINDS)
@pytest.mark.parametrize("direction", ["uni", "bi"])
@torch.inference_mode()
def test_weights_come_back(tmp_path, kind, direction):
    config, features = EncoderConfig(kind, direction, hidden_size=16), torch.rand(1, 5, 24, 128)
    network = PareTemporalEstimator(config).eval()
    save_pare_temporal(tmp_path / "t.safetensors", network, {"data": "none"})
    loaded = load_pare_temporal(tmp_path / "t.safetensors")
    assert loaded.config == config
    assert torch.equal(loaded(features).rot6d, network(features).rot6d)


def test_other_files_are_one_sentence(tmp_path):
    path = tmp_path / "t.safetensors"
    with pytest.raises(WeightsError, match="do not exist"):
        load_pare_temporal(path)
    path.write_bytes(b"nonsense")
    with pytest.raises(WeightsError, match="not a safetensors file"):
        load_pare_temporal(path)
    save_file({"w": torch.ones(1)}, path)
    with pytest.raises(WeightsError, match="does not hold temporal weights for PARE"):
        load_pare_temporal(path)


def test_a_damaged_header_and_missing_tensors_are_named(tmp_path):
    network = PareTemporalEstimator()
    save_pare_temporal(tmp_path / "a.safetensors", network, {"config": '{"kind": "other"}'})
    with pytest.raises(WeightsError, match="header"):
        load_pare_temporal(tmp_path / "a.safetensors")
    network.config = dataclasses.replace(network.config, kind="none")
    save_pare_temporal(tmp_path / "b.safetensors", network)
    with pytest.raises(WeightsError, match=r"not expected encoder\.\*"):
        load_pare_temporal(tmp_path / "b.safetensors")
