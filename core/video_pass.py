"""A pass over the frames of the user's video: opening it, its networks, its tracker, with progress and cancel.

Shared by the commands that follow people (core/pipeline.py, core/people_scan.py).
"""

from collections.abc import Mapping
from typing import Any

from .backbones import Loader
from .blazepose_detector import BlazePoseDetector
from .cancellation import Cancellation
from .combined_detector import CombinedDetector
from .mirror_averaging import MirrorAveraged
from .nanodet_detector import NanoDetDetector
from .person_tracker import PersonDetector, PersonTracker
from .protocol import Status
from .quality import QUALITIES, landmark_model
from .reporting import Reporter, StageProgress
from .settings import EstimateSettings, TrackingSettings
from .video import VideoReader


def open_video(settings: TrackingSettings, reporter: Reporter, cancellation: Cancellation) -> VideoReader:
    """Return a reader of the wanted frames; the way to a late first one is reported and can be cancelled.

    Raises:
        OptionError, VideoError: see VideoReader.
    """
    progress: list[StageProgress] = []

    def report_skip(frame_id: int) -> None:
        cancellation.check()
        if not progress:
            progress.append(StageProgress(reporter, "skip", settings.start))
        progress[0].update(frame_id + 1)

    return VideoReader(settings.video, settings.start, settings.end, report_skip)


def expected_frame_count(settings: TrackingSettings, video: VideoReader) -> int:
    """Return how many frames a pass will see, as far as the header says; 0 where it does not."""
    total = video.info.frame_count
    last = min(value for value in (settings.end, total) if value) if settings.end or total else 0
    return max(last - settings.start, 0)


def load_networks(loaders: Mapping[str, Loader], reporter: Reporter, cancellation: Cancellation) -> dict[str, Any]:
    """Load all networks and return them by name.

    Raises:
        WeightsError, EngineError, OptionError: one of them cannot be used.
    """
    networks = {}
    for done, (name, load) in enumerate(loaders.items()):
        cancellation.check()
        reporter.emit(Status("load", done, len(loaders)))
        networks[name] = load()
    cancellation.check()
    return networks


def make_tracker(settings: TrackingSettings, networks: Mapping[str, Any]) -> PersonTracker:
    """Return the tracker of the networks that `tracker_loaders` loaded."""
    landmarks = networks[f"blazepose_{landmark_model(settings)}"]
    if QUALITIES[settings.quality].is_mirror_averaged:
        landmarks = MirrorAveraged(landmarks)
    return PersonTracker(_make_detector(settings, networks, landmarks.device), landmarks)


def _make_detector(settings: TrackingSettings, networks: Mapping[str, Any], device: str) -> PersonDetector:
    if settings.detector_weights is not None:
        from .yolo_detector import YoloDetector

        return YoloDetector(settings.detector_weights, device)
    if settings.detector == "nanodet":
        return NanoDetDetector(networks["nanodet_detector"])
    blazepose = BlazePoseDetector(networks["blazepose_detector"])
    if settings.detector == "blazepose":
        return blazepose
    # Whoever is asked for by name or place may be anybody.
    wants_everyone = not isinstance(settings, EstimateSettings) or settings.people != "main"
    return CombinedDetector(blazepose, NanoDetDetector(networks["nanodet_detector"]), wants_everyone=wants_everyone)
