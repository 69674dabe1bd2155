"""MPI-INF-3DHP's training set: eight people in a studio, two recordings each, seen by fourteen cameras.

Layout: `<root>/S{1..8}/Seq{1,2}/annot.mat` and that recording's pictures in `video_N/`, `imageFrames/video_N/` or
`imageSequence/video_N/` (*.jpg), or the original `imageSequence/video_N.avi`. `annot2` and `annot3` hold, per camera,
28 joints of each frame: pixels, and millimetres in that camera's axes. Where a joint leaves the picture the frame is
left out, and what follows is a segment of its own.
"""

import re
import zlib
from collections.abc import Collection, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from ...errors import MotionDataError
from ...video import probe_video
from .folder_checks import require_folder, require_image_count
from .image_sources import ImageFiles, Images, VideoFrames
from .joint_names import MPI_28
from .sequence import Sequence, contiguous_runs

SUBJECTS: Final = tuple(range(1, 9))
RECORDINGS: Final = (1, 2)
CAMERAS: Final = (0, 1, 2, 4, 5, 6, 7, 8)
"""Those at the height of a person; the others look from the ceiling."""
IMAGE_SIZE: Final = (2048, 2048)

_UNPICTURED_FRAMES: Final = 3
"""Some annotations go on for a frame after the last picture."""

_AT_50_HZ: Final = frozenset({(1, 2), (3, 1), (3, 2), (5, 1), (5, 2)})
"""(subject, recording); all others were recorded at 25 Hz."""


def recorded_rate_hz(subject: int, recording: int) -> float:
    """Return what a recording was made with: 25 or 50."""
    return 50.0 if (subject, recording) in _AT_50_HZ else 25.0


def read_mpi_inf_3dhp_train(
    root: Path,
    *,
    subjects: Collection[int] = SUBJECTS,
    cameras: Collection[int] = CAMERAS,
    frame_rate_hz: float | None = None,
    with_images: bool = True,
) -> Iterator[Sequence]:
    """Give each segment in which the whole person is in the picture, in camera axes.

    Args:
        root: the folder that holds S1 to S8.
        subjects, cameras: which to read; all of them must be there.
        frame_rate_hz: 25 leaves out every second frame of what was recorded at 50; None keeps all.
        with_images: whether pictures or videos must be there.
    Raises:
        MotionDataError: a missing folder, a damaged annotation, missing pictures, a camera without one usable frame.
    """
    require_folder(root, "MPI-INF-3DHP's folders S1 to S8")
    for subject in subjects:
        for recording in RECORDINGS:
            folder = root / f"S{subject}" / f"Seq{recording}"
            require_folder(folder, "annot.mat and the cameras' pictures")
            step = round(recorded_rate_hz(subject, recording) / frame_rate_hz) if frame_rate_hz else 1
            rate_hz = recorded_rate_hz(subject, recording) / max(step, 1)
            annotation = _Annotation(folder / "annot.mat")
            for camera in cameras:
                yield from _camera_segments(annotation, folder, camera, max(step, 1), rate_hz, with_images=with_images)


