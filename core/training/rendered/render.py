"""Renders shots to videos with their truth beside them.

For each shot `NAME.mp4` and `NAME_truth.npz` with P people (the first is the main one), T frames, camera axes +x right,
+y down, +z away, metres, pixels, radians:

    kind, frame_rate_hz, focal_length_px, image_size (w, h), moving_camera, floor_y (world, Y up)
    poses (P, T, 24, 3)       local axis-angle, the root's in camera axes
    pelvis_cam (P, T, 3)      the pelvis joint;  joints (P, T, 24, 3), landmarks (P, T, 33, 3) of the rendered body
    keypoints2d_px (P, T, 33, 2)
    hidden (P, T, 33)         the landmark is behind something, behind the own body, or out of the picture
    contacts (P, T, 4)        left heel, left toe, right heel, right toe stand
    camera_from_world (T, 4, 4)
    metadata                  JSON: clips, bodies, whether the motion is procedural, the shot's fingerprint
"""

import json
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from ...errors import OutputError
from ...whole_file import whole_file
from .arrays import Image
from .scene_parts import Grading
from .shots import SHOTS, Shot
from .sources import RenderSources
from .staging import Stage

NOISE_LEVELS: Final = (1.2, 3.0)
"""Sensor noise of the shots, from least to most, in grey levels."""


def render_shots(
    sources: RenderSources,
    folder: Path,
    shots: Sequence[Shot] = SHOTS,
    report: Callable[[str], None] = print,
    overwrite: bool = False,
) -> list[Path]:
    """Write each shot's video and truth into a folder, and return the videos. What is there and up to date is kept.

    Raises:
        OutputError: the folder cannot be written.
        MotionDataError, BodyFileError: a source lacks something.
        EngineError: numba or OpenEXR is not installed.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"The folder {folder} cannot be made ({error.strerror}).") from error
    stage = None
    videos = []
    for number, shot in enumerate(shots, start=1):
        video, truth = folder / f"{shot.name}.mp4", folder / f"{shot.name}_truth.npz"
        videos.append(video)
        if video.is_file() and not overwrite and _is_of_shot(truth, shot):
            continue
        report(f"Rendering {shot.name} ({number} of {len(shots)}, {shot.frame_count} frames)")
        stage = stage or Stage(sources)
        _render_shot(stage, shot, video, truth)
    return videos


def _is_of_shot(truth: Path, shot: Shot) -> bool:
    """Return whether a truth's file exists and was made from the shot as it is described now."""
    try:
        with np.load(truth, allow_pickle=False) as archive:
            metadata = json.loads(str(archive["metadata"]))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return False
    return bool(metadata.get("fingerprint") == shot.fingerprint())


def shot_frames(stage: Stage, shot: Shot) -> Iterator[Image]:
    """Yield the pictures (H, W, 3) of a shot, red first, as they are before the video's compression."""
    scene, _ = stage.set_up(shot)
    for frame in range(shot.frame_count):
        yield scene.render(frame, shot_grading(shot))[0]


def shot_grading(shot: Shot) -> Grading:
    """Return the shot's noise."""
    low, high = NOISE_LEVELS
    return Grading(float(np.random.default_rng(shot.seed + 1).uniform(low, high)), shot.seed)


def _render_shot(stage: Stage, shot: Shot, video: Path, truth_path: Path) -> None:
    scene, truth = stage.set_up(shot)
    grading = shot_grading(shot)
    with whole_file(video) as partial:
        writer = cv2.VideoWriter(
            str(partial), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"mp4v"), shot.frame_rate_hz, shot.image_size
        )
        try:
            if not writer.isOpened():
                raise OutputError(f"The video {video} cannot be written.", "Choose another folder.")
            for frame in range(shot.frame_count):
                picture, depths = scene.render(frame, grading)
                truth.see(frame, depths)
                writer.write(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        finally:
            writer.release()
        truth.save(truth_path)
