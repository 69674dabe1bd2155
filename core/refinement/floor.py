"""Which way is up, and where the floor is, by the feet that stand on it and the body that stands upright.

Both say something about the camera's pitch and roll: the places where feet stood lie in one plane, and whoever stands
is upright on average. A camera is held nearly level, most of all sideways. Each of the three is uncertain; they are
weighed by how uncertain they are, and the result says how uncertain it is itself.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..body_model import BodyModel
from ..skeleton import CONTACT_LANDMARKS, JOINT_COUNT, LANDMARK_NAMES

FloatArray = NDArray[np.floating[Any]]

PITCH_STD: Final = 0.2
ROLL_STD: Final = 0.06
"""Of cameras, as tangents of angles; whoever films levels the picture sideways."""
FOOT_STD_M: Final = 0.05
LEAN_STD: Final = 0.15
CLIP_LEAN_STD: Final = 0.06
"""Of how far an upright body leans: from moment to moment, and on average over a clip."""
MOMENT_S: Final = 0.5
"""Errors are alike for about so long: frames within it count as one."""
STEEPEST: Final = 0.7
ROUNDS: Final = 6
LARGEST_TILT_STD: Final = 0.1
LEAST_CONTACT_MOMENTS: Final = 1.0

STANDS: Final = 0.5

_PAIRS: Final = tuple(
    [LANDMARK_NAMES.index(f"{side}_{part}") for side in ("left", "right")]
    for part in ("shoulder", "hip", "knee", "ankle")
)
_STRAIGHT_LEG: Final = 0.94
"""Hip to ankle over thigh and shank, of a leg that somebody stands on."""


@dataclass(frozen=True)
class Floor:
    """The plane of all points with normal_cam @ point = offset_m, metres, camera axes.

    Attributes:
        normal_cam: (3,) unit, against gravity.
        offset_m: minus the camera's height above the floor; None where no foot was seen to stand.
        tilt_std_deg: how uncertain the normal is.
        is_estimated: false where too little was seen; the normal is then that of a level camera.
    """

    normal_cam: NDArray[np.float64]
    offset_m: float | None
    tilt_std_deg: float
    is_estimated: bool

    def as_metadata(self) -> dict[str, Any]:
        """Return what the motion file says about it."""
        return {
            "normal_cam": [round(float(value), 5) for value in self.normal_cam],
            "offset_m": None if self.offset_m is None else round(self.offset_m, 4),
            "tilt_std_deg": round(self.tilt_std_deg, 2),
            "is_estimated": self.is_estimated,
        }


def estimate_floor(
    keypoints_cam: FloatArray, contacts: FloatArray, sole_distance_m: FloatArray, frame_rate_hz: float
) -> Floor:
    """Return the floor of a static camera.

    Args:
        keypoints_cam: (T, 33, 3) landmarks of the posed body, metres, camera axes.
        contacts: (T, 4) 0..1, how surely each foot part stands.
        sole_distance_m: (4,) by which the landmarks of the contacts lie above the sole, see `sole_distances_m`.
    Note: the slopes r and p of an upward normal (r, -1, p) and the height make the problem linear: a foot's place says
    r x - y + p z = height, an upright body's direction d says d_x / -d_y = r and d_z / -d_y = p.
    """
    feet = keypoints_cam[:, list(CONTACT_LANDMARKS)]
    moments = MOMENT_S * frame_rate_hz
    foot_weight = contacts / (moments * contacts.shape[1] / 2)
    lean, lean_information = _upright_lean(keypoints_cam, contacts, moments)
    prior = np.diag([ROLL_STD**-2.0, PITCH_STD**-2.0, 1e-6])
    prior[:2, :2] += lean_information * np.eye(2)
    pulled = np.append(lean_information * lean, 0.0)
    slopes, robust, normal = np.zeros(3), np.ones_like(contacts), prior
    for _ in range(ROUNDS):
        length = np.sqrt(1 + np.square(slopes[:2]).sum())
        rows = np.stack([feet[..., 0], feet[..., 2], -np.ones(contacts.shape)], axis=-1)
        wanted = feet[..., 1] + sole_distance_m * length
        weight = foot_weight * robust / FOOT_STD_M**2
        normal = prior + np.einsum("tf,tfi,tfj->ij", weight, rows, rows)
        slopes = np.linalg.solve(normal, pulled + np.einsum("tf,tfi,tf->i", weight, rows, wanted))
        error = (rows @ slopes - wanted) / (2 * FOOT_STD_M)
        robust = 1 / np.square(1 + np.square(error))
    spread = np.linalg.inv(normal)[:2, :2]
    return _floor_of(slopes, float(np.sqrt(np.linalg.eigvalsh(spread)[-1])), feet, sole_distance_m, foot_weight)


def sole_distances_m(body: BodyModel, betas: FloatArray) -> NDArray[np.float64]:
    """Return (4,) by which the landmarks of the contacts lie above the sole, at rest, with shape `betas` (10,)."""
    identity = np.broadcast_to(np.eye(3), (1, JOINT_COUNT, 3, 3))
    landmarks = body.pose_landmarks(identity, betas, np.zeros((1, 3)))[0, list(CONTACT_LANDMARKS), 1]
    return np.asarray(landmarks - body.rest_vertices(betas)[:, 1].min(), np.float64)


def _upright_lean(keypoints_cam: FloatArray, contacts: FloatArray, moments: float) -> tuple[NDArray[np.float64], float]:
    """Return the mean lean (2,) of the body while it stands, as slopes r and p, and how much that is worth (1 / var).

    Args:
        moments: frames that count as one.
    """
    shoulders, hips, knees, ankles = (keypoints_cam[:, pair] for pair in _PAIRS)
    reach = np.linalg.norm(hips - ankles, axis=-1)
    bones = np.linalg.norm(hips - knees, axis=-1) + np.linalg.norm(knees - ankles, axis=-1)
    is_straight = (reach > _STRAIGHT_LEG * bones).any(axis=1)
    up = shoulders.mean(axis=1) - ankles.mean(axis=1)
    height = np.maximum(-up[:, 1], 1e-6)
    lean = up[:, [0, 2]] / height[:, None]
    is_up = np.linalg.norm(lean, axis=1) < STEEPEST
    weight = contacts.max(axis=1, initial=0.0) * is_straight * is_up / moments
    middle, robust = np.zeros(2), np.ones(len(lean))
    for _ in range(ROUNDS):
        total = (weight * robust).sum()
        if total < 1e-6:
            return np.zeros(2), 0.0
        middle = (weight * robust) @ lean / total
        robust = 1 / np.square(1 + np.square(lean - middle).sum(axis=1) / (2 * LEAN_STD) ** 2)
    return middle, float(1 / (CLIP_LEAN_STD**2 + LEAN_STD**2 / total))


def _floor_of(
    slopes: FloatArray, tilt_std: float, feet: FloatArray, sole_distance_m: FloatArray, foot_weight: FloatArray
) -> Floor:
    """Return the floor of slopes (r, p, height), or that of a level camera where they are too uncertain."""
    tilt_std_deg = float(np.degrees(np.arctan(tilt_std)))
    if foot_weight.sum() < LEAST_CONTACT_MOMENTS or tilt_std > LARGEST_TILT_STD:
        level = np.array([0.0, -1.0, 0.0])
        is_down = foot_weight > STANDS * foot_weight.max(initial=0.0)
        heights = (feet @ level - sole_distance_m)[is_down & (foot_weight > 0)]
        return Floor(level, float(np.median(heights)) if heights.size else None, tilt_std_deg, False)
    normal = np.array([slopes[0], -1.0, slopes[1]])
    length = float(np.linalg.norm(normal))
    return Floor(normal / length, float(slopes[2]) / length, tilt_std_deg, True)
