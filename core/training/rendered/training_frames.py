"""`python -m core prepare rendered`: what BlazePose sees of rendered training clips, with the truth, as one file.

Single frames, F in all; camera axes +x right, +y down, +z away, metres, radians. Picture points are relative to the
picture's middle, with half its longer side as unit.

    poses (F, 24, 3)            local axis-angle, the root's in camera axes
    pelvis_cam (F, 3)           landmarks (F, 33, 3), the pelvis at the origin;  true_keypoints2d (F, 33, 2)
    keypoints2d (F, 33, 2)      world_landmarks (F, 33, 3), visibility (F, 33): what BlazePose heavy says
    hidden (F, 33)              focal (F,), shot (F,), frame (F,) at `FRAME_RATE_HZ`, is_mirrored (F,), shot_count
    between (F, 3, 24, 3)       poses at even times between this frame and the next
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ...crops import Region
from ...errors import MotionDataError
from ...models.engine import load_network
from ...person_landmarks import LandmarkEstimator, PersonLandmarks
from ...rotations import rotmat_to_rotvec
from ...skeleton import BODY_LANDMARKS
from ...whole_file import whole_file
from ..rendered_frames import BETWEEN_COUNT, FRAME_RATE_HZ
from .arrays import FloatArray, Image
from .mirrored_truth import mirrored_pixels, mirrored_poses, mirrored_truth
from .render import shot_grading
from .scene_parts import SHUTTER_SHARE, TWO_EXPOSURES
from .shots import Shot
from .sources import RenderSources
from .staging import Stage
from .training_shots import training_shot

SAVE_EVERY: Final = 40
LEAST_PRESENCE: Final = 0.5
LARGEST_ERROR: Final = 0.25
"""Of body landmarks in the picture, in lengths of the longer side of the person's box: farther is somebody else."""
JPEG_QUALITY: Final = (60, 95)
VIDEO_RATE_HZ: Final = 30.0
"""The shutter is open as long as a video's of this frame rate."""

Row = dict[str, NDArray[Any]]


class FrameMaker:
    """Renders training shots and looks at each frame, and at its mirror image, as at a picture of its own."""

    def __init__(self, sources: RenderSources, seed: int) -> None:
        self._stage, self._seed = Stage(sources, for_training=True), seed
        self._clips = self._stage.motions.training_clips()
        self._first = LandmarkEstimator(load_network("blazepose_full"))
        self._landmarks = LandmarkEstimator(load_network("blazepose_heavy"))

    def rows_of(self, number: int) -> list[Row]:
        """Return a row for each frame of a shot in which its person was found, as filmed and then in the mirror."""
        shot = training_shot(number, self._clips, self._seed)
        grading = replace(
            shot_grading(shot),
            exposures=TWO_EXPOSURES,
            shutter_share=SHUTTER_SHARE * FRAME_RATE_HZ / VIDEO_RATE_HZ,
        )
        scene, truth = self._stage.set_up(shot)
        true_px = truth.arrays()["keypoints2d_px"][0]
        random = np.random.default_rng(shot.seed)
        found: list[tuple[int, bool, PersonLandmarks]] = []
        for frame in range(shot.frame_count):
            picture, depths = scene.render(frame, grading)
            truth.see(frame, depths)
            compressed = _compressed(picture, random)
            for is_mirrored in (False, True):
                seen = self._look(*_as_seen(compressed, true_px[frame], is_mirrored))
                if seen is not None:
                    found.append((frame, is_mirrored, seen))
        plain = truth.arrays()
        between = self._between(shot, truth.camera.camera_from_world[0, :3, :3])
        truths = {
            False: {**plain, "between": between},
            True: {**mirrored_truth(plain), "between": mirrored_poses(between)},
        }
        return [_row(number, seen, truths[is_mirrored], frame, is_mirrored) for frame, is_mirrored, seen in found]

    def _between(self, shot: Shot, camera_from_world: FloatArray) -> FloatArray:
        """Return the poses (1, T, 3, 24, 3) after each frame of a shot, before its next one, for a camera's axes."""
        steps = BETWEEN_COUNT + 1
        finer = replace(shot, frame_rate_hz=shot.frame_rate_hz * steps, frame_count=shot.frame_count * steps)
        rotmat = self._stage.motion_of(finer, shot.actors[0]).rotmat
        rotmat[:, 0] = camera_from_world @ rotmat[:, 0]
        poses = rotmat_to_rotvec(rotmat)
        return poses.reshape(1, shot.frame_count, steps, *poses.shape[1:])[:, :, 1:]

    def _look(self, picture: Image, true_px: FloatArray) -> PersonLandmarks | None:
        """Return the landmarks of the person; None where they are not found.

        Note: the first look, with the smaller network, stands for the frame before, which says where to look.
        """
        first = self._first.estimate(picture, [true_region(true_px)])[0]
        seen = self._landmarks.estimate(picture, [first.next_region])[0]
        body = list(BODY_LANDMARKS)
        size = np.ptp(true_px[body], axis=0).max()
        off = np.median(np.linalg.norm(seen.keypoints2d_px[body] - true_px[body], axis=-1))
        return seen if seen.presence >= LEAST_PRESENCE and off < LARGEST_ERROR * size else None


