"""MediaPipe Pose on the rendered videos: run in an environment of its own, kept beside the videos."""

import subprocess
import zipfile
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...errors import EngineError
from ...models.weights import file_sha256
from ...whole_file import whole_file
from .rendered_tracks import PredictedTrack, savgol_track
from .rendered_truth import ShotTruth

SCRIPT: Final = Path(__file__).with_name("mediapipe_pose.py")
MODELS: Final = ("heavy", "full")
SMOOTHED: Final = ", Savitzky-Golay 350 ms"


def baseline_names() -> tuple[str, ...]:
    """Return the baselines' names, in the order of the tables."""
    return tuple(f"MediaPipe {model}{suffix}" for model in MODELS for suffix in ("", SMOOTHED))


def baseline_tracks(video: Path, truth: ShotTruth, mediapipe_python: Path) -> dict[str, PredictedTrack]:
    """Return what each baseline says about a video, by name; world landmarks, which have no place.

    Args:
        mediapipe_python: the interpreter of an environment that holds mediapipe.
    Raises:
        EngineError: MediaPipe could not be run.
    """
    tracks: dict[str, PredictedTrack] = {}
    for model in MODELS:
        found = mediapipe_landmarks(video, model, mediapipe_python)
        raw = _track(found, truth.frame_count)
        name = f"MediaPipe {model}"
        tracks |= {name: raw, name + SMOOTHED: savgol_track(raw, truth.frame_rate_hz)}
    return tracks


def mediapipe_landmarks(video: Path, model: str, mediapipe_python: Path) -> dict[str, NDArray[Any]]:
    """Return what mediapipe_pose.py wrote about a video; from the file beside it where the video is still the same.

    Raises:
        EngineError: MediaPipe could not be run.
    """
    cached = video.with_name(f"{video.stem}_mediapipe_{model}.npz")
    video_sha256 = file_sha256(video)
    kept = _read_cached(cached, video_sha256)
    if kept is not None:
        return kept
    with whole_file(cached) as partial:
        _run_script(video, partial, model, mediapipe_python)
        with np.load(partial, allow_pickle=False) as archive:
            found = dict(archive)
        np.savez_compressed(partial, allow_pickle=False, **found, video_sha256=np.array(video_sha256))
    return found


def _read_cached(path: Path, video_sha256: str) -> dict[str, NDArray[Any]] | None:
    """Return the file's arrays, None where it is missing, damaged or of another video."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = dict(archive)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        return None
    return arrays if str(arrays.pop("video_sha256", "")) == video_sha256 else None


def _run_script(video: Path, output: Path, model: str, mediapipe_python: Path) -> None:
    command = [str(mediapipe_python), str(SCRIPT), str(video), str(output), "--model", model]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise EngineError(f"{mediapipe_python} cannot be started ({error.strerror}).", _HINT) from error
    if answer.returncode:
        last_line = (answer.stderr.strip().splitlines() or ["no message"])[-1]
        raise EngineError(f"MediaPipe failed on {video.name}: {last_line}", _HINT)


_HINT: Final = "docs/rendered_benchmark.md says how to make an environment for MediaPipe."


def _track(found: dict[str, NDArray[Any]], frame_count: int) -> PredictedTrack:
    """Return MediaPipe's rows as a track; a decoder may give a frame more or less than was written."""
    landmarks, world_landmarks = (_fit(found[name], frame_count) for name in ("landmarks", "world_landmarks"))
    frames_per_second = len(found["landmarks"]) / max(float(found["seconds"]), 1e-9)
    return PredictedTrack(world_landmarks, landmarks[..., :2], None, None, frames_per_second)


def _fit(rows: NDArray[Any], frame_count: int) -> NDArray[np.float64]:
    fitted = np.full((frame_count, *rows.shape[1:]), np.nan)
    fitted[: len(rows)] = rows[:frame_count]
    return fitted
