"""What `python -m core bench` does: makes the clips, runs all ways in turn, writes the tables."""

import argparse
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from ..errors import OptionError
from ..video import probe_video
from ..whole_file import whole_file
from .clips import EXCERPT, SIZES, make_clip
from .length import measure_lengths
from .pairs import Way, run_in_turn
from .report import clip_tables, header
from .ways import MEDIAPIPE, OURS, package_versions, run_mediapipe, run_ours

Report = Callable[[str], None]


def run_bench(options: argparse.Namespace, report: Report) -> None:
    """Measure what the options ask for, print the tables, and write them.

    Raises:
        OptionError: a number that is not greater than 0.
        VideoError, OutputError, EngineError: see the parts.
    """
    if options.frames < 1 or options.rounds < 1 or min(options.length or [1]) <= 0:
        raise OptionError("Frames, rounds and minutes must be greater than 0.")
    with tempfile.TemporaryDirectory() as folder:
        text = _tables(options, Path(folder), report)
    print(text)
    if options.output is not None:
        with whole_file(options.output) as path:
            path.write_text(text + "\n", encoding="utf-8")


def _tables(options: argparse.Namespace, folder: Path, report: Report) -> str:
    python = options.mediapipe_python
    versions = {"ours": package_versions(Path(sys.executable))}
    if options.length:
        source = options.video or EXCERPT
        text = measure_lengths(source, folder, sorted(options.length), ("--quality", "fast"), report)
        return f"{header(1, versions)}\n\n{text}"
    if python is not None:
        versions["MediaPipe"] = package_versions(python)
    parts = []
    for name, clip in _clips(options, folder).items():
        report(f"{name}:")
        runs = run_in_turn(_ways(clip, options.ways or list(OURS), python), options.rounds, report)
        parts.append(clip_tables(name, probe_video(clip).frame_count or options.frames, runs))
    return "\n\n".join([header(options.rounds, versions), *parts])


def _clips(options: argparse.Namespace, folder: Path) -> dict[str, Path]:
    if options.video is not None:
        return {options.video.name: options.video.resolve()}
    clips = {name: folder / f"{name}.mp4" for name in options.clips or SIZES}
    for name, path in clips.items():
        make_clip(EXCERPT, path, SIZES[name], options.frames)
    return clips


def _ways(clip: Path, names: list[str], python: Path | None) -> dict[str, Way]:
    ways: dict[str, Way] = {}
    if python is not None:
        ways |= {name: partial(run_mediapipe, clip, model, python) for name, model in MEDIAPIPE.items()}
    return ways | {f"ours, {name}": partial(run_ours, clip, OURS[name]) for name in names}
