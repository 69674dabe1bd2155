"""AMASS and SMPL-X npz files, and mappings with the same names: the body's joints are taken.

A hand of SMPL-H or SMPL-X is the first joint of its index finger, the joint that stands where SMPL's hand does.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..array_archive import ArchiveError, read_arrays
from ..errors import MotionDataError, reason_of
from ..rotations import rotvec_to_rotmat
from ..skeleton import JOINT_COUNT
from .imported import BODY_JOINTS, Axes, FloatArray, ImportedPerson, gender_of, mean_betas

HAND_JOINTS: Final = {
    # Joints in all: left and right hand.
    24: (22, 23),
    52: (22, 37),
    55: (25, 40),
}
RATE_KEYS: Final = ("mocap_framerate", "mocap_frame_rate", "fps", "frame_rate")
ROOT_KEYS: Final = ("root_orient", "global_orient")
BODY_KEYS: Final = ("pose_body", "body_pose")
PLACE_KEYS: Final = ("trans", "transl")

CLEARLY_UP: Final = 0.7
"""Cosine of the angle within which the body's mean upward direction must lie to an axis to tell which way is up."""


def read_npz(path: Path) -> dict[str, Any]:
    """Return a file's arrays; never unpickles, so arrays of objects are left out.

    Raises:
        MotionDataError: damaged or cut off.
    """
    try:
        return read_arrays(path, leaves_out_objects=True)
    except (ArchiveError, OSError) as error:
        raise MotionDataError(f"{path} is damaged or cut off ({reason_of(error)}).", "Get the file anew.") from error


def read_smpl_arrays(arrays: Mapping[str, Any], path: Path) -> ImportedPerson:
    """Return the motion of an AMASS or SMPL-X file.

    Raises:
        MotionDataError: a name is missing, or an array has another shape.
    """
    rotvec = _rotvec(arrays, path)
    place = _first(arrays, PLACE_KEYS)
    if place is None:
        raise MotionDataError(f"{path} holds poses but no place of the body: it lacks {' or '.join(PLACE_KEYS)}.")
    rate = _first(arrays, RATE_KEYS)
    body = str(arrays["body"]) if str(arrays.get("body", "")) == "open" else "smpl"
    betas = arrays.get("open_betas" if body == "open" and "open_betas" in arrays else "betas", np.zeros(10))
    rotmat = rotvec_to_rotmat(rotvec)
    return ImportedPerson(
        source="SMPL-X" if "surface_model_type" in arrays or _has_parts(arrays) else "AMASS",
        rotmat=rotmat,
        place=np.asarray(place, np.float64),
        axes=axes_of(rotmat[:, 0]),
        betas=mean_betas(betas),
        body=body,
        gender=gender_of(arrays.get("gender", "neutral")),
        rate_hz=None if rate is None else float(np.asarray(rate).reshape(-1)[0]),
    )


def is_smpl_arrays(arrays: Mapping[str, Any]) -> bool:
    """True for a mapping that holds SMPL's poses by AMASS's or SMPL-X's names."""
    return "poses" in arrays or _has_parts(arrays)


def axes_of(root_rotmat: FloatArray) -> Axes:
    """Return which way is up, by where a body's own up points (T, 3, 3) on average; AMASS's z where that is unclear."""
    if not len(root_rotmat):
        return "world_z_up"
    up = root_rotmat[:, :, 1].mean(axis=0)
    up = up / max(float(np.linalg.norm(up)), 1e-9)
    if up[1] > CLEARLY_UP:
        return "world_y_up"
    return "camera" if up[1] < -CLEARLY_UP else "world_z_up"


def _rotvec(arrays: Mapping[str, Any], path: Path) -> FloatArray:
    """Return axis-angle (T, 24, 3)."""
    if "poses" in arrays:
        poses = np.asarray(arrays["poses"])
        joint_count = int(np.prod(poses.shape[1:])) // 3 if poses.ndim > 1 else 0
        if joint_count not in HAND_JOINTS or poses.size != len(poses) * joint_count * 3:
            raise MotionDataError(f"{path}: poses has the shape {poses.shape}, not (T, 72), (T, 156) or (T, 165).")
        joints = poses.reshape(len(poses), joint_count, 3).astype(np.float64)
        return joints[:, [*range(BODY_JOINTS), *HAND_JOINTS[joint_count]]]
    root, body = _first(arrays, ROOT_KEYS), _first(arrays, BODY_KEYS)
    root, body = np.asarray(root, np.float64), np.asarray(body, np.float64)
    rotvec = np.zeros((len(root), JOINT_COUNT, 3))
    body_count = int(np.prod(body.shape[1:])) // 3
    if root.size != len(root) * 3 or body_count not in (BODY_JOINTS - 1, JOINT_COUNT - 1) or len(body) != len(root):
        raise MotionDataError(f"{path}: {root.shape} and {body.shape} are not a root and the body's 21 or 23 joints.")
    rotvec[:, 0] = root.reshape(-1, 3)
    rotvec[:, 1 : 1 + body_count] = body.reshape(len(root), body_count, 3)
    return rotvec


def _has_parts(arrays: Mapping[str, Any]) -> bool:
    return _first(arrays, ROOT_KEYS) is not None and _first(arrays, BODY_KEYS) is not None


def _first(arrays: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((arrays[name] for name in names if name in arrays), None)
