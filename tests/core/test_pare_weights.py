import sys
import types

import pytest
import torch

from core.errors import WeightsError
from core.pare_crops import normalise_crops
from core.pare_weights import UNUSED, load_pare, yaml_beside
from tests.seeded_weights import seeded_crops


@pytest.fixture(scope="module")
def images():
    return torch.from_numpy(normalise_crops(seeded_crops(1)))


@pytest.fixture(scope="module")
def output(seeded_pare, images):
    with torch.inference_mode():
        return seeded_pare(images)


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
    path.unlink()  # 130 MB
    assert all(torch.equal(ours, theirs) for ours, theirs in zip(loaded, output, strict=True))


def test_settings_inside_a_checkpoint_that_change_the_result_are_refused(tmp_path):
    path = tmp_path / "pare_checkpoint.ckpt"
    save_as_lightning(
        torch.nn.Linear(1, 1), path, {"PARE": {"USE_MEAN_POSE": True, "KEYPOINT_ATTENTION_ACT": "sigmoid"}}
    )
    with pytest.raises(WeightsError, match=r"USE_MEAN_POSE is True instead of False.*KEYPOINT_ATTENTION_ACT"):
        load_pare(path)


def test_a_plain_state_dict_loads(pare_checkpoint, images, output):
    with torch.inference_mode():
        assert torch.equal(load_pare(pare_checkpoint)(images).betas, output.betas)


def test_every_key_at_fault_is_named(seeded_pare, tmp_path):
    # Expanded zeros take no room in the file.
    state = {key: torch.zeros(()).expand(value.shape) for key, value in seeded_pare.state_dict().items()}
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
