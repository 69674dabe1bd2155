"""Real motions for the discriminator: AMASS's body poses at one rate, in one file that is mapped into memory.

Read once from the raw recordings (minutes), then opened at once by every run and every process.
"""

import hashlib
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...errors import MotionDataError
from ...models.vibe import BODY_POSE_SIZE
from ...whole_file import whole_file
from ..datasets.sampling import BalancedSampler, ClipSource, clip_starts
from ..datasets.sequence import Sequence
from ..paper_preset import DataOptions

REPORT_RECORDINGS: Final = 500


class MotionBank:
    """Recordings one after the other.

    Attributes:
        body_pose: (N, 69) float32 axis-angle of joints 1 to 23, radians.
        lengths: (R,) frames of each recording.
    """

    def __init__(self, body_pose: NDArray[np.float32], lengths: NDArray[np.int64]) -> None:
        self.body_pose, self.lengths = body_pose, lengths

    def sampler(self, clip_frames: int, batch_clips: int, seed: int) -> BalancedSampler:
        """Return a dealer of clips that do not overlap; everything is seen once before anything is seen twice."""
        starts = np.cumsum(self.lengths) - self.lengths
        clips = [
            (0, int(start + inner))
            for start, length in zip(starts, self.lengths, strict=True)
            for inner in clip_starts(np.arange(length), 1, clip_frames, clip_frames)
        ]
        if not clips:
            raise MotionDataError(f"AMASS has no recording of {clip_frames} frames.")
        return BalancedSampler([ClipSource("amass", False, np.array(clips, np.int64))], batch_clips, seed=seed)

    def clips(self, starts: Iterable[int], clip_frames: int) -> NDArray[np.float32]:
        """Return clips (B, T, 69) by their first frames."""
        return np.stack([self.body_pose[start : start + clip_frames] for start in starts])


def bank_path(cache: Path, options: DataOptions) -> Path:
    """Return where the index of these options' bank lies; the poses lie beside, as .npy."""
    folders = "all"
    if options.amass_folders:
        folders = hashlib.sha256("/".join(options.amass_folders).encode()).hexdigest()[:8]
    return cache / f"amass_{options.amass_frame_rate_hz:g}hz_{folders}.npz"


def write_motion_bank(
    path: Path, recordings: Iterable[Sequence], folders: Mapping[str, int], report: Callable[[str], None]
) -> None:
    """Read AMASS and write the bank, unless it is there already, made from the same folders with as many recordings.

    Args:
        recordings: read only where the bank is made.
        folders: AMASS's folders that the recordings come from, and how many files of recordings each holds.
    Raises:
        MotionDataError: see `read_amass`; or there is no recording.
    """
    if path.is_file() and _poses_path(path).is_file():
        change = _describe_change(_folders_of(path), folders)
        if not change:
            report(f"{path.name}: already there, from {', '.join(folders)}; delete it to read AMASS again")
            return
        report(f"{path.name}: it {change}, so it is made anew")
    poses, lengths = [], []
    for number, recording in enumerate(recordings, start=1):
        assert recording.poses is not None
        poses.append(recording.poses[:, 1:].reshape(-1, BODY_POSE_SIZE).astype(np.float32))
        lengths.append(recording.frame_count)
        if number % REPORT_RECORDINGS == 0:
            report(f"AMASS: {number} recordings, {sum(lengths)} frames")
    if not poses:
        raise MotionDataError("AMASS has no recording that is long enough.")
    path.parent.mkdir(parents=True, exist_ok=True)
    # An index must not outlive the poses that it was written for.
    path.unlink(missing_ok=True)
    with whole_file(_poses_path(path)) as partial, partial.open("wb") as file:
        np.save(file, np.concatenate(poses))
    with whole_file(path) as partial, partial.open("wb") as file:
        counts = np.array(list(folders.values()), np.int64)
        np.savez(file, lengths=np.array(lengths, np.int64), folders=np.array(list(folders)), recording_counts=counts)
    report(f"{path.name}: {len(lengths)} recordings, {sum(lengths)} frames")


def _folders_of(path: Path) -> dict[str, int] | None:
    """Return the folders that a bank was made from, with their recordings; None where it cannot tell."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            names, counts = archive["folders"].tolist(), archive["recording_counts"].tolist()
            return dict(zip(names, counts, strict=True))
    except (OSError, ValueError, TypeError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def _describe_change(made_from: Mapping[str, int] | None, folders: Mapping[str, int]) -> str:
    """Return in which way a bank differs from AMASS's folders, as the end of a sentence; empty if it does not."""
    if made_from is None:
        return "does not tell what it was made from"
    changes = [
        f"{made_from.get(name, 0)} recordings of {name} where there are {folders.get(name, 0)} now"
        for name in sorted({*made_from, *folders})
        if made_from.get(name, 0) != folders.get(name, 0)
    ]
    return f"was made from {', '.join(changes)}" if changes else ""


def load_motion_bank(path: Path) -> MotionBank:
    """Return the bank, mapped into memory.

    Raises:
        MotionDataError: missing or damaged.
    """
    if not path.is_file():
        raise MotionDataError(
            f"{path} does not exist; AMASS's motions were expected there.", "Run: python -m core extract-features."
        )
    try:
        with np.load(path, allow_pickle=False) as archive:
            lengths = archive["lengths"]
        body_pose = np.load(_poses_path(path), mmap_mode="r", allow_pickle=False)
        if body_pose.shape != (lengths.sum(), BODY_POSE_SIZE):
            raise ValueError(f"poses of the shape {body_pose.shape}")
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise MotionDataError(f"{path} is damaged.", "Delete it and run: python -m core extract-features.") from error
    return MotionBank(body_pose, lengths)


def _poses_path(path: Path) -> Path:
    return path.with_suffix(".npy")
