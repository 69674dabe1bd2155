"""The whole story of `estimate`: video, people, motion, overlay, files. Called by the command line only."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from .backbones import backbone_loaders, backbone_warnings, device_warnings, licence_of, make_estimator, tracker_loaders
from .between_looks import fill_between_looks
from .body_model import BodyModel
from .camera_motion import CameraMotion, CameraWatch
from .cancellation import Cancellation
from .crop_backbone import CropModel, CropOutputs, run_on_tracks
from .focal_length import choose_focal_length_px
from .gap_filling import fill_short_gaps, leave_out_unsure
from .left_right_repair import repair_left_right
from .lens_metadata import read_focal_length_35mm
from .models.devices import describe_device
from .motion import Motion, write_motion
from .output_paths import person_path
from .overlay import write_overlay
from .people import choose_people
from .person_tracker import LOOK_AHEAD, Track
from .protocol import Device, Result, Status, Warning
from .provenance import describe_run
from .quality import look_every
from .read_ahead import ReadAhead
from .reporting import Reporter, StageProgress
from .settings import EstimateSettings
from .settings_check import check_settings, read_window
from .stage_times import StageTimes, time_networks
from .track_motion import motion_of_track
from .track_poses import TrackEstimator
from .track_warnings import camera_warnings, gap_warnings
from .video import VideoReader
from .video_pass import expected_frame_count, load_networks, make_tracker, open_video
from .view import View
from .wanted_people import parse_people
from .whole_file import whole_file


class EstimateJob:
    """One run of `estimate`; holds what all its stages share."""

    def __init__(self, settings: EstimateSettings, reporter: Reporter, cancellation: Cancellation) -> None:
        self._settings = settings
        self._reporter = reporter
        self._cancellation = cancellation
        self._warnings: list[Warning] = []
        self._seconds: dict[str, float] = {}
        self._times = StageTimes()
        self._networks: dict[str, Any] = {}

    def run(self) -> Result:
        """Estimate and write everything.

        Raises:
            OptionError, VideoError, OutputError, WeightsError, EngineError: see each; nothing was written.
            NobodyFoundError: no person, or not the one asked for.
            CancelledError: the user stopped it; nothing was written.
        """
        settings = self._settings
        check_settings(settings)
        with self._open_video() as video:
            view = self._choose_view(video)
            video.every = look_every(settings, view.frame_rate_hz)
            estimator = self._load_networks()
            self._reporter.emit(Device(describe_device(self._networks.values())))
            for warning in backbone_warnings(settings, self._networks):
                self._warn(warning)
            with self._timed("track"):
                tracks, camera = self._track_people(video)
            for warning in [*video.warnings, *camera_warnings(camera)]:
                self._warn(warning)
            self._warn_of_devices()
            frame_times_s = video.timestamps_s
        view = replace(view, is_still=not camera.is_moving)
        chosen = choose_people(tracks, settings.people, settings.video, view.image_size)
        if len(chosen) < len(parse_people(settings.people) or ()):
            self._warn(
                Warning("same_person", "Some of the people who were asked for turned out to be the same person.")
            )
        rate_hz = view.frame_rate_hz
        chosen = {rank: leave_out_unsure(track, rate_hz) for rank, track in chosen.items()}
        # Sides are repaired afterwards: what that weighs is the movement from one frame to the next.
        chosen = {rank: fill_between_looks(track, video.every, frame_times_s) for rank, track in chosen.items()}
        chosen, swaps = _repair_sides(chosen)
        chosen = {rank: fill_short_gaps(track, rate_hz) for rank, track in chosen.items()}
        crop_outputs = self._look_again(estimator.crop_model, chosen)
        with self._timed("estimate"):
            motions = self._estimate_motions(chosen, crop_outputs, view, estimator, swaps)
        self._warn_of_devices()
        with self._times.busy("write"):
            paths = self._write(motions, estimator.body)
        seconds = {**self._times.rounded(), **self._seconds}
        return Result(tuple(map(str, paths)), str(settings.overlay) if settings.overlay else None, seconds)

    def _open_video(self) -> VideoReader:
        return open_video(self._settings, self._reporter, self._cancellation)

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

    def _load_networks(self) -> TrackEstimator:
        """Load all networks before the long work, so that a missing or outdated one is said at once."""
        loaders = {**tracker_loaders(self._settings), **backbone_loaders(self._settings)}
        self._networks = time_networks(load_networks(loaders, self._reporter, self._cancellation), self._times)
        return make_estimator(self._settings, self._networks)

    def _track_people(self, video: VideoReader) -> tuple[list[Track], CameraMotion]:
        tracker, camera = make_tracker(self._settings, self._networks), CameraWatch()
        tracker.every = video.every
        progress = StageProgress(self._reporter, "track", expected_frame_count(self._settings, video))
        # Where frames are left out, people move too far from one look to the next to look two looks ahead.
        together = LOOK_AHEAD if video.every == 1 else 1
        with ReadAhead(video, together, self._times) as groups:
            for frames in groups:
                self._cancellation.check()
                tracker.update_together(frames)
                for frame in frames:
                    camera.see(frame, tracker.boxes_px)
                progress.update(frames[-1].index + 1 - self._settings.start)
        self._cancellation.check()
        return tracker.finish(), camera.finish()

    def _look_again(self, crop_model: CropModel | None, tracks: dict[int, Track]) -> dict[int, CropOutputs | None]:
        """Return what a backbone that looks at crops says about each person, in a second pass over the video."""
        if crop_model is None:
            return dict.fromkeys(tracks)
        last_frame_id = max(int(track.frame_ids[-1]) for track in tracks.values())
        with self._timed("backbone"), self._open_video() as video:
            progress = StageProgress(self._reporter, "backbone", last_frame_id + 1 - self._settings.start)

            def report(done: int) -> None:
                self._cancellation.check()
                progress.update(done)

            outputs = run_on_tracks(crop_model, video, list(tracks.values()), video.info.frame_rate_hz, report)
        return dict(zip(tracks, outputs, strict=True))

    def _estimate_motions(
        self,
        tracks: dict[int, Track],
        crop_outputs: dict[int, CropOutputs | None],
        view: View,
        estimator: TrackEstimator,
        swaps: dict[int, list[int]],
    ) -> dict[int, Motion]:
        """Return the motion of each person by rank."""
        window, of_the_video = read_window(self._settings.window), list(self._warnings)
        motions: dict[int, Motion] = {}
        for rank, track in tracks.items():
            self._cancellation.check()
            self._reporter.emit(Status("estimate", len(motions), len(tracks)))
            of_the_person = gap_warnings(track, f"Person {rank}")
            for warning in of_the_person:
                self._warn(warning)
            poses = estimator.estimate(track, crop_outputs[rank], view, window)
            metadata = {
                **self._describe([*of_the_video, *of_the_person]),
                "left_right_repaired_frames": swaps[rank],
                "filled_frames": track.frame_ids[track.is_filled].tolist(),
                "is_smoothed": poses.wants_smoothing,
                "is_camera_moving": not view.is_still,
            }
            root, check = self._settings.root, self._cancellation.check
            with self._times.busy("refine"):
                motions[rank] = motion_of_track(track, poses, view, estimator.body, metadata, root, check)
        return motions

    def _describe(self, warnings: list[Warning]) -> dict[str, Any]:
        """Return the metadata that all people share, with the warnings of one."""
        return {
            **describe_run(self._settings, self._focal_length_source, self._networks, warnings),
            "licence": licence_of(self._settings.backbone, self._networks),
            # Players that ignore the video's rotation mark must turn it themselves.
            "video_rotation_deg": self._rotation_deg,
        }

    def _write(self, motions: dict[int, Motion], body: BodyModel) -> list[Path]:
        """Write the overlay and all motion files; all of them get their names at the end, the first person's last."""
        settings = self._settings
        _, *others = motions
        paths = [settings.output, *(person_path(settings.output, rank) for rank in others)]
        with ExitStack() as files:
            if settings.overlay:
                overlay = files.enter_context(whole_file(settings.overlay))
                self._write_overlay(overlay, list(motions.values()), body)
            for motion, path in zip(motions.values(), paths, strict=True):
                self._cancellation.check()
                write_motion(motion, files.enter_context(whole_file(path)))
            self._cancellation.check()
        return paths

    def _write_overlay(self, path: Path, motions: list[Motion], body: BodyModel) -> None:
        with self._timed("overlay"), self._open_video() as video:
            progress = StageProgress(self._reporter, "overlay", expected_frame_count(self._settings, video))
            write_overlay(path, video, [(motion, body) for motion in motions], self._cancellation, progress)

    def _warn_of_devices(self) -> None:
        for warning in device_warnings(self._networks):
            if warning not in self._warnings:
                self._warn(warning)

    def _warn(self, warning: Warning) -> None:
        self._warnings.append(warning)
        self._reporter.emit(warning)

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        started_s = time.monotonic()
        yield
        self._seconds[stage] = round(time.monotonic() - started_s, 2)


def _repair_sides(tracks: dict[int, Track]) -> tuple[dict[int, Track], dict[int, list[int]]]:
    """Return the tracks with left and right repaired, and the source frames in which something was renamed."""
    repaired = {rank: repair_left_right(track) for rank, track in tracks.items()}
    swaps = {rank: track.frame_ids[labels > 0].tolist() for rank, (track, labels) in repaired.items()}
    return {rank: track for rank, (track, _) in repaired.items()}, swaps


def estimate(settings: EstimateSettings, reporter: Reporter, cancellation: Cancellation) -> dict[str, Any]:
    """Run one job and report its result; return the seconds of each stage."""
    result = EstimateJob(settings, reporter, cancellation).run()
    reporter.emit(result)
    return dict(result.seconds)
