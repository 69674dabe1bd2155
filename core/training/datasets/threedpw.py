"""3DPW: people outdoors before a moving camera, with SMPL poses from body-worn sensors.

Layout below the root: `sequenceFiles/{train,validation,test}/<sequence>.pkl`, `imageFiles/<sequence>/image_00000.jpg`.
A pickle of Python 2 holds, for each person, poses, trans and joints in world axes; `cam_poses` takes the world to the
camera. Where the camera's place is unsure (`campose_valid` is 0) or too little of a person is seen, the frame is left
out, so rows have gaps.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...errors import MotionDataError
from ...motion_import.numpy_pickle import load_numpy_pickle
from ...rotations import rotmat_to_rotvec, rotvec_to_rotmat
from ...skeleton import BETA_COUNT, JOINT_COUNT
from .folder_checks import require_files, require_folder, require_image_count
from .genders import read_gender
from .image_sources import ImageFiles
from .joint_names import COCO_18, SMPL_24
from .sequence import Sequence

FRAME_RATE_HZ: Final = 30.0
SPLITS: Final = ("train", "validation", "test")
SEEN_CONFIDENCE: Final = 0.3
MINIMUM_SEEN_KEYPOINTS: Final = 7
"""VIBE's protocol uses frames in which more than six keypoints are seen."""

RECORDING_COUNTS: Final = {"train": 24, "validation": 12, "test": 24}
"""Of the published data set."""

_KEYS: Final = (
    "sequence", "poses", "betas", "trans", "jointPositions", "poses2d", "cam_poses", "campose_valid",
    "cam_intrinsics", "genders", "img_frame_ids",
)  # fmt: skip


def read_threedpw(
    root: Path,
    split: str,
    *,
    minimum_seen_keypoints: int = MINIMUM_SEEN_KEYPOINTS,
    with_images: bool = True,
) -> Iterator[Sequence]:
    """Give each person of each recording of a split, in camera axes.

    Args:
        root: the folder that holds sequenceFiles (and imageFiles).
        split: `train`, `validation` or `test`.
        minimum_seen_keypoints: with fewer keypoints seen, a frame is left out; 0 keeps all.
        with_images: whether imageFiles must be there.
    Raises:
        MotionDataError: a missing folder, a damaged or unsafe pickle, missing pictures, genders that do not fit.
    """
    if split not in SPLITS:
        raise MotionDataError(f"3DPW has no split {split!r}; its splits are {', '.join(SPLITS)}.")
    folder = root / "sequenceFiles" / split
    for path in require_files(folder, "*.pkl", "3DPW's recordings of this split (sequenceFiles.zip)"):
        yield from read_threedpw_file(path, root, split, minimum_seen_keypoints, with_images=with_images)


def read_threedpw_file(
    path: Path, root: Path, split: str, minimum_seen_keypoints: int, *, with_images: bool
) -> Iterator[Sequence]:
    """Give each person of one recording of whom any frame can be used."""
    record = load_numpy_pickle(path)
    missing = [key for key in _KEYS if not isinstance(record, dict) or key not in record]
    if missing:
        raise MotionDataError(f"{path} is not a recording of 3DPW: it lacks {', '.join(missing)}.")
    people, frame_count = _counts(path, record)
    images = root / "imageFiles" / str(record["sequence"])
    if with_images:
        require_folder(images, f"the pictures of {path.name} (imageFiles.zip)")
        require_image_count(images, len(list(images.glob("image_*.jpg"))), frame_count)
    for person in range(people):
        try:
            sequence = _read_person(path, record, person, frame_count, split, minimum_seen_keypoints)
        except (ValueError, TypeError, LookupError, AttributeError, OverflowError) as error:
            raise MotionDataError(f"{path} is damaged: person {person} has {error}.", "Get the file anew.") from error
        if sequence.frame_count:
            yield _with_images(sequence, images) if with_images else sequence


