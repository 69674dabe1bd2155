"""PARE's published checkpoint: its names, what in it is not used, and the loading of it. Torch only."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from .body_file import BodyFile
from .checkpoints import load_strictly, read_checkpoint, tensors_of
from .errors import BodyFileError, WeightsError
from .models.pare import PareNetwork
from .pare_config import check_pare_settings, check_pare_yaml
from .smpl_files import body_from_arrays

_FIRST_KEY: Final = "backbone.conv1.weight"

_SMPL_PREFIX: Final = "smpl.smpl."
_SMPL_NAMES: Final = {
    "v_template": "v_template",
    "shapedirs": "shapedirs",
    "J_regressor": "J_regressor",
    "weights": "lbs_weights",
    "f": "faces_tensor",
    "kintree_table": "parents",
}
"""Names in an SMPL file, and in the checkpoint."""

UNUSED: Final[dict[str, str]] = {
    "backbone.final_layer.": "the 2-D pose head that HRNet was pretrained with; PARE never calls it",
    "head.temperature": "of the soft argmax of another mode",
    "head.init_pose": "of the iterative regression, which the published weights do not use",
    "head.init_shape": "the same",
    "head.init_cam": "the same",
    "smpl.": "SMPL's own arrays; the body is read from the SMPL file",
    "smpl_native.": "the same",
    "J_regressor": "evaluation joints",
    "body_part_texture": "of the part maps' rendering in training",
    "smpl_faces": "the same",
    "part_label_bins": "the same",
    "K": "the rendering camera in training",
    "R": "the same",
}
"""Keys, and prefixes that end in a dot, that a checkpoint may have, and why they are not looked at.

Note: a few stand outside the network in the Lightning module, beside the prefix `model.`; the others inside.
"""


def load_pare(path: Path, settings_path: Path | None = None) -> PareNetwork:
    """Return PARE with the weights of a checkpoint, on the CPU, ready to run.

    Args:
        path: the published Lightning checkpoint, or a plain state dict of the network.
        settings_path: the yaml file that came with it; None looks for it beside the checkpoint.

    Raises:
        WeightsError: missing, damaged, made with other settings, or the weights do not fit; names each key at fault.
        EngineError: torch is not installed.
    """
    settings_path = settings_path or yaml_beside(path)
    if settings_path is not None:
        check_pare_yaml(settings_path)
    checkpoint = read_checkpoint(path)
    settings = checkpoint.get("hyper_parameters")
    if isinstance(settings, Mapping):
        check_pare_settings(settings, path)
    network = PareNetwork()
    load_strictly(network, network_tensors(checkpoint, path), path)
    return network.requires_grad_(False)


def yaml_beside(path: Path) -> Path | None:
    """Return the settings file that is published beside a checkpoint, if it is there."""
    name = re.sub(r"_?checkpoint$", "", path.stem)
    candidate = path.with_name(f"{name}_config.yaml" if name else "config.yaml")
    return candidate if candidate.is_file() else None


def network_tensors(checkpoint: Mapping[Any, Any], path: Path) -> dict[str, Tensor]:
    """Return the tensors that belong to the network, by its own names, and those nobody knows.

    Raises:
        WeightsError: there are no weights, or not of PARE.
    """
    tensors = tensors_of(checkpoint, path, ("state_dict", "model"))
    first = next((key for key in tensors if key == _FIRST_KEY or key.endswith(f".{_FIRST_KEY}")), None)
    if first is None:
        raise WeightsError(
            f"{path} holds weights of another network than PARE: it has no {_FIRST_KEY}.",
            "PARE's published file is pare_w_3dpw_checkpoint.ckpt or pare_checkpoint.ckpt.",
        )
    prefix = first.removesuffix(_FIRST_KEY)
    named = {key.removeprefix(prefix): value for key, value in tensors.items()}
    return {key: value.to(torch.float32) for key, value in named.items() if not _is_unused(key)}


def read_smpl_body(path: Path) -> BodyFile | None:
    """Return the SMPL body that a checkpoint carries beside PARE's weights, None where it has none.

    Raises:
        WeightsError: the checkpoint cannot be read.
        BodyFileError: the arrays are not an SMPL body.
    """
    tensors = tensors_of(read_checkpoint(path), path, ("state_dict", "model"))
    end = f"{_SMPL_PREFIX}v_template"
    first = next((key for key in tensors if key == end or key.endswith(f".{end}")), None)
    if first is None:
        return None
    prefix = first.removesuffix("v_template")
    named = {key.removeprefix(prefix): value.numpy() for key, value in tensors.items() if key.startswith(prefix)}
    if missing := [name for name in _SMPL_NAMES.values() if name not in named]:
        raise BodyFileError(f"The SMPL body in {path} lacks {', '.join(missing)}.", "Give your SMPL file instead.")
    arrays = {name: named[theirs] for name, theirs in _SMPL_NAMES.items()}
    return body_from_arrays(path, {**arrays, "kintree_table": arrays["kintree_table"][None]})


def _is_unused(key: str) -> bool:
    return any(key.startswith(name) if name.endswith(".") else key == name for name in UNUSED)
