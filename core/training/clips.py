"""Motion capture for training: reading the npz, balanced windows, resampling to any frame rate, mirroring.

The npz's layout (T frames of all clips, one after the other):

    poses (T, 24, 3)    local axis-angle in radians, SMPL joint order; the rest is a T-pose that faces +Z,
                        +X is the subject's left
    trans (T, 3)        metres: position of the pelvis joint (not SMPL's translation), Y up
    clip_start, clip_len (C,)   first frame and number of frames of each clip
    clip_split (C,)     `train`, `val` or `test`
    fps                 frames a second, one for all clips; 30 where it is missing
    valid (T,)          optional: false where a frame must not be used
    clip_subject (C,)   optional: who moves, for balancing; each clip counts as its own subject where it is missing
    licence             optional: text that goes into the header of the trained weights
"""

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..errors import MotionDataError
from ..rotations import rotmat_to_rot6d, rotvec_to_rotmat
from ..skeleton import JOINT_COUNT, MIRROR_JOINTS
from .torch_rotations import rot6d_to_rotmat

SPLITS = ("train", "val", "test")
# Cubic interpolation reads one frame before and two after.
CONTEXT_FRAMES = 3


@dataclass(frozen=True)
class MotionWindows:
    """N windows of T frames in world axes (Y up)."""

    rotmat: Tensor
    """(N, T, 24, 3, 3) local rotations, the root's in world axes."""
    pelvis: Tensor
    """(N, T, 3) metres."""


class MotionLibrary:
    """All frames of a motion-capture file, ready to be cut into windows."""

    def __init__(self, arrays: dict[str, NDArray[Any]], name: str) -> None:
        self.name = name
        rotmat = rotvec_to_rotmat(arrays["poses"].astype(np.float64))
        self.rot6d = torch.as_tensor(rotmat_to_rot6d(rotmat).astype(np.float32))
        self.pelvis = torch.as_tensor(arrays["trans"].astype(np.float32))
        self.frame_rate = float(arrays.get("fps", np.float32(30.0)))
        frame_count, clip_count = len(arrays["poses"]), len(arrays["clip_start"])
        self.valid = arrays.get("valid", np.ones(frame_count, bool)).astype(bool)
        self.clip_start = arrays["clip_start"].astype(np.int64)
        self.clip_length = arrays["clip_len"].astype(np.int64)
        self.clip_split = arrays["clip_split"].astype(str)
        self.clip_subject = arrays.get("clip_subject", np.arange(clip_count))
        self.licence = str(arrays.get("licence", ""))

    def window_starts(self, split: str, frame_count: int) -> list[NDArray[np.int64]]:
        """Return for each clip of a split the first frames of all runs of `frame_count` valid frames (may be empty)."""
        starts = []
        for clip in np.flatnonzero(self.clip_split == split):
            first, length = self.clip_start[clip], self.clip_length[clip]
            invalid = np.concatenate([[0], np.cumsum(~self.valid[first : first + length])])
            clean = invalid[frame_count:] == invalid[: max(len(invalid) - frame_count, 0)]
            starts.append(first + np.flatnonzero(clean))
        return starts

    def windows(self, starts: NDArray[np.int64], frame_count: int, frame_rate_hz: float) -> MotionWindows:
        """Return windows from given source frames, resampled to a frame rate.

        Note: rotations and root are interpolated by Catmull-Rom splines (the 6-D form made orthonormal again), so the
        second differences carry no kinks at the source's frames.
        """
        ratio = self.frame_rate / frame_rate_hz
        times = torch.as_tensor(starts)[:, None] + torch.arange(frame_count, dtype=torch.float64) * ratio
        base = times.floor().long()
        if ratio == 1.0:
            return MotionWindows(rot6d_to_rotmat(self.rot6d[base]), self.pelvis[base])
        weights = catmull_rom_weights((times - base).float())
        last = len(self.pelvis) - 1
        around = [(base + offset).clamp(0, last) for offset in (-1, 0, 1, 2)]
        rot6d = sum(weights[..., k, None, None] * self.rot6d[index] for k, index in enumerate(around))
        pelvis = sum(weights[..., k, None] * self.pelvis[index] for k, index in enumerate(around))
        return MotionWindows(rot6d_to_rotmat(torch.as_tensor(rot6d)), torch.as_tensor(pelvis))


def catmull_rom_weights(fraction: Tensor) -> Tensor:
    """Return weights (..., 4) of the frames at -1, 0, 1, 2 for a time at `fraction` (...) of the way from 0 to 1."""
    u, u2, u3 = fraction, fraction.square(), fraction**3
    rows = [-u3 + 2 * u2 - u, 3 * u3 - 5 * u2 + 2, -3 * u3 + 4 * u2 + u, u3 - u2]
    return torch.stack(rows, dim=-1) / 2


