"""The benchmark's tables, in Markdown."""

import datetime
import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from .pairs import ratio
from .ways import MEDIAPIPE, Run

STAGES: Final = ("decode", "detect", "backbone", "temporal", "refine", "write")


def clip_tables(clip: str, frame_count: int, runs: Mapping[str, Sequence[Run]]) -> str:
    """Return the tables of one clip: each way's own figures, and its ratios to MediaPipe's."""
    head = ["way", "frames/s", "whole process, s", "peak memory, MB", *STAGES]
    rows = [[name, *_figures(frame_count, of_way)] for name, of_way in runs.items()]
    ratio_head = ["way", *(f"times {name}, {what}" for name in MEDIAPIPE for what in ("work", "whole process"))]
    ratios = [[name, *_ratios(runs, of_way)] for name, of_way in runs.items() if name not in MEDIAPIPE]
    parts = [f"### {clip}, {frame_count} frames", table(head, rows)]
    if all(name in runs for name in MEDIAPIPE):
        parts.append(table(ratio_head, ratios))
    return "\n\n".join(parts)


def _figures(frame_count: int, runs: Sequence[Run]) -> list[str]:
    work_s = statistics.median(run.work_s for run in runs)
    peaks = [run.peak_mb for run in runs if run.peak_mb is not None]
    stages = [_stage_ms(frame_count, [run.stages[stage] for run in runs if stage in run.stages]) for stage in STAGES]
    peak = f"{max(peaks):.0f}" if peaks else "unknown"
    return [f"{frame_count / work_s:.1f}", f"{statistics.median(run.wall_s for run in runs):.1f}", peak, *stages]


def _stage_ms(frame_count: int, seconds: Sequence[float]) -> str:
    return f"{1000 * statistics.median(seconds) / frame_count:.2f}" if seconds else ""


def _ratios(runs: Mapping[str, Sequence[Run]], ours: Sequence[Run]) -> list[str]:
    cells = []
    for name in MEDIAPIPE:
        theirs = runs[name]
        cells.append(str(ratio([run.work_s for run in theirs], [run.work_s for run in ours])))
        cells.append(str(ratio([run.wall_s for run in theirs], [run.wall_s for run in ours])))
    return cells


def header(rounds: int, versions: Mapping[str, Mapping[str, Any]]) -> str:
    """Return what the figures were measured with, when, and what else the machine did."""
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    packages = [f"{who}: {', '.join(f'{name} {value}' for name, value in of.items())}" for who, of in versions.items()]
    return "\n".join(
        [
            f"{datetime.datetime.now(datetime.UTC):%d %B %Y, %H:%M} UTC. {_processor()}, {os.cpu_count()} cores, "
            f"{platform.system()} {platform.machine()}. Load average at the end {load}: the benchmark's own is up to "
            f"{os.cpu_count()}, the rest is other work. {rounds} rounds.",
            "",
            *(f"- {line}" for line in packages),
        ]
    )


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown processor"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [list(head), ["---"] * len(head), *map(list, rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
