import numpy as np
import pytest
import torch

from core.errors import WeightsError
from core.models.vibe import HmrNetwork, VibeEncoderConfig, VibeMotionDiscriminator, VibeNetwork
from core.vibe_weights import load_hmr, load_vibe, load_vibe_discriminator
from tests.seeded_weights import seed_module

SMPL = torch.zeros(6890, 3)


def published_state(hmr):
    """SPIN's names: the regressor's layers lie beside the ResNet's."""
    return {key.split(".", 1)[1]: value for key, value in hmr.state_dict().items()}


@pytest.mark.parametrize(
    "config", [VibeEncoderConfig(), VibeEncoderConfig(hidden_size=8, layer_count=1, is_bidirectional=True)]
)
@torch.inference_mode()
def test_vibe_checkpoint_gives_the_same_numbers(tmp_path, config):
    network, path = seed_module(VibeNetwork(config)), tmp_path / "vibe_model_w_3dpw.pth.tar"
    state = {**network.state_dict(), "regressor.smpl.v_template": SMPL}
    torch.save({"gen_state_dict": state, "performance": np.float64(56.56), "epoch": 3}, path)
    features = torch.rand(2, 5, 2048)
    loaded = load_vibe(path)
    assert loaded.encoder.config == config
    assert torch.equal(loaded(features).rot6d, network(features).rot6d)


@torch.inference_mode()
def test_spin_checkpoint_gives_the_same_numbers(tmp_path):
    network, path = seed_module(HmrNetwork()), tmp_path / "spin_model_checkpoint.pth.tar"
    torch.save({"model": {**published_state(network), "smpl.v_template": SMPL}, "epoch": 3}, path)
    image = torch.rand(1, 3, 64, 64)
    for ours, theirs in zip(load_hmr(path)(image), network(image), strict=True):
        assert torch.equal(ours, theirs)


def test_training_checkpoint_gives_the_discriminator(tmp_path):
    discriminator, path = VibeMotionDiscriminator(), tmp_path / "model_best.pth.tar"
    torch.save({"disc_motion_state_dict": discriminator.state_dict(), "gen_state_dict": {}}, path)
    loaded = load_vibe_discriminator(path).state_dict()
    assert all(torch.equal(loaded[key], value) for key, value in discriminator.state_dict().items())


def test_keys_at_fault_are_named(tmp_path):
    state = published_state(HmrNetwork())
    del state["decpose.bias"]
    state["layer5.weight"] = torch.ones(1)
    torch.save({"model": state}, tmp_path / "spin.pth.tar")
    with pytest.raises(WeightsError, match=r"missing regressor\.decpose\.bias; not expected resnet\.layer5\.\* \(1\)"):
        load_hmr(tmp_path / "spin.pth.tar")
    torch.save(state, tmp_path / "plain.pth")
    with pytest.raises(WeightsError, match="another network than VIBE"):
        load_vibe(tmp_path / "plain.pth")


def test_an_encoder_of_other_features_is_refused(tmp_path):
    network = VibeNetwork(VibeEncoderConfig(feature_size=3072, hidden_size=4))
    torch.save({"gen_state_dict": network.state_dict()}, tmp_path / "holistic.pth.tar")
    with pytest.raises(WeightsError, match="reads 3072 features a frame; VIBE's regressor 2048"):
        load_vibe(tmp_path / "holistic.pth.tar")
