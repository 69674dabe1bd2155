"""What the user asked for, as frozen dataclasses; numbers that are not the user's to choose live beside their code."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Backbone = Literal["blazepose", "pare", "onnx"]
BlazePoseModel = Literal["heavy", "full"]
Quality = Literal["fast", "balanced", "best"]
Device = Literal["auto", "cpu", "cuda", "mps"]
EngineName = Literal["auto", "onnx", "torch"]
Root = Literal["refined", "weak"]
Detector = Literal["auto", "blazepose", "nanodet", "yolo"]


@dataclass(frozen=True)
class EstimateSettings:
    """Options of `python -m core estimate`; names follow the command line.

    Note: `start` and `end` are 0-based source frames, the end exclusive, None for the whole video.
    `people` is `main`, `all`, or a comma-separated list of people: each a 1-based rank in order of size times screen
    time, or a place `FRAME@X:Y`, or pieces of both `PIECE+PIECE`, each perhaps with its frames as in `1[0:45]+3[45:]`
    (core/wanted_people.py).
    `window` is `track` (state carried over the whole track) or a sliding window's length in frames.
    `model` is the landmark network where it is not the one of `quality` (core/quality.py).
    `root` is `refined` (the whole-track fit, for the bundled backbone) or `weak` (each frame's weak camera, smoothed).
    `detector` finds people: `auto` is the user's YOLO where `detector_weights` are given, else both bundled ones.
    `threads` are a network's processor threads, None for the usual number.
    `checkpoint` and `temporal_weights` belong to the backbone `pare`, `network` to `onnx`, `smpl` to both.
    """

    video: Path
    output: Path
    start: int = 0
    end: int | None = None
    people: str = "main"
    backbone: Backbone = "blazepose"
    quality: Quality = "balanced"
    model: BlazePoseModel | None = None
    checkpoint: Path | None = None
    smpl: Path | None = None
    temporal_weights: Path | None = None
    network: Path | None = None
    device: Device = "auto"
    engine: EngineName = "auto"
    threads: int | None = None
    window: str = "track"
    root: Root = "refined"
    focal_length_px: float | None = None
    focal_length_35mm: float | None = None
    detector: Detector = "auto"
    detector_weights: Path | None = None
    overlay: Path | None = None


@dataclass(frozen=True)
class PeopleSettings:
    """Options of `python -m core people`; see EstimateSettings.

    Note: `thumbnails` is a folder for one picture of each person; None for no pictures.
    """

    video: Path
    thumbnails: Path | None = None
    start: int = 0
    end: int | None = None
    quality: Quality = "fast"
    model: BlazePoseModel | None = None
    device: Device = "auto"
    engine: EngineName = "auto"
    threads: int | None = None
    detector: Detector = "auto"
    detector_weights: Path | None = None


TrackingSettings = EstimateSettings | PeopleSettings
"""What finding and following people needs to know."""
