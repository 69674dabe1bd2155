"""How memory and time grow with a video's length, from runs on looped clips."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .clips import SIZES, make_clip
from .report import table
from .ways import run_ours

FRAME_RATE_HZ: Final = 30


@dataclass(frozen=True)
class Length:
    """Minutes of video, and what they took."""

    minutes: float
    work_s: float
    peak_mb: float | None


def measure_lengths(
    source: Path, folder: Path, minutes: Sequence[float], options: tuple[str, ...], report: Callable[[str], None]
) -> str:
    """Return a table of 1080p clips of each length; the clips are made in the folder and removed again."""
    lengths = []
    for length in minutes:
        clip = folder / "length.mp4"
        make_clip(source, clip, SIZES["1080p"], round(length * 60 * FRAME_RATE_HZ))
        report(f"{length:g} minutes of video ...")
        run = run_ours(clip, options)
        clip.unlink()
        lengths.append(Length(length, run.work_s, run.peak_mb))
    return length_table(lengths)


def length_table(lengths: Sequence[Length]) -> str:
    """Return the table, with the growth from the shortest on."""
    first = lengths[0]
    rows = []
    for length in lengths:
        per_minute = length.work_s / length.minutes
        growth = per_minute / (first.work_s / first.minutes)
        peak = "unknown" if length.peak_mb is None else f"{length.peak_mb:.0f}"
        rows.append([f"{length.minutes:g}", f"{length.work_s:.0f}", f"{growth:.3f}", peak, _at_an_hour(first, length)])
    return table(["minutes", "seconds", "seconds a minute, of the first's", "peak MB", "MB at 60 minutes"], rows)


def _at_an_hour(first: Length, length: Length) -> str:
    """Return the memory at 60 minutes on the straight line through two lengths."""
    if length.minutes <= first.minutes or first.peak_mb is None or length.peak_mb is None:
        return ""
    slope = (length.peak_mb - first.peak_mb) / (length.minutes - first.minutes)
    return f"{length.peak_mb + slope * (60 - length.minutes):.0f}"
