"""`python -m core evaluate --benchmark rendered`: people rendered with exact truth, estimated by the released command.

Runs `estimate` and MediaPipe on every video, scores both, and writes rendered.json and rendered.md.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import MotionDataError
from ...whole_file import whole_file
from ..output_folder import make_folder
from .rendered_baselines import baseline_names, baseline_tracks
from .rendered_estimates import estimate_video
from .rendered_look import write_look
from .rendered_scores import ShotScores, score_shot
from .rendered_tables import OURS, TRUTH, ShotsOfWay, kind_tables, markdown, rendered_tables, scores_as_json
from .rendered_tracks import PredictedTrack, match_person, track_of_motion, track_of_truth
from .rendered_truth import ShotTruth, load_truth, truth_path

Report = Callable[[str], None]
WITHOUT_MEDIAPIPE = "The baselines were left out: no --mediapipe-python was given."


@dataclass(frozen=True)
class RenderedOptions:
    """What to run.

    Attributes:
        videos: folder of the rendered videos.
        output: folder for tables and motion files.
        mediapipe_python: interpreter of an environment with mediapipe, None for no baselines.
        estimate_options: further options of `estimate`.
        shots: names of the shots to take, empty for all.
        look: folder for a picture of each shot with our body drawn over it, or None.
    """

    videos: Path
    output: Path
    mediapipe_python: Path | None = None
    estimate_options: tuple[str, ...] = ()
    shots: tuple[str, ...] = ()
    look: Path | None = None


def score_videos(options: RenderedOptions, report: Report) -> str:
    """Score every rendered video in a folder; return the tables' text.

    Raises:
        MotionDataError: there is no rendered video, or a truth's file cannot be used.
        EngineError, JointwiseError: MediaPipe or our own command failed.
        OutputError: a folder or a table cannot be written.
    """
    for folder in (options.output, options.look):
        if folder is not None:
            make_folder(folder)
    scores: dict[str, dict[str, ShotScores]] = {way: {} for way in _ways(options)}
    kinds = {}
    for video in find_videos(options.videos, options.shots):
        people = load_truth(video)
        kinds[video.stem] = people[0].kind
        for way, score in _score_video(video, people, options).items():
            scores[way][video.stem] = score
        ours = scores[OURS][video.stem]
        report(f"{video.stem}: MPJPE {ours.mpjpe_mm:.1f} mm, PA {ours.pa_mpjpe_mm:.1f} mm")
    return _write(scores, kinds, options)


def find_videos(folder: Path, names: Sequence[str] = ()) -> list[Path]:
    """Return the videos of a folder that have a truth beside them, by name; only the named ones, if any are named.

    Raises:
        MotionDataError: there is none, or one of the names is not among them.
    """
    videos = {path.stem: path for path in sorted(folder.glob("*.mp4")) if truth_path(path).is_file()}
    unknown = sorted(set(names) - set(videos))
    if unknown or not videos:
        what = f"the rendered video {unknown[0]}" if unknown else "a rendered video with its truth"
        raise MotionDataError(f"{folder} does not hold {what}.", "Render the videos first.")
    return [video for name, video in videos.items() if not names or name in names]


def _ways(options: RenderedOptions) -> tuple[str, ...]:
    baselines = baseline_names() if options.mediapipe_python else ()
    return (*baselines, OURS, TRUTH)


def _score_video(video: Path, people: list[ShotTruth], options: RenderedOptions) -> dict[str, ShotScores]:
    """Return everybody's scores on one video, each against the person whom their track shows."""
    tracks = baseline_tracks(video, people[0], options.mediapipe_python) if options.mediapipe_python else {}
    tracks |= {OURS: _our_track(video, people[0], options), TRUTH: track_of_truth(people[0])}
    return {way: score_shot(track, people[match_person(track.keypoints2d_px, people)]) for way, track in tracks.items()}


def _our_track(video: Path, truth: ShotTruth, options: RenderedOptions) -> PredictedTrack:
    found = estimate_video(video, options.output / f"{video.stem}.npz", options.estimate_options)
    if found is None:
        return _empty_track(truth.frame_count)
    motion, seconds = found
    if options.look is not None:
        write_look(video, motion, options.look / f"{video.stem}.jpg")
    return track_of_motion(motion, truth.frame_count, len(motion.frame_ids) / max(seconds, 1e-9))


def _empty_track(frame_count: int) -> PredictedTrack:
    """Return the track of nobody."""

    def nothing(*shape: int) -> NDArray[np.float64]:
        return np.full((frame_count, *shape), np.nan)

    return PredictedTrack(nothing(33, 3), nothing(33, 2), nothing(24, 3, 3), nothing(3), float("nan"))


def _write(scores: dict[str, dict[str, ShotScores]], kinds: dict[str, str], options: RenderedOptions) -> str:
    """Write rendered.md and rendered.json; return the text."""
    ways: dict[str, ShotsOfWay] = dict(scores)
    tables = rendered_tables(ways, kinds)
    further = [table for way in ways if way != OURS for table in kind_tables(way, ways, kinds)]
    note = "" if options.mediapipe_python else WITHOUT_MEDIAPIPE
    header: dict[str, Any] = {"estimate_options": list(options.estimate_options), "kinds": kinds, "note": note}
    with whole_file(options.output / "rendered.json") as partial:
        partial.write_text(json.dumps({**header, "scores": scores_as_json(ways, kinds)}, indent=1), encoding="utf-8")
    with whole_file(options.output / "rendered.md") as partial:
        partial.write_text("\n".join([*map(markdown, [*tables, *further]), note]), encoding="utf-8")
    return "\n\n".join([*(table.text() for table in tables), note]).rstrip()
