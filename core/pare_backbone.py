"""The backbone `pare`: the user's PARE checkpoint, and temporal weights if there are any, on the people of a video.

The second pass over the video: PARE looks at the pictures again, at the boxes that the tracker found. Torch is imported
when the weights are loaded.
"""

import importlib.util
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from .decomposed_estimator import PoseSequence, TemporalPrior
from .errors import EngineError, WeightsError
from .models.engine import Network
from .pare_crops import SquareBoxes, crop_square, normalise_crops, square_boxes
from .settings import Device
from .tracks import Track
from .video import Frame

CHECKPOINT_VARIABLE: Final = "JOINTWISE_PARE_CHECKPOINT"
CROPS_PER_CALL: Final = 8
TRACK_OUTPUTS: Final = ("pose_features", "rot6d", "weak_camera", "betas")
"""What is kept of PARE's outputs; 13 kB a frame."""


@dataclass(frozen=True)
class CropOutputs:
    """PARE's outputs for the T rows of one track, and where it looked.

    Attributes:
        boxes: the squares that the crops were cut from.
        outputs: `pose_features` (T, 24, 128), `rot6d` (T, 24, 6), `weak_camera` (T, 3), `betas` (T, 10).
    """

    boxes: SquareBoxes
    outputs: dict[str, NDArray[np.float32]]


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
    # Idle threads of OpenMP otherwise burn the cores that decode the video; read when torch is first imported.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    _need_torch()
    from .models.pare_weights import load_pare
    from .models.torch_engine import wrap_network

    return wrap_network("pare", load_pare(path, settings_path), path, device, threads)


def load_temporal_network(path: Path, device: Device = "auto", threads: int = 2) -> Network:
    """Return trained temporal weights as a network: `pose_features` (B, T, 24, 128) to `PareTemporalOutput`'s fields.

    Raises:
        WeightsError, EngineError: as `load_pare_network`.
    """
    _need_torch()
    from .models.pare_temporal import load_pare_temporal
    from .models.torch_engine import wrap_network

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


def run_on_tracks(
    network: Network,
    frames: Iterable[Frame],
    tracks: Sequence[Track],
    frame_rate_hz: float,
    on_frame: Callable[[int], None] = lambda _: None,
) -> list[CropOutputs]:
    """Return PARE's outputs for every track, in one pass over the video.

    Args:
        frames: the frames that the tracks were made from; others are skipped.
        on_frame: called with the number of frames done; may raise to cancel.
    """
    boxes = [square_boxes(track.bbox_px, track.frame_ids, frame_rate_hz) for track in tracks]
    rows = [{int(frame_id): row for row, frame_id in enumerate(track.frame_ids)} for track in tracks]
    collector = _Collector(network, [len(track.frame_ids) for track in tracks])
    for done, frame in enumerate(frames, start=1):
        for person, places in enumerate(rows):
            row = places.get(frame.index)
            if row is not None:
                box = boxes[person]
                collector.add(person, row, crop_square(frame.image_rgb, box.center_px[row], box.side_px[row]))
        on_frame(done)
    return [CropOutputs(box, outputs) for box, outputs in zip(boxes, collector.finish(), strict=True)]


def estimate_poses(
    crop_outputs: CropOutputs,
    temporal: Network | None,
    frame_ids: NDArray[np.int64],
    frame_rate_hz: float,
    window: Literal["track"] | int = "track",
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
    return TemporalPrior(temporal).apply(outputs, frame_ids, frame_rate_hz, window)


class _Collector:
    """Gathers crops into batches, runs them, and puts the answers into the rows that they belong to."""

    def __init__(self, network: Network, row_counts: Sequence[int]) -> None:
        self._network, self._row_counts = network, row_counts
        self._places: list[tuple[int, int]] = []
        self._crops: list[NDArray[np.uint8]] = []
        self._outputs: list[dict[str, NDArray[np.float32]]] = [{} for _ in row_counts]

    def add(self, person: int, row: int, crop: NDArray[np.uint8]) -> None:
        self._places.append((person, row))
        self._crops.append(crop)
        if len(self._crops) == CROPS_PER_CALL:
            self._run()

    def finish(self) -> list[dict[str, NDArray[np.float32]]]:
        if self._crops:
            self._run()
        return self._outputs

    def _run(self) -> None:
        results = self._network.run({"image": normalise_crops(np.stack(self._crops))})
        for index, (person, row) in enumerate(self._places):
            for name in TRACK_OUTPUTS:
                value = results[name][index]
                empty = np.zeros((self._row_counts[person], *value.shape), np.float32)
                self._outputs[person].setdefault(name, empty)[row] = value
        self._places, self._crops = [], []


def _need_torch() -> None:
    if importlib.util.find_spec("torch") is None:
        raise EngineError(
            "The pare backbone needs PyTorch, which is not installed.",
            "Choose a Python that has it as the core's interpreter; docs/pare.md says how.",
        )
