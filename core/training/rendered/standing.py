"""Poses a body in a motion and stands it on its floor.

Rotations are taken over as they are. The pelvis path is scaled by leg length, then moved so that planted feet stay
where they are and stand at the floor's height: what the body does is the truth, whatever the clip's own skeleton did.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.ndimage import gaussian_filter1d

from ...body_model import PARENT_INDEX, TREE_LEVELS, load_open_body
from ...skeleton import CONTACT_LANDMARKS, JOINT_NAMES
from ..contact_labels import LOW_M, foot_contacts, lowest_nearby
from .arrays import BoolArray, FloatArray, IntArray
from .bodies import Body
from .motions import Motion

ARM_SINKING_M: Final = 0.05
"""Forearms and hands may sink into the floor this far before they lift the whole body: other arms made the clip."""

STEADY_S: Final = 0.06
"""Spread of the smoothing of what is done to the pelvis."""


@dataclass(frozen=True)
class PosedBody:
    """A body moving in the world, metres: joints (T, 24, 3), transforms (T, 24, 3, 4) from the T-pose, landmarks."""

    rotmat: FloatArray
    joints: FloatArray
    transforms: FloatArray
    landmarks: FloatArray


def pose_body(body: Body, motion: Motion) -> PosedBody:
    """Return the body in a motion, the pelvis joint exactly on its path."""
    rotmat, count = motion.rotmat, motion.frame_count
    joints, turns = np.empty((count, len(JOINT_NAMES), 3)), np.empty_like(rotmat)
    joints[:, 0], turns[:, 0] = motion.pelvis, rotmat[:, 0]
    for level in TREE_LEVELS:
        parents = PARENT_INDEX[level]
        offsets = body.joints[level] - body.joints[parents]
        joints[:, level] = joints[:, parents] + np.einsum("tjab,jb->tja", turns[:, parents], offsets)
        turns[:, level] = turns[:, parents] @ rotmat[:, level]
    shifts = joints - np.einsum("tjab,jb->tja", turns, body.joints)
    transforms = np.concatenate([turns, shifts[..., None]], axis=-1)
    landmarks = body.joint_weights @ joints + body.vertex_weights @ posed_points(body, transforms, body.vertex_ids)
    return PosedBody(rotmat, joints, transforms, landmarks)


def posed_points(body: Body, transforms: FloatArray, vertex_ids: IntArray) -> FloatArray:
    """Return chosen skin vertices (T, K, 3) of the posed body."""
    points = np.concatenate([body.vertices[vertex_ids], np.ones((len(vertex_ids), 1))], axis=1)
    result: FloatArray = np.einsum("kj,tjab,kb->tka", body.weights[vertex_ids], transforms, points, optimize=True)
    return result


def sole_vertices(body: Body) -> IntArray:
    """Return the vertices on the undersides of both feet."""
    height = body.vertices[:, 1]
    return np.flatnonzero(height < height.min() + 0.02)


def stand_on_floor(
    body: Body, motion: Motion, frame_rate_hz: float, floor_y: float, never_lifts: bool = False
) -> tuple[Motion, BoolArray]:
    """Return the motion on this body, with planted feet that neither slide nor sink, and its contacts (T, 4).

    Args:
        never_lifts: both feet stay planted all the time, and the pelvis goes where they leave it.
    Note: what lies or sits is brought to the floor by its lowest point like what stands.
    """
    scale = _leg_length(body.joints) / _leg_length(load_open_body().rest_joints(np.zeros(10)))
    motion = Motion(motion.rotmat, motion.pelvis * scale)
    contacts = foot_contacts(pose_body(body, motion).landmarks[:, list(CONTACT_LANDMARKS)], frame_rate_hz) | never_lifts
    motion = _without_sliding(body, motion, contacts, frame_rate_hz)
    motion = _at_height(body, motion, frame_rate_hz, floor_y, never_lifts)
    posed = pose_body(body, motion)
    feet = posed.landmarks[:, list(CONTACT_LANDMARKS)]
    contacts = foot_contacts(feet, frame_rate_hz) & (feet[..., 1] < floor_y + LOW_M + 0.015)
    return motion, contacts


def _is_arm(body: Body) -> BoolArray:
    """Return which vertices (V,) belong to forearms and hands."""
    arms = [index for index, name in enumerate(JOINT_NAMES) if name.endswith(("elbow", "wrist", "hand"))]
    return np.asarray(body.weights[:, arms].sum(axis=1) > 0.5)


def _leg_length(joints: FloatArray) -> float:
    hip, knee, ankle = (joints[JOINT_NAMES.index(f"left_{name}")] for name in ("hip", "knee", "ankle"))
    return float(np.linalg.norm(hip - knee) + np.linalg.norm(knee - ankle))


def _without_sliding(body: Body, motion: Motion, contacts: BoolArray, frame_rate_hz: float) -> Motion:
    """Move the pelvis against the mean horizontal movement of whatever is planted."""
    feet = pose_body(body, motion).landmarks[:, list(CONTACT_LANDMARKS)]
    steps = np.diff(feet, axis=0)
    both = (contacts[1:] & contacts[:-1]).astype(float)
    slide = (steps * both[..., None]).sum(axis=1) / np.maximum(both.sum(axis=1), 1)[:, None]
    sure = gaussian_filter1d((both.sum(axis=1) > 0).astype(float), 0.5 * STEADY_S * frame_rate_hz, mode="nearest")
    smooth = gaussian_filter1d(slide, 0.5 * STEADY_S * frame_rate_hz, axis=0, mode="nearest") * sure[:, None]
    smooth[:, 1] = 0.0
    shift = np.concatenate([np.zeros((1, 3)), np.cumsum(smooth, axis=0)])
    return Motion(motion.rotmat, motion.pelvis - shift)


def _at_height(body: Body, motion: Motion, frame_rate_hz: float, floor_y: float, never_lifts: bool) -> Motion:
    """Shift the pelvis up and down, smoothly, so that the lowest point of the standing body touches the floor."""
    transforms = pose_body(body, motion).transforms
    some = np.concatenate([sole_vertices(body), np.arange(0, len(body.vertices), 12)])
    heights = posed_points(body, transforms, some)[..., 1] + ARM_SINKING_M * _is_arm(body)[some]
    lowest = heights.min(axis=1)
    speed = np.abs(np.gradient(lowest, 1 / frame_rate_hz))
    near = lowest - lowest_nearby(lowest, frame_rate_hz)
    stands = (near < 0.05) & (speed < 0.5) | never_lifts
    if not stands.any():
        stands[np.argmin(lowest)] = True
    shift = np.interp(np.arange(len(lowest)), np.flatnonzero(stands), floor_y - lowest[stands])
    pelvis = motion.pelvis.copy()
    pelvis[:, 1] += gaussian_filter1d(shift, STEADY_S * frame_rate_hz, mode="nearest")
    return Motion(motion.rotmat, pelvis)