class _Annotation:
    """A recording's annot.mat."""

    def __init__(self, path: Path) -> None:
        # scipy is slow to load.
        from scipy.io import loadmat
        from scipy.io.matlab import MatReadError

        self.path = path
        if not path.is_file():
            raise MotionDataError(f"{path} does not exist; the recording's annotation was expected there.")
        try:
            content = loadmat(path, variable_names=["annot2", "annot3"])
            self._annot2, self._annot3 = content["annot2"], content["annot3"]
        except KeyError as error:
            raise MotionDataError(f"{path} is no annotation of MPI-INF-3DHP: it lacks {error}.") from error
        except (OSError, ValueError, TypeError, IndexError, NotImplementedError, MatReadError, zlib.error) as error:
            raise MotionDataError(
                f"{path} is damaged or cut off; the archive may not be downloaded completely.", "Download it again."
            ) from error

    def camera(self, camera: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return keypoints2d (F, 28, 2) in pixels and joints3d (F, 28, 3) in metres of one camera."""
        try:
            keypoints2d = self._joints(self._annot2[camera, 0], 2)
            joints3d = self._joints(self._annot3[camera, 0], 3) / 1000
        except (IndexError, ValueError) as error:
            raise MotionDataError(f"{self.path} has no whole annotation of camera {camera}.") from error
        if len(keypoints2d) != len(joints3d):
            raise MotionDataError(f"{self.path}: annot2 and annot3 of camera {camera} differ in length.")
        return keypoints2d, joints3d

    @staticmethod
    def _joints(values: Any, width: int) -> NDArray[np.float64]:
        return np.asarray(values, np.float64).reshape(-1, len(MPI_28), width)


def _camera_segments(
    annotation: _Annotation, folder: Path, camera: int, step: int, rate_hz: float, *, with_images: bool
) -> Iterator[Sequence]:
    keypoints2d, joints3d = annotation.camera(camera)
    pictures = _Pictures.find(folder, camera, len(keypoints2d)) if with_images else None
    inside = np.flatnonzero(is_inside(keypoints2d, IMAGE_SIZE))
    if pictures is not None:
        inside = inside[inside < pictures.frame_count]
    if not len(inside):
        raise MotionDataError(
            f"{annotation.path} has no frame of camera {camera} with all joints in the picture; it may be damaged.",
            "Download it again.",
        )
    intrinsics = fit_intrinsics(keypoints2d[inside], joints3d[inside])
    confidence = np.ones((*keypoints2d.shape[:2], 1))
    for segment, (first, end) in enumerate(contiguous_runs(inside)):
        rows = inside[first:end:step]
        yield Sequence(
            data_set="mpi_inf_3dhp",
            name=f"{folder.parent.name}/{folder.name}/video_{camera}_seg{segment}",
            split="train",
            frame_ids=rows,
            frame_step=step,
            frame_rate_hz=rate_hz,
            images=None if pictures is None else pictures.of(rows),
            image_size=IMAGE_SIZE,
            intrinsics=intrinsics,
            keypoints2d=np.concatenate([keypoints2d, confidence], axis=-1)[rows].astype(np.float32),
            keypoint_names=MPI_28,
            joints3d=joints3d[rows].astype(np.float32),
            joint_names=MPI_28,
            has_joints3d=np.ones(len(rows), bool),
        )


def is_inside(keypoints2d: NDArray[np.float64], image_size: tuple[int, int]) -> NDArray[np.bool_]:
    """Return (F,): whether all joints (F, K, 2) of a frame are in the picture."""
    return np.asarray(((keypoints2d >= 0) & (keypoints2d < np.array(image_size))).all(axis=(1, 2)))


def fit_intrinsics(keypoints2d: NDArray[np.float64], joints3d: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the (3, 3) pinhole camera that projects joints (F, J, 3) to keypoints (F, J, 2), by least squares."""
    result = np.eye(3)
    for axis in (0, 1):
        slopes = (joints3d[..., axis] / joints3d[..., 2]).ravel()
        design = np.stack([slopes, np.ones_like(slopes)], axis=1)
        focal, centre = np.linalg.lstsq(design, keypoints2d[..., axis].ravel(), rcond=None)[0]
        result[axis, axis], result[axis, 2] = focal, centre
    return result


class _Pictures:
    """One camera's pictures: files, or a video."""

    def __init__(self, place: Path, files: list[Path], frame_count: int) -> None:
        self._place = place
        self._files = files
        self.frame_count = frame_count

    @classmethod
    def find(cls, folder: Path, camera: int, annotated_count: int) -> Self:
        """Return one camera's pictures.

        Raises:
            MotionDataError: there are none, clearly fewer than annotated frames, or one is missing in the middle.
        """
        name = f"video_{camera}"
        places = [folder / name, folder / "imageFrames" / name, folder / "imageSequence" / name]
        place = next((place for place in places if place.is_dir()), folder / "imageSequence" / f"{name}.avi")
        if not place.exists():
            raise MotionDataError(
                f"{folder} holds neither {name}/*.jpg nor imageSequence/{name}.avi, which were expected there."
            )
        files = sorted(place.glob("*.jpg"), key=_number_of) if place.is_dir() else []
        frame_count = len(files) if place.is_dir() else probe_video(place).frame_count or annotated_count
        require_image_count(place, frame_count, annotated_count, _UNPICTURED_FRAMES)
        _require_no_hole(place, files)
        return cls(place, files, frame_count)

    def of(self, rows: NDArray[np.int64]) -> Images:
        """Return the pictures of some frames."""
        if self._files:
            return ImageFiles(tuple(self._files[row] for row in rows))
        return VideoFrames(self._place, tuple(int(row) for row in rows))


def _number_of(file: Path) -> tuple[int, str]:
    """Return the number that a picture's name ends in, -1 for none, and the name."""
    digits = re.search(r"\d+$", file.stem)
    return int(digits.group()) if digits else -1, file.name


def _require_no_hole(folder: Path, files: list[Path]) -> None:
    """Refuse pictures of which one in the middle is missing: all that follow would belong to other frames."""
    numbers = [_number_of(file)[0] for file in files]
    hole = next((first + 1 for first, second in pairwise(numbers) if first >= 0 and second > first + 1), None)
    if hole is not None:
        raise MotionDataError(
            f"{folder} lacks picture {hole} between its others; the archive may not be unpacked completely.",
            "Unpack it again.",
        )
