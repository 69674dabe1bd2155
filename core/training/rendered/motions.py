"""The motion of a shot, cut from mocap clips, in world axes (Y up). The benchmark's are kept out of training."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from ...errors import MotionDataError
from ...rotations import rotvec_to_rotmat
from ...skeleton import MIRROR_JOINTS
from ..clips import CONTEXT_FRAMES, MotionLibrary, load_motion_library
from .arrays import FloatArray


@dataclass(frozen=True)
class Motion:
    """rotmat: (T, 24, 3, 3) local rotations, the root's in world axes (Y up). pelvis: (T, 3) metres."""

    rotmat: FloatArray
    pelvis: FloatArray

    @property
    def frame_count(self) -> int:
        """How many frames it lasts."""
        return len(self.pelvis)


class MotionFiles:
    """Several motion files, from which clips are taken by name."""

    def __init__(self, paths: tuple[Path, ...], *, for_training: bool = False) -> None:
        """Read the files (layout: see core/training/clips.py, with `clip_name`).

        Args:
            for_training: clips of the training split are given out, and no others.
        Raises: MotionDataError when one cannot be read.
        """
        self._for_training = for_training
        self._libraries = [load_motion_library(path) for path in paths]
        self._names = [_clip_names(path, library) for path, library in zip(paths, self._libraries, strict=True)]

    def motion(self, clip: str, first_s: float, frame_count: int, frame_rate_hz: float) -> Motion:
        """Return `frame_count` frames of a clip at a frame rate, from a second of it on; its ends hold still.

        Raises:
            MotionDataError: no file holds the clip, or it is one that networks are trained on.
        """
        for library, names in zip(self._libraries, self._names, strict=True):
            if clip in names:
                index = names.index(clip)
                self._check_split(library, index, clip)
                return _cut(library, index, clip, first_s, frame_count, frame_rate_hz)
        raise MotionDataError(f"No motion file holds the clip {clip}.", "Give the files that the shots were made for.")

    def training_clips(self) -> dict[str, float]:
        """Return the names of all clips of the training split, and how many seconds each lasts."""
        return {
            name: float(library.clip_length[index] / library.frame_rate)
            for library, names in zip(self._libraries, self._names, strict=True)
            for index, name in enumerate(names)
            if library.clip_split[index] == "train"
        }

    def _check_split(self, library: MotionLibrary, index: int, clip: str) -> None:
        is_trained_on = library.clip_split[index] == "train"
        if is_trained_on and not self._for_training:
            raise MotionDataError(f"The clip {clip} of {library.name} is one that networks are trained on.")
        if self._for_training and not is_trained_on:
            raise MotionDataError(f"The clip {clip} of {library.name} is kept out of training.")


def _clip_names(path: Path, library: MotionLibrary) -> list[str]:
    with np.load(path, allow_pickle=False) as archive:
        names: NDArray[Any] = archive["clip_name"] if "clip_name" in archive.files else np.array([])
    if len(names) != len(library.clip_start):
        raise MotionDataError(f"{path} does not name its clips.", "The rendered shots take clips by name.")
    return [str(name) for name in names]


def _cut(
    library: MotionLibrary, index: int, clip: str, first_s: float, frame_count: int, frame_rate_hz: float
) -> Motion:
    needed = int(np.ceil((frame_count - 1) * library.frame_rate / frame_rate_hz)) + CONTEXT_FRAMES
    # Interpolation looks one frame back, which must not be another clip's.
    first = int(library.clip_start[index]) + max(round(first_s * library.frame_rate), 1)
    last = int(library.clip_start[index] + library.clip_length[index])
    if first + needed > last:
        raise MotionDataError(
            f"The clip {clip} of {library.name} ends {(first + needed - last) / library.frame_rate:.2f} s too early."
        )
    windows = library.windows(np.array([first]), frame_count, frame_rate_hz)
    return Motion(windows.rotmat[0].numpy().astype(np.float64), windows.pelvis[0].numpy().astype(np.float64))


def mirrored(motion: Motion) -> Motion:
    """Return the motion with left and right exchanged."""
    flip = np.array([-1.0, 1.0, 1.0])
    return Motion((flip[:, None] * motion.rotmat * flip)[:, list(MIRROR_JOINTS)], motion.pelvis * flip)


def joined(first: Motion, second: Motion, blend_frames: int) -> Motion:
    """Return two motions in a row: the second is turned and moved onto the first's end and fades in over it."""
    start = first.frame_count - blend_frames
    second = turned(second, heading_rad(first, start) - heading_rad(second, 0))
    pelvis = second.pelvis + first.pelvis[start] * [1.0, 0.0, 1.0]
    share = 0.5 - 0.5 * np.cos(np.pi * (np.arange(blend_frames) + 0.5) / blend_frames)
    before = Rotation.from_matrix(first.rotmat[start:].reshape(-1, 3, 3))
    change = (before.inv() * Rotation.from_matrix(second.rotmat[:blend_frames].reshape(-1, 3, 3))).as_rotvec()
    weights = np.repeat(share, first.rotmat.shape[1])[:, None]
    blended = (before * Rotation.from_rotvec(weights * change)).as_matrix().reshape(blend_frames, -1, 3, 3)
    path = (1 - share)[:, None] * first.pelvis[start:] + share[:, None] * pelvis[:blend_frames]
    return Motion(
        np.concatenate([first.rotmat[:start], blended, second.rotmat[blend_frames:]]),
        np.concatenate([first.pelvis[:start], path, pelvis[blend_frames:]]),
    )


def heading_rad(motion: Motion, frame: int) -> float:
    """Return where the pelvis faces: 0 is +Z, +pi/2 is +X."""
    return float(np.arctan2(motion.rotmat[frame, 0, 0, 2], motion.rotmat[frame, 0, 2, 2]))


def turned(motion: Motion, angle_rad: float) -> Motion:
    """Return the motion turned about the vertical, starting above the world's origin."""
    turn = rotvec_to_rotmat(np.array([0.0, angle_rad, 0.0]))
    rotmat = motion.rotmat.copy()
    rotmat[:, 0] = turn @ rotmat[:, 0]
    start = motion.pelvis[0] * [1.0, 0.0, 1.0]
    return Motion(rotmat, (motion.pelvis - start) @ turn.T)
