"""Imported people become motions in camera axes, as the motion file has them."""

from pathlib import Path
from typing import Any, Final

import numpy as np

from ..body_model import BodyModel, load_open_body
from ..contacts import detect_contacts
from ..focal_length import choose_focal_length_px
from ..motion import Motion
from ..rotations import rotmat_to_rotvec
from ..skeleton import BETA_COUNT, JOINT_COUNT, LANDMARK_COUNT
from ..smpl_files import load_smpl_file
from ..version import read_version
from ..view import View
from .imported import DEFAULT_RATE_HZ, Axes, FloatArray, ImportedPerson, Lens

CAMERA_FROM: Final[dict[Axes, FloatArray]] = {
    "camera": np.eye(3),
    # Blender's scene turns them back: z up stays z up.
    "world_z_up": np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]], np.float64),
    "world_y_up": np.array([[1, 0, 0], [0, -1, 0], [0, 0, -1]], np.float64),
}

NEUTRAL_SIZE: Final = (1920, 1080)
"""Stands for the picture of a motion that no camera filmed."""

SEEN_FROM_ABOVE_M: Final = 1000.0
"""Without a camera, contacts are judged as from far above: all movement over the floor counts."""


def motion_of_person(
    person: ImportedPerson, smpl: Path | None, rate_hz: float | None, file_name: str
) -> tuple[Motion, list[str]]:
    """Return the motion and sentences that the user should read.

    Args:
        smpl: the user's SMPL file; without one the bundled body takes the rotations, which fit it.
        rate_hz: the user's frame rate; None for the file's.
        file_name: of the imported file, for the metadata.
    Raises:
        BodyFileError: the SMPL file cannot be used.
    """
    body, betas, notes = _choose_body(person, smpl)
    known_hz = rate_hz or person.rate_hz
    if known_hz is None:
        notes.append(f"The {person.source} file does not say its frame rate: {DEFAULT_RATE_HZ:g} was taken.")
    metadata = _metadata(person, file_name, notes)
    return _build(person, body, betas, known_hz or DEFAULT_RATE_HZ, metadata), notes


def _build(
    person: ImportedPerson, body: BodyModel, betas: FloatArray, frame_rate_hz: float, metadata: dict[str, Any]
) -> Motion:
    """Return the motion of a person on a body: all that the motion file holds follows from the poses."""
    rotmat, transl_cam = _in_camera_axes(person, body.rest_joints(betas)[0])
    count = len(rotmat)
    frame_ids = np.arange(count) if person.frame_ids is None else person.frame_ids
    timestamps = frame_ids / frame_rate_hz
    keypoints = body.pose_landmarks(rotmat, betas, transl_cam)
    poses = rotmat_to_rotvec(rotmat).reshape(count, JOINT_COUNT * 3).astype(np.float32)
    lens = person.lens or Lens(choose_focal_length_px(NEUTRAL_SIZE)[0], NEUTRAL_SIZE)
    view = View(lens.focal_length_px, lens.image_size, frame_rate_hz)
    has_camera = person.lens is not None
    return Motion(
        poses=poses,
        trans=transl_cam.astype(np.float32),
        betas=betas.astype(np.float32),
        body=body.body_file.name,
        gender=body.body_file.gender,
        mocap_framerate=frame_rate_hz,
        frame_ids=frame_ids.astype(np.int64),
        timestamps=timestamps.astype(np.float64),
        joints=body.pose_joints(rotmat, betas, transl_cam)[0].astype(np.float32),
        keypoints=keypoints.astype(np.float32),
        keypoints_2d=_project(keypoints, view, has_camera),
        visibility=np.ones((count, LANDMARK_COUNT), np.float32),
        contacts=_contacts(keypoints, timestamps, has_camera),
        poses_per_frame=poses.copy(),
        confidence=np.ones((count, JOINT_COUNT), np.float32),
        focal_length=lens.focal_length_px,
        image_size=lens.image_size,
        metadata=metadata,
    )


def _choose_body(person: ImportedPerson, smpl: Path | None) -> tuple[BodyModel, FloatArray, list[str]]:
    """Return the body, its shape, and what to say of it."""
    if person.body == "open":
        return load_open_body(), person.betas, []
    if smpl is None:
        sentence = "The motion stands on the bundled body, because no SMPL file is set: its build is not the file's."
        return load_open_body(), np.zeros(BETA_COUNT), [sentence]
    body = BodyModel(load_smpl_file(smpl))
    if body.body_file.gender != person.gender:
        sentence = (
            f"The motion is of the {person.gender} SMPL body and the SMPL file of the {body.body_file.gender} one: "
            "the build is a mean one."
        )
        return body, np.zeros(BETA_COUNT), [sentence]
    return body, person.betas, []


def _in_camera_axes(person: ImportedPerson, rest_pelvis: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return local rotations (T, 24, 3, 3) with the root's in camera axes, and SMPL's translation (T, 3) there."""
    camera_from = CAMERA_FROM[person.axes]
    rotmat = person.rotmat.astype(np.float64).copy()
    rotmat[:, 0] = camera_from @ rotmat[:, 0]
    pelvis = person.place if person.is_pelvis else person.place + rest_pelvis
    return rotmat, pelvis @ camera_from.T - rest_pelvis


def _project(keypoints: FloatArray, view: View, has_camera: bool) -> FloatArray:
    """Return the landmarks in the picture (T, 33, 2); its middle where no camera filmed."""
    if not has_camera:
        return np.tile(np.array(view.image_size, np.float32) / 2, (*keypoints.shape[:2], 1))
    return view.project(keypoints).astype(np.float32)


def _contacts(keypoints: FloatArray, timestamps_s: FloatArray, has_camera: bool) -> Any:
    shift = np.zeros(3) if has_camera else np.array([0.0, SEEN_FROM_ABOVE_M, 0.0])
    return detect_contacts(keypoints + shift, timestamps_s)


def _metadata(person: ImportedPerson, file_name: str, notes: list[str]) -> dict[str, Any]:
    return {
        "jointwise": read_version(),
        "imported_from": file_name,
        "format": person.source,
        "has_camera": person.lens is not None,
        "warnings": list(notes),
    }
