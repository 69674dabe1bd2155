"""The body drawn over the video, so that the result can be looked at before Blender is opened."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .body_model import BodyModel
from .cancellation import Cancellation
from .errors import OutputError
from .motion import Motion, load_motion
from .output_paths import check_output
from .person_colors import person_color
from .protocol import Result
from .reporting import Reporter, StageProgress
from .rotations import rotvec_to_rotmat
from .smpl_body import load_body_of
from .video import VideoReader
from .whole_file import whole_file

FloatArray = NDArray[np.floating[Any]]
Image = NDArray[np.uint8]

LONGEST_SIDE_PX: Final = 1280
BODY_OPACITY: Final = 0.75
NEAREST_DEPTH_M: Final = 0.05
LIGHT_CAM: Final = np.array([0.3, -0.5, -0.8]) / np.linalg.norm([0.3, -0.5, -0.8])


def draw_overlay(
    video: Path,
    motion_paths: list[Path],
    output: Path,
    smpl: Path | None,
    reporter: Reporter,
    cancellation: Cancellation,
) -> None:
    """Draw motion files over their video and report the result.

    Args:
        smpl: the user's SMPL file, for motions on that body.
    Raises:
        MotionFileError, BodyFileError, VideoError, OptionError, OutputError: an input or the output cannot be used.
    """
    check_output(output, ".mp4", [video, *motion_paths])
    motions = [load_motion(path) for path in motion_paths]
    bodies = [load_body_of(motion, smpl) for motion in motions]
    with VideoReader(video) as reader, whole_file(output) as partial:
        progress = StageProgress(reporter, "overlay", reader.info.frame_count or 0)
        write_overlay(partial, reader, list(zip(motions, bodies, strict=True)), cancellation, progress)
    reporter.emit(Result((), str(output)))


def write_overlay(
    path: Path,
    video: VideoReader,
    motions: Sequence[tuple[Motion, BodyModel]],
    cancellation: Cancellation,
    progress: StageProgress,
) -> None:
    """Write an mp4 of the video's frames with every motion's body drawn over them.

    Args:
        motions: each with the body that it was made with.
    Raises:
        OutputError: the file cannot be written, or not all of it.
        CancelledError: the user stopped it.
    """
    painters = [
        BodyPainter(motion, body, person_color(person)) for person, (motion, body) in enumerate(motions, start=1)
    ]
    size = _overlay_size(video.info.width, video.info.height)
    # MPEG-4 counts time in fractions of at most 16 bits, so a rate of many digits is no rate for it.
    frame_rate_hz = round(video.info.frame_rate_hz, 2)
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"mp4v"), frame_rate_hz, size)
    done = 0
    try:
        if not writer.isOpened():
            raise OutputError("The overlay video cannot be written.", "Choose another folder for it.")
        for done, frame in enumerate(video, start=1):
            cancellation.check()
            picture = cv2.resize(frame.image_rgb, size, interpolation=cv2.INTER_AREA)
            for painter in painters:
                picture = painter.paint(picture, frame.index)
            writer.write(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
            progress.update(done)
    finally:
        writer.release()
    _check_written(path, done)


def _overlay_size(width: int, height: int) -> tuple[int, int]:
    """Return the overlay's width and height: not too large, and even, as encoders want it."""
    scale = min(1.0, LONGEST_SIDE_PX / max(width, height))
    return max(int(width * scale) // 2 * 2, 2), max(int(height * scale) // 2 * 2, 2)


def _check_written(path: Path, frame_count: int) -> None:
    """Raise OutputError when a video lacks frames: OpenCV does not say when the disk is full."""
    reader = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    written_count = int(reader.get(cv2.CAP_PROP_FRAME_COUNT)) if reader.isOpened() else 0
    reader.release()
    if written_count < frame_count:
        raise OutputError(
            "The overlay video cannot be written as a whole.", "Free some space, or choose another folder for it."
        )


class BodyPainter:
    """Draws one motion's body on pictures of any size that show the whole source frame."""

    def __init__(self, motion: Motion, body: BodyModel, color_rgb: tuple[int, int, int]) -> None:
        self._motion = motion
        self._body = body
        self._color = np.array(color_rgb, np.float64)
        self._rows = {int(frame_id): row for row, frame_id in enumerate(motion.frame_ids)}

    def paint(self, picture: Image, frame_id: int) -> Image:
        """Return the picture with the body of a source frame over it; the same picture where there is no pose."""
        row = self._rows.get(frame_id)
        if row is None:
            return picture
        motion = self._motion
        rotmat = rotvec_to_rotmat(motion.poses[row : row + 1].reshape(1, 24, 3))
        vertices = self._body.pose_vertices(rotmat, motion.betas, motion.trans[row : row + 1])[0]
        drawn = picture.copy()
        self._draw_triangles(drawn, vertices, picture.shape[1] / motion.image_size[0])
        blended: Image = cv2.addWeighted(drawn, BODY_OPACITY, picture, 1 - BODY_OPACITY, 0)
        return blended

    def _draw_triangles(self, picture: Image, vertices_cam: FloatArray, scale: float) -> None:
        """Paint the triangles that face the camera, the farthest first."""
        faces = self._body.body_file.faces
        corners = vertices_cam[faces]
        normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        normals /= np.linalg.norm(normals, axis=1, keepdims=True) + 1e-12
        depth = corners[..., 2].mean(axis=1)
        toward_camera = -(normals * corners.mean(axis=1)).sum(axis=1) > 0
        visible = np.flatnonzero(toward_camera & (corners[..., 2].min(axis=1) > NEAREST_DEPTH_M))
        visible = visible[np.argsort(-depth[visible])]
        center = np.asarray(self._motion.image_size) / 2
        points = self._motion.focal_length * corners[visible, :, :2] / corners[visible, :, 2:] + center
        # Four fractional bits keep small triangles from leaving gaps; far-off points must not overflow.
        pixels = np.clip(points * scale * 16, -(2**20), 2**20).astype(np.int32)
        light = 0.45 + 0.55 * np.clip(normals[visible] @ LIGHT_CAM, 0, 1)
        for triangle, color in zip(pixels, light[:, None] * self._color, strict=True):
            cv2.fillConvexPoly(picture, triangle, color.tolist(), lineType=cv2.LINE_8, shift=4)
