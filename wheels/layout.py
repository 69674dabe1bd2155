"""Where things are in the repository, and what the versions of Blender, Python and the platforms are called."""

import os
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
DEV_FOLDER: Final = ROOT / ".dev"
WHEEL_FOLDER: Final = Path(os.environ.get("JOINTWISE_WHEELS", DEV_FOLDER / "wheels"))
"""Where downloaded wheels are kept; the variable may name a folder that several checkouts share."""

LOCKS_FOLDER: Final = ROOT / "wheels" / "locks"
DIST_FOLDER: Final = ROOT / "dist"
ONNX_FOLDER: Final = ROOT / "core" / "assets" / "onnx"
WALK_EXCERPT: Final = ROOT / "tests" / "data" / "walk_excerpt.mp4"

BLENDER_PYTHONS: Final = {"4.2": "3.11", "4.5": "3.11", "5.0": "3.11", "5.1": "3.13", "5.2": "3.13"}
"""The Blender versions that the project is tested with, and the Python inside each."""

LEFT_OUT_BLENDERS: Final = ("4.5",)
"""Tested only when asked for, as each takes minutes: those between the oldest and the newest of their Python."""

DEMO_BLENDERS: Final = ("4.5", "5.2")
"""The Blender of the demo: the first whose Python is here."""

IS_WINDOWS: Final = sys.platform == "win32"
