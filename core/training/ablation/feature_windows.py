"""Simulated training windows with the frozen lifter's features, made once and read by every run.

A folder of plain .npy files, so that features are mapped instead of loaded. `about.json` is written last: without it
the folder does not count.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...errors import OptionError, OutputError
from ...models.landmark_lifter import LandmarkLifter
from ...whole_file import whole_file
from ..clips import MotionLibrary, WindowSampler
from ..evaluation.benchmark import clips_of
from ..simulator import TRAINING, simulate
from ..torch_body import TorchBody
from ..torch_rotations import rot6d_to_rotmat, rotmat_to_rot6d
from ..train_lifter import view_evidence
from .settings import AblationSettings

CACHE_SEED: Final = 11
_CHUNK: Final = 64
_ARRAYS: Final = (
    "pose_features", "rot6d", "betas", "landmarks", "keypoints2d", "box_center", "box_half_side", "focal",
)  # fmt: skip


@dataclass(frozen=True)
class WindowBatch:
    """B training windows of T frames: the lifter's features and the truth. Camera axes, metres.

    Image points are relative to the principal point, with half the longer side of the image as unit.
    """

    pose_features: Tensor
    """(B, T, 24, 128)"""
    rotmat: Tensor
    """(B, T, 24, 3, 3) true."""
    betas: Tensor
    """(B, T, 10) true."""
    landmarks: Tensor
    """(B, T, 33, 3) true, pelvis at the origin."""
    keypoints2d: Tensor
    """(B, T, 33, 2) true."""
    box_center: Tensor
    """(B, T, 2)"""
    box_half_side: Tensor
    """(B, T, 1)"""
    focal: Tensor
    """(B, 1, 1) believed."""


class FeatureWindows:
    """The windows of a folder."""

    def __init__(self, folder: Path) -> None:
        self._arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in _ARRAYS}
        self._clip, self._start = (np.load(folder / f"{name}.npy", allow_pickle=False) for name in ("clip", "start"))
        self.count = len(self._clip)

    def within(self, fraction: float) -> NDArray[np.int64]:
        """Return the first `fraction` of each clip's windows in time, at least one of each clip.

        Less data means less of every clip, so that all actions stay; smaller fractions lie within larger ones.
        """
        chosen = []
        for clip in np.unique(self._clip):
            members = np.flatnonzero(self._clip == clip)
            in_time = members[np.argsort(self._start[members], kind="stable")]
            # The rounding keeps 0.3 x 10 at three windows, not four.
            chosen.append(in_time[: int(np.ceil(round(fraction * len(members), 6)))])
        return np.sort(np.concatenate(chosen))

    def batch(self, indices: NDArray[np.int64]) -> WindowBatch:
        """Return some windows."""
        # Sorted reads are cheaper, and a batch has no order.
        chosen = np.sort(indices)
        t = {name: torch.as_tensor(np.asarray(self._arrays[name][chosen], np.float32)) for name in _ARRAYS}
        return WindowBatch(
            t["pose_features"], rot6d_to_rotmat(t["rot6d"]), t["betas"], t["landmarks"], t["keypoints2d"],
            t["box_center"], t["box_half_side"], t["focal"],
        )  # fmt: skip


def open_feature_windows(
    folder: Path,
    library: MotionLibrary,
    lifter: LandmarkLifter,
    body: TorchBody,
    settings: AblationSettings,
    origin: dict[str, str],
    report: Callable[[str], None],
) -> FeatureWindows:
    """Return the windows of a folder; make them first where there are none.

    Args:
        origin: hashes of the lifter and of the motion file.
    Raises:
        OptionError: the folder holds windows of another lifter, motion file or size.
        OutputError: the folder cannot be written.
        MotionDataError: the training split has no windows of this length.
    """
    about = {**origin, "windows": settings.cached_windows, "frames": settings.frames, "seed": CACHE_SEED}
    path = folder / "about.json"
    if path.exists():
        if json.loads(path.read_text(encoding="utf-8")) != about:
            raise OptionError(
                f"{folder} holds features of another lifter, motion file or size.", "Choose another --output."
            )
        return FeatureWindows(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"The folder {folder} cannot be made ({error.strerror}).") from error
    report(f"Simulating {settings.cached_windows} training windows of {settings.frames} frames ...")
    _write_windows(folder, library, lifter, body, settings)
    with whole_file(path) as partial:
        partial.write_text(json.dumps(about), encoding="utf-8")
    return FeatureWindows(folder)


def _write_windows(
    folder: Path, library: MotionLibrary, lifter: LandmarkLifter, body: TorchBody, settings: AblationSettings
) -> None:
    """Simulate all windows and write one file for each array."""
    sampler = WindowSampler(library, "train", settings.frames)
    rng, generator = np.random.default_rng(CACHE_SEED), torch.Generator().manual_seed(CACHE_SEED)
    files: dict[str, Any] = {}
    for first in range(0, settings.cached_windows, _CHUNK):
        count = min(_CHUNK, settings.cached_windows - first)
        starts = sampler.starts(count, rng)
        arrays = _simulated_arrays(starts, library, lifter, body, settings.frames, generator)
        for name, values in arrays.items():
            if name not in files:
                shape = (settings.cached_windows, *values.shape[1:])
                files[name] = np.lib.format.open_memmap(folder / f"{name}.npy", "w+", values.dtype, shape)
            files[name][first : first + count] = values
    for file in files.values():
        file.flush()


@torch.no_grad()
def _simulated_arrays(
    starts: NDArray[np.int64],
    library: MotionLibrary,
    lifter: LandmarkLifter,
    body: TorchBody,
    frames: int,
    generator: torch.Generator,
) -> dict[str, NDArray[Any]]:
    """Return the arrays of windows that start at given frames, at the data's own rate."""
    views = simulate(library.windows(starts, frames, library.frame_rate), library.frame_rate, body, TRAINING, generator)
    boxed = view_evidence(views)
    return {
        "pose_features": lifter.pose_features(boxed.values).numpy().astype(np.float16),
        "rot6d": rotmat_to_rot6d(views.rotmat).numpy(),
        "betas": views.betas.numpy(),
        "landmarks": views.landmarks.numpy(),
        "keypoints2d": views.true_keypoints2d.numpy(),
        "box_center": boxed.box_center.numpy(),
        "box_half_side": boxed.box_half_side.numpy(),
        "focal": views.focal.numpy(),
        "clip": clips_of(library, starts),
        "start": starts,
    }
