"""The backbone `pare`: the user's PARE checkpoint, and the trained temporal weights if there are any.

Torch is imported when the weights are loaded.
"""

import importlib.util
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .body_model import BodyModel
from .crop_backbone import CROPS_PER_CALL, CropModel, CropOutputs, crop_camera_to_pelvis
from .decomposed_estimator import PoseSequence, TemporalPrior, Window
from .errors import BodyFileError, EngineError, WeightsError
from .models.engine import Network
from .pare_crops import BOX_SCALE, CROP_SIDE, normalise_crops
from .settings import Device
from .smpl_body import load_neutral_body
from .track_poses import TrackPoses, one_shape
from .tracks import Track
from .view import View

CHECKPOINT_VARIABLE: Final = "JOINTWISE_PARE_CHECKPOINT"
TRACK_OUTPUTS: Final = ("pose_features", "rot6d", "weak_camera", "betas")
"""What is kept of PARE's outputs; 13 kB a frame."""
WARMUP_FRAMES: Final = 8
"""The paper's encoder looks back only, and was trained on clips of 16 frames from a zero state."""


class PareCrops:
    """PARE behind the interface of what looks at crops; see `CropModel`."""

    crop_side_px = CROP_SIDE
    box_scale = BOX_SCALE

    def __init__(self, network: Network) -> None:
        self.network = network

    def run_crops(self, crops: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        """Return the outputs `TRACK_OUTPUTS` for RGB crops (N, 224, 224, 3)."""
        results = self.network.run({"image": normalise_crops(crops)})
        return {name: results[name] for name in TRACK_OUTPUTS}


class PareEstimator:
    """PARE's view of a track's crops to poses; see `TrackEstimator`.

    Args:
        temporal: trained temporal weights; None for PARE's own result, frame by frame, which is not smoothed either.
    """

    def __init__(self, network: Network, temporal: Network | None, body: BodyModel) -> None:
        self.body = body
        self.crop_model: CropModel | None = PareCrops(network)
        self._temporal = temporal

    def estimate(self, track: Track, crop_outputs: CropOutputs | None, view: View, window: Window) -> TrackPoses:
        """Return the poses of one track."""
        assert crop_outputs is not None
        sequence = estimate_poses(crop_outputs, self._temporal, track.frame_ids, view.frame_rate_hz, window)
        betas = one_shape(sequence.betas)
        rest_pelvis = self.body.rest_joints(betas)[0]
        pelvis_cam = crop_camera_to_pelvis(sequence.weak_camera, crop_outputs.boxes, view, rest_pelvis)
        is_own_result = self._temporal is None
        return TrackPoses(sequence.rot6d_per_frame, sequence.rot6d, betas, pelvis_cam, not is_own_result)


def find_checkpoint(checkpoint: Path | None) -> Path:
    """Return the checkpoint that the user named, here or by the environment variable.

    Raises:
        WeightsError: neither names one.
    """
    named = checkpoint or os.environ.get(CHECKPOINT_VARIABLE)
    if not named:
        raise WeightsError(
            "The pare backbone needs PARE's weights, which may not be shipped with Jointwise.",
            f"Give your pare_w_3dpw_checkpoint.ckpt by --checkpoint, or by the variable {CHECKPOINT_VARIABLE}; "
            "docs/pare.md says where it comes from.",
        )
    return Path(named)


def load_pare_network(
    checkpoint: Path | None, device: Device = "auto", threads: int = 2, settings_path: Path | None = None
) -> Network:
    """Return PARE as a network: `image` (N, 3, 224, 224) to the fields of `PareOutput`.

    Args:
        checkpoint: None takes what the environment names.
        settings_path: PARE's yaml file, where it does not lie beside the checkpoint.

    Raises:
        WeightsError: no checkpoint is named, or it cannot be used.
        EngineError: torch is not installed, or does not see the device.
    """
    path = find_checkpoint(checkpoint)
    _need_torch()
    from .models.torch_engine import wrap_network
    from .pare_weights import load_pare

    return wrap_network("pare", load_pare(path, settings_path), path, device, threads)


def load_temporal_network(path: Path, device: Device = "auto", threads: int = 2) -> Network:
    """Return trained temporal weights as a network: `pose_features` (B, T, 24, 128) to `PareTemporalOutput`'s fields.

    Raises:
        WeightsError, EngineError: as `load_pare_network`.
    """
    _need_torch()
    from .models.torch_engine import wrap_network
    from .pare_temporal_weights import load_pare_temporal

    return wrap_network("pare_temporal", load_pare_temporal(path), path, device, threads)


def run_on_crops(
    network: Network, crops: NDArray[np.uint8], names: Sequence[str] = TRACK_OUTPUTS
) -> dict[str, NDArray[np.float32]]:
    """Return some of PARE's outputs for RGB crops (N, 224, 224, 3), N at least 1; fields of `PareOutput`."""
    parts = []
    for start in range(0, len(crops), CROPS_PER_CALL):
        results = network.run({"image": normalise_crops(crops[start : start + CROPS_PER_CALL])})
        parts.append({name: results[name] for name in names})
    return {name: np.concatenate([part[name] for part in parts]) for name in names}


def load_smpl_body(smpl: Path | None, checkpoint: Path | None) -> BodyModel:
    """Return the SMPL body for PARE's poses: of the user's SMPL file, else of the checkpoint.

    Raises:
        BodyFileError: neither has one, or it is none, or not the neutral one.
        WeightsError, EngineError: as `load_pare_network`.
    """
    if smpl is not None:
        return load_neutral_body(smpl)
    _need_torch()
    from .pare_weights import read_smpl_body

    path = find_checkpoint(checkpoint)
    body = read_smpl_body(path)
    if body is None:
        raise BodyFileError(f"{path} carries no SMPL body.", "Give your SMPL_NEUTRAL file by --smpl.")
    return BodyModel(body)


def estimate_poses(
    crop_outputs: CropOutputs,
    temporal: Network | None,
    frame_ids: NDArray[np.int64],
    frame_rate_hz: float,
    window: Window = "track",
) -> PoseSequence:
    """Return the poses of one track; without temporal weights they are PARE's own, frame by frame.

    Args:
        temporal: trained weights, whose camera and shape layers then take the place of PARE's.
        frame_ids, window: see `TemporalPrior.apply`.
    """
    outputs = dict(crop_outputs.outputs)
    if temporal is not None:
        # Camera and shape look at single frames, so each frame may be a clip of its own.
        single = temporal.run({"pose_features": outputs["pose_features"][:, None]})
        outputs |= {name: single[name][:, 0] for name in ("weak_camera", "betas")}
    return TemporalPrior(temporal, WARMUP_FRAMES).apply(outputs, frame_ids, frame_rate_hz, window)


def _need_torch() -> None:
    if importlib.util.find_spec("torch") is None:
        raise EngineError(
            "The pare backbone needs PyTorch, which is not installed.",
            "Choose a Python that has it as the core's interpreter; docs/pare.md says how.",
        )
