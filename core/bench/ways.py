"""The ways of estimating that the benchmark compares, each a whole process from a video file to a motion file."""

import json
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..errors import EngineError
from ..protocol import Result, decode_event
from .measured_process import measure

ROOT: Final = Path(__file__).resolve().parents[2]
SCRIPT: Final = ROOT / "core" / "training" / "evaluation" / "mediapipe_pose.py"
"""The rendered benchmark's; named by its path, because that package imports torch."""
OURS: Final[Mapping[str, tuple[str, ...]]] = {
    "balanced": (),
    "full": ("--model", "full"),
    "fast": ("--quality", "fast"),
}
MEDIAPIPE: Final[Mapping[str, str]] = {"MediaPipe heavy": "heavy", "MediaPipe full": "full"}


@dataclass(frozen=True)
class Run:
    """One run.

    Attributes:
        wall_s: of the whole process, its start included.
        work_s: of finding, following and posing, decoding included, networks loaded before.
        peak_mb: largest memory, children included.
        stages: busy seconds of each stage; stages overlap.
    """

    wall_s: float
    work_s: float
    peak_mb: float | None
    stages: Mapping[str, float] = field(default_factory=dict)


def run_ours(video: Path, options: tuple[str, ...]) -> Run:
    """Run our command line on a video.

    Raises:
        EngineError: it failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        output = str(Path(folder) / "motion.npz")
        arguments = ["estimate", str(video), "--output", output, "--json", *options]
        measured = measure([sys.executable, "-m", "core", *arguments], ROOT)
    events = [decode_event(line) for line in measured.stdout.splitlines()]
    result = next((event for event in events if isinstance(event, Result)), None)
    if result is None:
        raise EngineError("Our own command gave no result.")
    work_s = sum(result.seconds.get(stage, 0.0) for stage in ("track", "estimate", "write"))
    return Run(measured.wall_s, work_s, measured.peak_mb, result.seconds)


def run_mediapipe(video: Path, model: str, python: Path) -> Run:
    """Run MediaPipe on a video in its own environment.

    Raises:
        EngineError: it failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "landmarks.npz"
        measured = measure([str(python), str(SCRIPT), str(video), str(output), "--model", model], ROOT)
        with np.load(output, allow_pickle=False) as archive:
            seconds = float(archive["seconds"])
            stages = {"decode": float(archive["decode_seconds"])}
    return Run(measured.wall_s, seconds, measured.peak_mb, stages)


def package_versions(python: Path) -> dict[str, Any]:
    """Return the versions of what matters in an environment, by package; packages that it lacks are left out."""
    names = ("numpy", "onnxruntime", "opencv-python-headless", "opencv-contrib-python", "scipy", "mediapipe")
    code = (
        "import importlib.metadata as m, json, platform\n"
        "found = {'Python': platform.python_version()}\n"
        f"for name in {names}:\n"
        "    try: found[name] = m.version(name)\n"
        "    except m.PackageNotFoundError: pass\n"
        "print(json.dumps(found))"
    )
    found: dict[str, Any] = json.loads(measure([str(python), "-c", code], ROOT).stdout)
    return found