class WindowSampler:
    """Draws windows so that no subject and no clip dominates.

    Subjects are drawn by the square root of their number of windows, then clips within a subject likewise, then a
    window within the clip evenly.
    """

    def __init__(self, library: MotionLibrary, split: str, source_frames: int) -> None:
        self.library = library
        per_clip = library.window_starts(split, source_frames + CONTEXT_FRAMES)
        subjects = library.clip_subject[library.clip_split == split]
        if not any(len(starts) for starts in per_clip):
            needed = source_frames + CONTEXT_FRAMES
            raise MotionDataError(
                f"The motion file {library.name} has no {split} clip with {needed} valid frames in a row.",
                "Give it longer clips.",
            )
        sizes = np.array([len(starts) for starts in per_clip], float)
        weights = []
        for starts, size, subject in zip(per_clip, sizes, subjects, strict=True):
            same = sizes[subjects == subject]
            clip_share = np.sqrt(size) / max(np.sqrt(same).sum(), 1e-9)
            weights.append(np.full(len(starts), np.sqrt(same.sum()) * clip_share / max(size, 1)))
        self._starts = np.concatenate(per_clip) + 1
        self._cumulative = np.cumsum(np.concatenate(weights))

    def starts(self, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """Return `count` first source frames."""
        drawn = np.searchsorted(self._cumulative, rng.random(count) * self._cumulative[-1], side="right")
        chosen: NDArray[np.int64] = self._starts[np.minimum(drawn, len(self._starts) - 1)]
        return chosen


def source_frames_for(frame_count: int, frame_rate_hz: float, source_rate_hz: float) -> int:
    """Return how many source frames a window of `frame_count` frames spans."""
    return int(np.ceil((frame_count - 1) * source_rate_hz / frame_rate_hz)) + 1


def mirror_windows(windows: MotionWindows, chosen: Tensor) -> MotionWindows:
    """Return the windows with the chosen ones (N,) bool mirrored left to right."""
    flip = torch.tensor([-1.0, 1.0, 1.0])
    mirrored = (flip[:, None] * windows.rotmat * flip)[:, :, list(MIRROR_JOINTS)]
    rotmat = torch.where(chosen[:, None, None, None, None], mirrored, windows.rotmat)
    pelvis = torch.where(chosen[:, None, None], windows.pelvis * flip, windows.pelvis)
    return MotionWindows(rotmat, pelvis)


def load_motion_library(path: Path) -> MotionLibrary:
    """Read a motion-capture npz (see the module's docstring).

    Raises:
        MotionDataError: missing, damaged, lacks a key, or an array of the wrong shape; never unpickles.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except FileNotFoundError as error:
        raise MotionDataError(f"The motion file {path} does not exist.") from error
    except (OSError, ValueError, EOFError, AttributeError, zipfile.BadZipFile) as error:
        raise MotionDataError(f"{path} is not a motion-capture npz, or it is damaged.") from error
    _check_arrays(arrays, path)
    return MotionLibrary(arrays, path.name)


def _check_arrays(arrays: dict[str, NDArray[Any]], path: Path) -> None:
    """Raise MotionDataError unless the arrays have the documented layout."""
    missing = [name for name in ("poses", "trans", "clip_start", "clip_len", "clip_split") if name not in arrays]
    if missing:
        raise MotionDataError(f"{path} is not a motion-capture file for training: it lacks {', '.join(missing)}.")
    frame_count = len(arrays["poses"]) if arrays["poses"].ndim else 0
    clip_shape = arrays["clip_start"].shape
    expected = {"poses": (frame_count, JOINT_COUNT, 3), "trans": (frame_count, 3), "valid": (frame_count,)}
    expected |= dict.fromkeys(("clip_start", "clip_len", "clip_split", "clip_subject"), clip_shape[:1])
    for name, shape in expected.items():
        if name in arrays and arrays[name].shape != shape:
            raise MotionDataError(f"{path}: {name} has the shape {arrays[name].shape}, not {shape}.")
    if not (np.isfinite(arrays["poses"]).all() and np.isfinite(arrays["trans"]).all()):
        raise MotionDataError(f"{path}: poses or trans hold values that are not finite.")
    ends = arrays["clip_start"] + arrays["clip_len"]
    if (arrays["clip_start"] < 0).any() or (ends > frame_count).any() or (arrays["clip_len"] < 0).any():
        raise MotionDataError(f"{path}: a clip reaches outside the {frame_count} frames.")
    unknown = sorted(set(arrays["clip_split"].astype(str)) - set(SPLITS))
    if unknown:
        raise MotionDataError(f"{path}: unknown split {unknown[0]!r}.", "Use train, val or test.")
