"""PARE against its own code.

`tests/data/pare_reference.npz` was made once by running the public repository (mkocabas/PARE at f848b2f, torch 2.13 on
the CPU, float32), of which nothing is kept here but the numbers and the names of its weights:

1. Build its class `PARE` with the settings of `core/pare_config.py`, with SMPL, torchvision and Lightning replaced by
   empty stand-ins, for they take no part in the numbers.
2. Give every entry of its state dict the array that `tests/seeded_weights.py` makes of its key and shape.
3. In evaluation, run `seeded_crops()`, normalised as `core.pare_crops.normalise_crops` does, through it.
4. Keep: the backbone's map (every 16th channel, every 8th row and column); what enters the pose layer (`pose_features`)
   and the camera layer (`camera_shape_features`, reordered to joint by channel); the part logits without background
   (every 8th row and column); what leaves the pose layer (`rot6d`); rotation matrices, camera, betas; the list of keys.
"""

import numpy as np
import pytest
import torch

from core.models.pare import PareNetwork
from core.pare_crops import normalise_crops
from core.rotations import rot6d_to_rotmat
from tests.seeded_weights import relative_error, seeded_crops

HEAD_PARAMETERS = 1_451_750


@pytest.fixture(scope="module")
def images():
    return torch.from_numpy(normalise_crops(seeded_crops()))


@pytest.fixture(scope="module")
def output(seeded_pare, images):
    with torch.inference_mode():
        return seeded_pare(images)


def test_names_and_shapes_are_those_of_the_reference(pare_reference):
    ours = {f"{key} {tuple(value.shape)}" for key, value in PareNetwork().state_dict().items()}
    missing = set(pare_reference["state_dict"]) - ours
    assert {line.split(" ")[0] for line in missing} == {
        "backbone.final_layer.weight", "backbone.final_layer.bias",
        "head.temperature", "head.init_pose", "head.init_shape", "head.init_cam",
    }  # fmt: skip
    assert ours <= set(pare_reference["state_dict"])


def test_head_has_the_published_parameter_count():
    assert sum(values.numel() for values in PareNetwork().head.parameters()) == HEAD_PARAMETERS


@pytest.mark.parametrize("name", ["pose_features", "camera_shape_features", "rot6d", "weak_camera", "betas"])
def test_output_is_that_of_the_reference(output, pare_reference, name):
    assert relative_error(getattr(output, name), pare_reference[name]) < 1e-4


def test_part_maps_are_those_of_the_reference(output, pare_reference):
    assert relative_error(output.part_attention[:, :, ::8, ::8], pare_reference["part_attention"]) < 1e-4


def test_rotations_are_those_of_the_reference(output, pare_reference):
    np.testing.assert_allclose(rot6d_to_rotmat(output.rot6d.numpy()), pare_reference["rotmat"], atol=1e-4)


def test_the_fixture_tells_the_crops_and_the_joints_apart(pare_reference):
    features = pare_reference["pose_features"]
    assert np.abs(features[0] - features[1]).max() > 0.1 * np.abs(features).max()
    assert np.abs(features[0, 0] - features[0, 1]).max() > 0.1 * np.abs(features).max()


def test_features_are_the_attention_weighted_mean_of_the_map(seeded_pare, images, output):
    with torch.inference_mode():
        seen = seeded_pare.head.smpl_deconv_layers(seeded_pare.backbone(images))
        second = seeded_pare.head.smpl_final_layer(seen)
    for joint in (0, 13, 23):
        logits = output.part_attention[1, joint].double()
        weights = (logits - logits.max()).exp()
        weights /= weights.sum()
        mean = (seen[1].double() * weights).sum(dim=(1, 2))
        assert relative_error(output.pose_features[1, joint], mean.numpy()) < 1e-5
        mean = (second[1].double() * weights).sum(dim=(1, 2))
        assert relative_error(output.camera_shape_features[1, joint], mean.numpy()) < 1e-5


def test_features_are_not_negative(output):
    assert output.pose_features.min() >= 0
