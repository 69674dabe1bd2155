"""The whole story of `estimate`: video, people, motion, overlay, files. Called by the command line only."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from .body_model import BodyModel, load_open_body
from .cancellation import Cancellation
from .decomposed_estimator import DecomposedEstimator
from .errors import OptionError, OutputError
from .focal_length import choose_focal_length_px
from .lens_metadata import read_focal_length_35mm
from .models.engine import Network, load_network
from .motion import Motion, load_motion, save_motion
from .overlay import write_overlay
from .people import choose_people, parse_people, person_path
from .person_tracker import PersonTracker, Track
from .protocol import Result, Status, Warning
from .provenance import describe_run
from .reporting import Reporter, StageProgress
from .settings import EstimateSettings
from .track_motion import View, estimate_motion
from .video import VideoReader
from .whole_file import whole_file


class EstimateJob:
    """One run of `estimate`; holds what all its stages share."""

    def __init__(self, settings: EstimateSettings, reporter: Reporter, cancellation: Cancellation) -> None:
        self._settings = settings
        self._reporter = reporter
        self._cancellation = cancellation
        self._warnings: list[Warning] = []
        self._seconds: dict[str, float] = {}
        self._networks: dict[str, Network] = {}

    def run(self) -> Result:
        """Estimate and write everything.

        Raises:
            OptionError, VideoError, OutputError, WeightsError, EngineError: see each; nothing was written.
            NobodyFoundError: no person, or not the one asked for.
            CancelledError: the user stopped it; nothing was written.
        """
        settings = self._settings
        check_settings(settings)
        with VideoReader(settings.video, settings.start, settings.end) as video:
            view = self._choose_view(video)
            with self._timed("track"):
                tracks = self._track_people(video)
            for warning in video.warnings:
                self._warn(warning)
        chosen = choose_people(tracks, settings.people, settings.video)
        body = load_open_body()
        with self._timed("estimate"):
            motions = self._estimate_motions(chosen, view, body)
        with whole_file(settings.overlay) if settings.overlay else nullcontext() as overlay:
            if overlay:
                self._write_overlay(overlay, motions, body)
            paths = self._save(motions)
        return Result(tuple(map(str, paths)), str(settings.overlay) if settings.overlay else None, self._seconds)

    def _choose_view(self, video: VideoReader) -> View:
        info, settings = video.info, self._settings
        focal_length_px, source = choose_focal_length_px(
            (info.width, info.height),
            settings.focal_length_px,
            settings.focal_length_35mm,
            read_focal_length_35mm(settings.video),
        )
        self._focal_length_source, self._rotation_deg = source, info.rotation_deg
        return View(focal_length_px, (info.width, info.height), info.frame_rate_hz)

    def _track_people(self, video: VideoReader) -> list[Track]:
        tracker = self._make_tracker()
        progress = StageProgress(self._reporter, "track", self._expected_frame_count(video))
        for done, frame in enumerate(video, start=1):
            self._cancellation.check()
            tracker.update(frame)
            progress.update(done)
        return tracker.finish()

    def _make_tracker(self) -> PersonTracker:
        landmarks = self._network(f"blazepose_{self._settings.model}")
        if self._settings.detector_weights is None:
            return PersonTracker(self._network("blazepose_detector"), landmarks)
        from .yolo_detector import YoloDetector

        return PersonTracker(YoloDetector(self._settings.detector_weights), landmarks)

    def _expected_frame_count(self, video: VideoReader) -> int:
        settings, total = self._settings, video.info.frame_count
        last = min(value for value in (settings.end, total) if value) if settings.end or total else 0
        return max(last - settings.start, 0)

    def _estimate_motions(self, tracks: list[Track], view: View, body: BodyModel) -> list[Motion]:
        settings = self._settings
        estimator = DecomposedEstimator(self._network("open_lifter"), self._network("open_temporal"))
        motions = []
        for position, track in enumerate(tracks):
            self._cancellation.check()
            self._reporter.emit(Status("estimate", position, len(tracks)))
            self._warn_about_gaps(track, position)
            metadata = describe_run(settings, self._focal_length_source, self._networks, self._warnings)
            # Players that ignore the video's rotation mark must turn it themselves.
            metadata["video_rotation_deg"] = self._rotation_deg
            motions.append(estimate_motion(track, view, estimator, body, settings.window, metadata))
        return motions

    def _write_overlay(self, path: Path, motions: list[Motion], body: BodyModel) -> None:
        settings = self._settings
        with self._timed("overlay"), VideoReader(settings.video, settings.start, settings.end) as video:
            progress = StageProgress(self._reporter, "overlay", self._expected_frame_count(video))
            write_overlay(path, video, motions, body, self._cancellation, progress)

    def _save(self, motions: list[Motion]) -> list[Path]:
        """Write all motion files; when one fails, those already written go too."""
        self._cancellation.check()
        paths = [person_path(self._settings.output, position, len(motions)) for position in range(len(motions))]
        written: list[Path] = []
        try:
            for motion, path in zip(motions, paths, strict=True):
                save_motion(motion, path)
                written.append(path)
        except OutputError:
            for path in written:
                path.unlink(missing_ok=True)
            raise
        return paths

    def _network(self, name: str) -> Network:
        settings = self._settings
        self._networks[name] = load_network(name, engine=settings.engine, device=settings.device, threads=2)
        return self._networks[name]

    def _warn(self, warning: Warning) -> None:
        self._warnings.append(warning)
        self._reporter.emit(warning)

    def _warn_about_gaps(self, track: Track, position: int) -> None:
        missing = int(track.frame_ids[-1] - track.frame_ids[0]) + 1 - len(track.frame_ids)
        if missing:
            self._warn(
                Warning(
                    "gaps", f"Person {position + 1} was not seen in {missing} frames in between; they have no keys."
                )
            )

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        started_s = time.monotonic()
        yield
        self._seconds[stage] = round(time.monotonic() - started_s, 2)


def check_settings(settings: EstimateSettings) -> None:
    """Raise OptionError or OutputError for what can be known to be wrong before any work is done."""
    parse_people(settings.people)
    if settings.backbone != "blazepose":
        raise OptionError(f"This version has no {settings.backbone} backbone yet.", "Use --backbone blazepose.")
    for name, value in (("--checkpoint", settings.checkpoint), ("--smpl", settings.smpl)):
        if value is not None:
            raise OptionError(f"{name} belongs to the pare backbone, which this version does not have yet.")
    if settings.start < 0 or (settings.end is not None and settings.end <= settings.start):
        raise OptionError(
            f"The frame range {settings.start} to {settings.end} is empty.",
            "The end must be greater than the start; it is the first frame that is not used.",
        )
    if settings.window != "track" and not (settings.window.isdigit() and int(settings.window) >= 2):
        raise OptionError(f"--window cannot be '{settings.window}'.", "Use track, or a number of frames such as 16.")
    check_output(settings.output, ".npz")
    if settings.overlay is not None:
        check_output(settings.overlay, ".mp4")


def check_output(path: Path, suffix: str) -> None:
    """Raise unless a file of this name could be written there now."""
    if path.suffix.lower() != suffix:
        raise OptionError(f"The output {path.name} must end in {suffix}.")
    if not path.parent.is_dir():
        raise OutputError(f"The folder {path.parent} does not exist.", "Make it first, or choose another one.")
    if path.is_dir():
        raise OutputError(f"{path} is a folder.", "Give the name of a file.")
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".jointwise-"):
            pass
    except OSError as error:
        raise OutputError(
            f"The folder {path.parent} cannot be written ({error.strerror}).", "Choose another folder."
        ) from error


def draw_overlay(
    video: Path, motion_paths: list[Path], output: Path, reporter: Reporter, cancellation: Cancellation
) -> None:
    """Draw motion files over their video and report the result.

    Raises:
        MotionFileError, VideoError, OptionError, OutputError: an input or the output cannot be used.
    """
    check_output(output, ".mp4")
    motions = [load_motion(path) for path in motion_paths]
    with VideoReader(video) as reader, whole_file(output) as partial:
        progress = StageProgress(reporter, "overlay", reader.info.frame_count or 0)
        write_overlay(partial, reader, motions, load_open_body(), cancellation, progress)
    reporter.emit(Result((), str(output)))


def estimate(settings: EstimateSettings, reporter: Reporter, cancellation: Cancellation) -> dict[str, Any]:
    """Run one job and report its result; return the seconds of each stage."""
    result = EstimateJob(settings, reporter, cancellation).run()
    reporter.emit(result)
    return dict(result.seconds)