def true_region(true_px: FloatArray) -> Region:
    """Return the region of a person whose landmarks (33, 2) are known: upright, with the farthest point just inside."""
    shoulders, hips = true_px[11:13].mean(axis=0), true_px[23:25].mean(axis=0)
    up = (shoulders - hips) / max(float(np.linalg.norm(shoulders - hips)), 1e-6)
    reach = np.linalg.norm(true_px - hips, axis=-1).max()
    return Region.from_body_circle(hips, hips + reach * up)


def _as_seen(picture: Image, true_px: FloatArray, is_mirrored: bool) -> tuple[Image, FloatArray]:
    """Return a picture and its landmarks (33, 2), or both in the mirror."""
    if not is_mirrored:
        return picture, true_px
    return np.ascontiguousarray(picture[:, ::-1]), mirrored_pixels(true_px, picture.shape[1])


def _row(number: int, seen: PersonLandmarks, truth: Mapping[str, Any], frame: int, is_mirrored: bool) -> Row:
    """Return what is kept of one frame, by the keys of the file."""
    half, middle = truth["image_size"].max() / 2, truth["image_size"] / 2
    pelvis, world = truth["pelvis_cam"][0, frame], seen.world_landmarks
    return {
        "poses": truth["poses"][0, frame],
        "between": truth["between"][0, frame],
        "pelvis_cam": pelvis,
        "landmarks": truth["landmarks"][0, frame] - pelvis,
        "true_keypoints2d": (truth["keypoints2d_px"][0, frame] - middle) / half,
        "keypoints2d": (seen.keypoints2d_px - middle) / half,
        "world_landmarks": world - world[23:25].mean(axis=0),
        "visibility": seen.visibility,
        "hidden": truth["hidden"][0, frame],
        "focal": np.array(truth["focal_length_px"] / half),
        "shot": np.array(number),
        "frame": np.array(frame),
        "is_mirrored": np.array(is_mirrored),
    }


def _compressed(picture: Image, random: np.random.Generator) -> Image:
    """Return the picture (H, W, 3), red first, after a camera's compression."""
    quality = int(random.integers(*JPEG_QUALITY))
    _, data = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded: Any = cv2.imdecode(data, cv2.IMREAD_COLOR)
    return np.ascontiguousarray(decoded[..., ::-1])


def make_training_frames(
    sources: RenderSources, output: Path, shot_count: int, seed: int = 0, report: Callable[[str], None] = print
) -> int:
    """Write the frames of `shot_count` shots to a file and return how many there are; goes on where a file ends.

    Raises:
        MotionDataError: a source lacks something, or the file is of other shots.
        OutputError: the file cannot be written.
        EngineError: numba, OpenEXR or an engine is missing.
    """
    rows, first = _read_rows(output)
    maker = FrameMaker(sources, seed)
    for number in range(first, shot_count):
        rows += maker.rows_of(number)
        if (number + 1) % SAVE_EVERY == 0 or number + 1 == shot_count:
            _write_rows(output, rows, number + 1)
            report(f"{number + 1} of {shot_count} shots, {len(rows)} frames")
    return len(rows)


def _read_rows(path: Path) -> tuple[list[Row], int]:
    if not path.is_file():
        return [], 0
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        shot_count = int(arrays.pop("shot_count"))
        # An older file lacks it, and from before the mirror it holds other shots under the same numbers.
        count = len(arrays["between"])
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise MotionDataError(f"{path} is no file of rendered frames.", "Choose another name.") from error
    return [{name: values[row] for name, values in arrays.items()} for row in range(count)], shot_count


def _write_rows(path: Path, rows: list[Row], shot_count: int) -> None:
    arrays = {name: np.stack([row[name] for row in rows]) for name in rows[0]} if rows else {}
    small: dict[str, Any] = {
        name: values.astype(np.float32) if values.dtype == np.float64 else values for name, values in arrays.items()
    }
    with whole_file(path) as partial, partial.open("wb") as file:
        np.savez_compressed(file, shot_count=np.array(shot_count), **small)