def _counts(path: Path, record: dict[str, Any]) -> tuple[int, int]:
    """Return how many people and frames a recording has."""
    try:
        people, betas, genders, frames = (len(record[key]) for key in ("poses", "betas", "genders", "img_frame_ids"))
    except TypeError as error:
        raise MotionDataError(f"{path} is damaged: {error}.", "Get the file anew.") from error
    if not people:
        raise MotionDataError(f"{path} has the poses of nobody; at least one person was expected there.")
    if not people == betas == genders:
        raise MotionDataError(
            f"{path} has poses of {people} people but {betas} shapes and {genders} genders; one of each was expected "
            "there."
        )
    return people, frames


def _read_person(
    path: Path, record: dict[str, Any], person: int, frame_count: int, split: str, minimum_seen_keypoints: int
) -> Sequence:
    """Return one person's usable frames in camera axes."""
    keypoints2d = _array(record["poses2d"][person], (frame_count, 3, len(COCO_18))).transpose(0, 2, 1)
    is_valid = _array(record["campose_valid"][person], (frame_count,)).astype(bool)
    seen = (keypoints2d[..., 2] > SEEN_CONFIDENCE).sum(axis=1)
    rows = np.flatnonzero(is_valid & (seen >= minimum_seen_keypoints))
    cam_from_world = _array(record["cam_poses"], (frame_count, 4, 4))[rows]
    joints_world = _array(record["jointPositions"][person], (frame_count, JOINT_COUNT * 3))[rows]
    joints3d = to_camera(cam_from_world, joints_world.reshape(-1, JOINT_COUNT, 3))
    poses = _array(record["poses"][person], (frame_count, JOINT_COUNT * 3))[rows].reshape(-1, JOINT_COUNT, 3)
    poses[:, 0] = rotmat_to_rotvec(cam_from_world[:, :3, :3] @ rotvec_to_rotmat(poses[:, 0]))
    trans_world = _array(record["trans"][person], (frame_count, 3))[rows]
    # The pelvis joint stands at J0(betas) + trans in both axes, so J0 follows without the body model.
    rest_pelvis = joints_world[:, :3] - trans_world
    intrinsics = _array(record["cam_intrinsics"], (3, 3))
    return Sequence(
        data_set="3dpw",
        name=f"{record['sequence']}/person{person}",
        split=split,
        frame_ids=rows,
        frame_rate_hz=FRAME_RATE_HZ,
        image_size=(round(2 * float(intrinsics[0, 2])), round(2 * float(intrinsics[1, 2]))),
        intrinsics=intrinsics,
        keypoints2d=keypoints2d[rows].astype(np.float32),
        keypoint_names=COCO_18,
        joints3d=joints3d.astype(np.float32),
        joint_names=SMPL_24,
        poses=poses.astype(np.float32),
        trans=(joints3d[:, 0] - rest_pelvis).astype(np.float32),
        betas=np.asarray(record["betas"][person], np.float32).reshape(-1)[:BETA_COUNT],
        gender=read_gender(record["genders"][person], path),
        has_joints3d=np.ones(len(rows), bool),
        has_poses=np.ones(len(rows), bool),
    )


def to_camera(cam_from_world: NDArray[np.float64], points_world: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return points (T, J, 3) in camera axes, given (T, 4, 4) and points in world axes."""
    rotated = np.einsum("tij,tkj->tki", cam_from_world[:, :3, :3], points_world)
    return np.asarray(rotated + cam_from_world[:, None, :3, 3])


def _with_images(sequence: Sequence, folder: Path) -> Sequence:
    paths = tuple(folder / f"image_{frame:05d}.jpg" for frame in sequence.frame_ids)
    return replace(sequence, images=ImageFiles(paths))


def _array(value: Any, shape: tuple[int, ...]) -> NDArray[np.float64]:
    array = np.array(value, np.float64)
    if array.shape != shape:
        raise ValueError(f"an array of the shape {array.shape}, not {shape}")
    return array
