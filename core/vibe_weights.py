"""Published weights of VIBE, SPIN and HMR (in SPIN's layout): their names and the loading of them. Torch only."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from torch import Tensor

from .checkpoints import load_strictly, read_checkpoint, tensors_of
from .errors import WeightsError
from .models.resnet import RESNET_FEATURE_SIZE
from .models.vibe import HmrNetwork, VibeEncoderConfig, VibeMotionDiscriminator, VibeNetwork

_SMPL_PART: Final = "smpl."
"""SMPL's own arrays inside the regressor; the body is read from the SMPL file."""
_REGRESSOR_NAMES: Final = ("fc1.", "fc2.", "decpose.", "decshape.", "deccam.", "init_")
_CLASSIFIER: Final = ("fc.weight", "fc.bias")
"""ImageNet's classifier, which some files of ResNet-50 still carry."""


def load_vibe(path: Path) -> VibeNetwork:
    """Return VIBE's encoder and regressor with the weights of its checkpoint, on the CPU, ready to run.

    Note: the number of layers, sizes and options of the encoder are taken from the weights.

    Raises:
        WeightsError: missing, damaged, or the weights do not fit; names each key at fault.
        EngineError: torch is not installed.
    """
    tensors = tensors_of(read_checkpoint(path), path, ("gen_state_dict", "state_dict"))
    tensors = {key: value for key, value in tensors.items() if not key.startswith(f"regressor.{_SMPL_PART}")}
    network = VibeNetwork(_encoder_config(tensors, path))
    load_strictly(network, tensors, path)
    return network.requires_grad_(False)


def load_vibe_discriminator(path: Path) -> VibeMotionDiscriminator:
    """Return the motion discriminator of a VIBE training checkpoint, or of a file that holds it alone.

    Raises:
        WeightsError, EngineError: as `load_vibe`.
    """
    tensors = tensors_of(read_checkpoint(path), path, ("disc_motion_state_dict", "state_dict"))
    network = VibeMotionDiscriminator()
    load_strictly(network, tensors, path)
    return network


def load_hmr(path: Path) -> HmrNetwork:
    """Return the per-frame network with SPIN's or HMR's weights, on the CPU, ready to run.

    Raises:
        WeightsError, EngineError: as `load_vibe`.
    """
    tensors = tensors_of(read_checkpoint(path), path, ("model", "state_dict"))
    network = HmrNetwork()
    named = {_hmr_name(key): value for key, value in tensors.items() if not _is_unused_by_hmr(key)}
    load_strictly(network, named, path)
    return network.requires_grad_(False)


def _hmr_name(key: str) -> str:
    """Return our name of a key: in the files the regressor's layers lie beside the ResNet's."""
    return f"regressor.{key}" if key.startswith(_REGRESSOR_NAMES) else f"resnet.{key}"


def _is_unused_by_hmr(key: str) -> bool:
    return key.startswith(_SMPL_PART) or key in _CLASSIFIER


def _encoder_config(tensors: Mapping[str, Tensor], path: Path) -> VibeEncoderConfig:
    first = tensors.get("encoder.gru.weight_ih_l0")
    if first is None or first.ndim != 2:
        raise WeightsError(
            f"{path} holds weights of another network than VIBE: it has no encoder.gru.weight_ih_l0.",
            "VIBE's published file is vibe_model_w_3dpw.pth.tar or vibe_model_wo_3dpw.pth.tar.",
        )
    if first.shape[1] != RESNET_FEATURE_SIZE:
        raise WeightsError(
            f"The encoder of {path} reads {first.shape[1]} features a frame; VIBE's regressor {RESNET_FEATURE_SIZE}."
        )
    return VibeEncoderConfig(
        hidden_size=first.shape[0] // 3,
        layer_count=sum(f"encoder.gru.weight_ih_l{layer}" in tensors for layer in range(8)),
        is_bidirectional="encoder.gru.weight_ih_l0_reverse" in tensors,
        has_linear="encoder.linear.weight" in tensors,
    )
