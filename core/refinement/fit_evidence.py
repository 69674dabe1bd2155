"""What the whole-track fit starts from and is drawn to, and which joints and landmarks it deals with."""

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..skeleton import (
    BODY_LANDMARKS,
    CONTACT_LANDMARKS,
    JOINT_COUNT,
    JOINT_NAMES,
    LANDMARK_NAMES,
    LEFT_HIP_LANDMARK,
    RIGHT_HIP_LANDMARK,
)
from ..tracks import Track
from ..view import View

FloatArray = NDArray[np.floating[Any]]

_LANDMARK_TRUST: Final = {
    "nose": 0.4, "ear": 0.4, "shoulder": 1.0, "elbow": 1.0, "wrist": 1.0, "index": 0.15,
    "hip": 1.0, "knee": 1.0, "ankle": 1.0, "heel": 0.6, "foot_index": 0.6,
}  # fmt: skip
"""By how a landmark ends; others are not looked at: they say little of the 24 joints."""


def _trust_of(landmark: str) -> float:
    part = landmark if landmark == "nose" else landmark.partition("_")[2]
    return _LANDMARK_TRUST.get(part, 0.0)


LANDMARKS: Final = tuple(number for number, name in enumerate(LANDMARK_NAMES) if _trust_of(name) > 0)
LANDMARK_TRUST: Final = np.array([_trust_of(LANDMARK_NAMES[number]) for number in LANDMARKS])
HIPS: Final = [LANDMARKS.index(LEFT_HIP_LANDMARK), LANDMARKS.index(RIGHT_HIP_LANDMARK)]
FEET: Final = [LANDMARKS.index(number) for number in CONTACT_LANDMARKS]
BODY: Final = [LANDMARKS.index(number) for number in BODY_LANDMARKS]

_HELD: Final = ("foot", "hand")
ACTIVE_JOINTS: Final = tuple(n for n in range(JOINT_COUNT) if not JOINT_NAMES[n].endswith(_HELD))
"""Joints that the fit may turn: all but toes and hands."""

_STIFFNESS: Final = {"pelvis": 1.7, "spine": 1.7, "collar": 2.0, "wrist": 2.0}
"""How much firmer than others joints stay with the prior: landmarks say little about their turns."""
_HINGE_AXIS: Final = {"knee": 0, "elbow": 1}
"""About which of their own axes hinges bend."""
_HINGE_STIFFNESS: Final = 5.0
"""About a hinge's other axes, which the prior knows better than a landmark's error should decide."""


def _stiffness_of(joint: str) -> NDArray[np.float64]:
    """Return (3,) about the joint's own axes."""
    stiffness = np.full(3, next((value for part, value in _STIFFNESS.items() if part in joint), 1.0))
    for part, axis in _HINGE_AXIS.items():
        if part in joint:
            stiffness *= np.where(np.arange(3) == axis, 1.0, _HINGE_STIFFNESS)
    return stiffness


JOINT_STIFFNESS: Final = np.array([_stiffness_of(JOINT_NAMES[joint]) for joint in ACTIVE_JOINTS])
"""(A, 3)"""

LEAST_TRUST: Final = 0.05
"""Of a landmark that is not seen at all: the guess beats nothing."""


@dataclass(frozen=True)
class FitEvidence:
    """T even frames of one person; L landmarks as in `LANDMARKS`.

    Attributes:
        rotmat: (T, 24, 3, 3) the prior's local rotations, smooth in time.
        pelvis_cam: (T, 3) metres, camera axes, smooth in time.
        image: (T, L, 2) seen landmarks as x / z and y / z.
        trust: (T, L) how much each is worth.
        world: (T, L, 3) metres, camera axes, hips at the origin.
        contacts: (T, 4) how surely each foot part stands.
    """

    rotmat: FloatArray
    pelvis_cam: FloatArray
    image: FloatArray
    trust: FloatArray
    world: FloatArray
    contacts: FloatArray
    frame_rate_hz: float

    def frames(self, part: slice) -> "FitEvidence":
        """Return some of the frames."""
        return FitEvidence(
            self.rotmat[part],
            self.pelvis_cam[part],
            self.image[part],
            self.trust[part],
            self.world[part],
            self.contacts[part],
            self.frame_rate_hz,
        )


def track_fit_evidence(
    track: Track, view: View, rotmat: FloatArray, pelvis_cam: FloatArray, contacts: FloatArray
) -> FitEvidence:
    """Return the evidence of a track's T rows; rotations, root and contacts as in `FitEvidence`."""
    chosen = list(LANDMARKS)
    center_px = np.asarray(view.image_size, np.float64) / 2
    image = (track.keypoints2d_px[:, chosen] - center_px) / view.focal_length_px
    world = track.world_landmarks[:, chosen]
    world = world - world[:, HIPS].mean(axis=1, keepdims=True)
    trust = np.maximum(track.visibility[:, chosen], LEAST_TRUST) * LANDMARK_TRUST
    return FitEvidence(rotmat, pelvis_cam, image, trust, world, contacts, view.frame_rate_hz)


def as_body_landmarks(evidence: FitEvidence, landmarks: FloatArray, places: FloatArray) -> FitEvidence:
    """Return the evidence with BlazePose's landmarks moved to where ours are, and its guess as tall as the body.

    Args:
        landmarks: (T, L, 3) of the body at the start, metres, camera axes, the pelvis at the origin.
        places: (T, L, 3) where BlazePose puts them.
    """
    pelvis_cam = evidence.pelvis_cam[:, None]
    shown = [(points + pelvis_cam)[..., :2] / (points + pelvis_cam)[..., 2:] for points in (landmarks, places)]
    rooted = [points - points[:, HIPS].mean(axis=1, keepdims=True) for points in (landmarks, places)]
    # The guess shows everybody equally tall; its own turn does not change its size.
    sizes = [np.sqrt((evidence.trust[..., None] * np.square(points)).sum()) for points in (rooted[1], evidence.world)]
    world = evidence.world * (sizes[0] / max(sizes[1], 1e-9)) + (rooted[0] - rooted[1])
    return replace(evidence, image=evidence.image + shown[0] - shown[1], world=world)


def turn_onto(points: FloatArray, target: FloatArray, weight: FloatArray) -> FloatArray:
    """Return points (T, L, 3) turned by the one rotation that brings them nearest to the target's, weights (T, L).

    Note: the landmark network's guess is turned as a whole by up to 10 degrees against the camera, the same way over a
    clip; the prior has learned to correct that, so only the guess's shape is believed.
    Source: Kabsch, "A solution for the best rotation to relate two sets of vectors".
    """
    moment = np.einsum("tl,tla,tlb->ab", weight, points, target, optimize=True)
    left, _, right = np.linalg.svd(moment)
    handedness = np.array([1.0, 1.0, np.sign(np.linalg.det(left @ right))])
    turned: FloatArray = points @ ((left * handedness) @ right)
    return turned
