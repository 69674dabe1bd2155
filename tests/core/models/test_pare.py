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

import sys
import types

import numpy as np
import pytest
import torch

from core.errors import WeightsError
from core.models.pare import PareNetwork
from core.models.pare_weights import UNUSED, load_pare, yaml_beside
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


def save_as_lightning(network, path, settings=None, legacy=False):
    """Write a checkpoint as Lightning 1.1 does: settings of a yacs class, callback classes as keys, extra tensors."""
    yacs, callbacks = types.ModuleType("yacs.config"), types.ModuleType("pytorch_lightning.callbacks")
    yacs.CfgNode = type("CfgNode", (dict,), {"__module__": "yacs.config"})
    callbacks.ModelCheckpoint = type("ModelCheckpoint", (), {"__module__": "pytorch_lightning.callbacks"})
    modules = {
        "yacs": types.ModuleType("yacs"), "yacs.config": yacs,
        "pytorch_lightning": types.ModuleType("pytorch_lightning"), "pytorch_lightning.callbacks": callbacks,
    }  # fmt: skip
    state = {f"model.{key}": value for key, value in network.state_dict().items()}
    state |= {
        "model.backbone.final_layer.weight": torch.zeros(24, 32, 1, 1), "model.head.temperature": torch.tensor(1.0),
        "model.head.init_pose": torch.zeros(1, 144), "model.smpl.smpl.v_template": torch.zeros(6890, 3),
        "smpl.v_template": torch.zeros(6890, 3), "J_regressor": torch.zeros(17, 6890), "K": torch.eye(3),
    }  # fmt: skip
    sections = {name: yacs.CfgNode(values) for name, values in (settings or {}).items()}
    node = yacs.CfgNode(METHOD="pare", **sections)
    node.__dict__["__immutable__"] = True
    content = {
        "epoch": 12,
        "pytorch-lightning_version": "1.1.8",
        "callbacks": {callbacks.ModelCheckpoint: {"best_model_score": torch.tensor(50.9)}},
        "optimizer_states": [{"state": {0: {"step": 3}}}],
        "state_dict": state,
        "hparams_name": "hparams",
        "hyper_parameters": node,
    }
    sys.modules.update(modules)
    try:
        torch.save(content, path, _use_new_zipfile_serialization=not legacy)
    finally:
        for name in modules:
            del sys.modules[name]


@pytest.mark.parametrize("legacy", [False, True])
def test_a_lightning_checkpoint_gives_the_same_numbers(seeded_pare, images, output, tmp_path, legacy):
    path = tmp_path / "pare_checkpoint.ckpt"
    save_as_lightning(seeded_pare, path, {"PARE": {"NUM_DECONV_LAYERS": 2, "USE_MEAN_POSE": False}}, legacy)
    assert "yacs" not in sys.modules
    with torch.inference_mode():
        loaded = load_pare(path)(images)
    assert all(torch.equal(ours, theirs) for ours, theirs in zip(loaded, output, strict=True))


def test_settings_inside_a_checkpoint_that_change_the_result_are_refused(seeded_pare, tmp_path):
    path = tmp_path / "pare_checkpoint.ckpt"
    save_as_lightning(seeded_pare, path, {"PARE": {"USE_MEAN_POSE": True, "KEYPOINT_ATTENTION_ACT": "sigmoid"}})
    with pytest.raises(WeightsError, match=r"USE_MEAN_POSE is True instead of False.*KEYPOINT_ATTENTION_ACT"):
        load_pare(path)


def test_a_plain_state_dict_loads(pare_checkpoint, images, output):
    with torch.inference_mode():
        assert torch.equal(load_pare(pare_checkpoint)(images).betas, output.betas)


def test_every_key_at_fault_is_named(seeded_pare, tmp_path):
    state = dict(seeded_pare.state_dict())
    del state["head.cam_mlp.bias"]
    state = {key: value for key, value in state.items() if not key.startswith("backbone.stage4.1.")}
    state["head.extra.weight"] = torch.zeros(2)
    state["head.shape_mlp.weight"] = torch.zeros(11, 1536)
    torch.save(state, tmp_path / "pare.pth")
    with pytest.raises(WeightsError) as caught:
        load_pare(tmp_path / "pare.pth")
    for phrase in (
        "missing backbone.stage4.1.* (240), head.cam_mlp.bias;",
        "not expected head.extra.* (1);",
        "wrong shape head.shape_mlp.weight (11, 1536) instead of (10, 1536).",
    ):
        assert phrase in str(caught.value)


def test_weights_of_another_network_are_named_as_such(tmp_path):
    torch.save({"encoder.gru.weight_ih_l0": torch.zeros(3)}, tmp_path / "vibe.pth")
    with pytest.raises(WeightsError, match=r"another network than PARE"):
        load_pare(tmp_path / "vibe.pth")


def test_the_yaml_beside_the_checkpoint_is_checked(pare_checkpoint, tmp_path):
    checkpoint = tmp_path / "pare_w_3dpw_checkpoint.ckpt"
    checkpoint.symlink_to(pare_checkpoint)
    (tmp_path / "pare_w_3dpw_config.yaml").write_text("METHOD: pare\nPARE:\n  BACKBONE: resnet50\n")
    assert yaml_beside(checkpoint) == tmp_path / "pare_w_3dpw_config.yaml"
    with pytest.raises(WeightsError, match=r"PARE.BACKBONE is 'resnet50' instead of 'hrnet_w32-conv'"):
        load_pare(checkpoint)


def test_every_unused_key_has_a_reason():
    assert all(reason for reason in UNUSED.values())
