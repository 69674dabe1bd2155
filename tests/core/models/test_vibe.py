"""VIBE, and the per-frame network of SPIN and HMR, against VIBE's own code.

`tests/data/vibe_reference.npz` was made once by running the public repository (mkocabas/VIBE at 851f779, torch 2.13 on
the CPU, float32), of which nothing is kept here but the numbers and the names of its weights: each class below with the
arrays that `tests/seeded_weights.py` makes of `<class>.<key>`, with SMPL replaced by an empty stand-in, in evaluation.
Inputs: `seeded_crops()` for the per-frame network; what `clips()` below makes for encoders and discriminator. Of the
encoders' outputs every 32nd channel is kept, of rotations the matrices (`hmr_pose`: axis-angle), of classes the keys.
"""

from pathlib import Path

import numpy as np
import pytest
import torch

from core.models.vibe import (
    HmrNetwork,
    HmrRegressor,
    VibeEncoderConfig,
    VibeMotionDiscriminator,
    VibeTemporalEncoder,
)
from core.pare_crops import normalise_crops
from core.rotations import rot6d_to_rotmat, rotvec_to_rotmat
from tests.seeded_weights import relative_error, seed_module, seeded_crops

REFERENCE = Path(__file__).parents[2] / "data" / "vibe_reference.npz"
ENCODERS = {
    "encoder": ("TemporalEncoder", VibeEncoderConfig()),
    "linear_encoder": ("TemporalEncoder", VibeEncoderConfig(has_residual=False)),
    "bidirectional_encoder": ("BidirectionalEncoder", VibeEncoderConfig(is_bidirectional=True)),
    "plain_encoder": ("PlainEncoder", VibeEncoderConfig(hidden_size=2048, layer_count=1, has_linear=False)),
}


def seeded(module, class_name):
    return seed_module(module, lambda name: f"{class_name}.{published_name(name)}")


def published_name(name):
    return name.removeprefix("resnet.").removeprefix("regressor.")


def clips():
    """Features (2, 16, 2048) and body poses (3, 16, 69)."""
    generator = np.random.default_rng(16)
    features = np.maximum(generator.standard_normal((2, 16, 2048)), 0).astype(np.float32)
    return torch.from_numpy(features), torch.from_numpy((0.5 * generator.standard_normal((3, 16, 69))).astype("f4"))


@pytest.fixture(scope="module")
def reference():
    with np.load(REFERENCE) as file:
        return dict(file)


@pytest.fixture(scope="module")
def hmr():
    return seeded(HmrNetwork(), "HMR")


@pytest.fixture(scope="module")
def discriminator():
    return seeded(VibeMotionDiscriminator(), "MotionDiscriminator")


@pytest.mark.parametrize(
    ("module", "class_name"),
    [
        (HmrNetwork, "HMR"),
        (HmrRegressor, "Regressor"),
        (VibeTemporalEncoder, "TemporalEncoder"),
        (VibeMotionDiscriminator, "MotionDiscriminator"),
    ],
)
def test_names_and_shapes_are_those_of_the_reference(reference, module, class_name):
    state = module().state_dict()
    ours = {f"{class_name}.{published_name(key)} {tuple(value.shape)}" for key, value in state.items()}
    assert ours == {line for line in reference["state_dict"] if line.startswith(f"{class_name}.")}


def test_parameter_counts_are_the_published_ones():
    assert sum(values.numel() for values in VibeTemporalEncoder().parameters()) == 17_840_128
    assert sum(values.numel() for values in VibeMotionDiscriminator().parameters()) == 11_762_690


@torch.inference_mode()
def test_per_frame_network_is_that_of_the_reference(hmr, reference):
    images = torch.from_numpy(normalise_crops(seeded_crops()))
    assert relative_error(hmr.resnet(images), reference["resnet_features"]) < 1e-4
    output = hmr(images)
    assert relative_error(output.betas, reference["hmr_betas"]) < 1e-4
    assert relative_error(output.weak_camera, reference["hmr_weak_camera"]) < 1e-4
    rotmat = rotvec_to_rotmat(reference["hmr_pose"].reshape(2, 24, 3))
    np.testing.assert_allclose(rot6d_to_rotmat(output.rot6d.numpy()), rotmat, atol=1e-4)


@torch.inference_mode()
def test_regressor_is_that_of_the_reference(reference):
    output = seeded(HmrRegressor(), "Regressor")(torch.from_numpy(reference["resnet_features"]))
    assert relative_error(output.betas, reference["regressor_betas"]) < 1e-4
    assert relative_error(output.weak_camera, reference["regressor_weak_camera"]) < 1e-4
    np.testing.assert_allclose(rot6d_to_rotmat(output.rot6d.numpy()), reference["regressor_rotmat"], atol=1e-4)


@pytest.mark.parametrize("name", ENCODERS)
@torch.inference_mode()
def test_encoder_is_that_of_the_reference(reference, name):
    class_name, config = ENCODERS[name]
    encoded = seeded(VibeTemporalEncoder(config), class_name)(clips()[0])
    assert relative_error(encoded[:, :, ::32], reference[name]) < 1e-4


def test_residual_without_a_linear_layer_needs_the_inputs_size():
    with pytest.raises(ValueError, match="2048, not 1024"):
        VibeTemporalEncoder(VibeEncoderConfig(has_linear=False))


@torch.inference_mode()
def test_discriminator_is_that_of_the_reference(discriminator, reference):
    assert relative_error(discriminator(clips()[1]), reference["discriminator"]) < 1e-4


@torch.inference_mode()
def test_discriminator_scores_a_single_clip_as_in_a_batch(discriminator):
    poses = clips()[1]
    assert discriminator(poses[:1]).shape == (1,)
    assert discriminator(poses[:1]) == pytest.approx(discriminator(poses)[:1], rel=1e-4)


@torch.inference_mode()
def test_encoder_looks_back_only():
    encoder, features = seeded(VibeTemporalEncoder(), "TemporalEncoder"), clips()[0]
    changed = features.clone()
    changed[:, 9:] = 0
    assert torch.allclose(encoder(features)[:, :9], encoder(changed)[:, :9], atol=1e-6)
