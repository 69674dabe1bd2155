"""The body at rest: its shaped vertices and joints in SMPL's axes, and how it stands on the floor. numpy only."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..core.body_file import BodyFile
from ..core.motion import Motion
from ..core.rotations import rotvec_to_rotmat
from ..core.skeleton import CONTACT_LANDMARKS, JOINT_COUNT, PARENTS
from .axes import ARMATURE_FROM_SMPL

FloatArray = NDArray[np.floating[Any]]

UP: Final = 1
"""Index of SMPL's up axis."""


@dataclass(frozen=True)
class ShapedBody:
    """One person's body in the T-pose; metres, SMPL's axes.

    Attributes:
        vertices: (V, 3).
        joints: (24, 3).
        landmarks: (33, 3) BlazePose-style landmarks.
    """

    vertices: FloatArray
    joints: FloatArray
    landmarks: FloatArray

    @property
    def sole_height(self) -> float:
        """Height of the lowest vertex."""
        return float(self.vertices[:, UP].min())

    @property
    def foot_landmark_heights(self) -> FloatArray:
        """(4,) heights of the heels and toes above the soles, in the order of the motion file's `contacts`."""
        heights: FloatArray = self.landmarks[list(CONTACT_LANDMARKS), UP] - self.sole_height
        return heights


def shape_body(body_file: BodyFile, betas: FloatArray) -> ShapedBody:
    """Return the body with shape `betas` (10,) applied."""
    vertices = body_file.v_template.astype(np.float64) + body_file.shapedirs @ np.asarray(betas, np.float64)
    joints = body_file.joint_regressor.astype(np.float64) @ vertices
    landmarks = (
        body_file.landmark_joint_weights @ joints
        + body_file.landmark_vertex_weights @ vertices[body_file.landmark_vertex_ids]
    )
    return ShapedBody(vertices, joints, landmarks)


def rest_joints_of_motion(motion: Motion) -> FloatArray:
    """Return the rest joints (24, 3), metres, SMPL's axes, that the motion was made with.

    They follow from the posed joints and the rotations alone, so any body's motion can be shown, with or without its
    body file: each offset from the parent, turned back by the parent's global rotation, is constant.
    """
    local = rotvec_to_rotmat(motion.poses.reshape(-1, JOINT_COUNT, 3).astype(np.float64))
    posed = motion.joints.astype(np.float64)
    rest = np.empty((JOINT_COUNT, 3))
    rest[0] = (posed[:, 0] - motion.trans).mean(axis=0)
    global_rotmat = [local[:, 0]]
    for joint, parent in enumerate(PARENTS[1:], start=1):
        offset = posed[:, joint] - posed[:, parent]
        rest[joint] = rest[parent] + np.einsum("tij,ti->tj", global_rotmat[parent], offset).mean(axis=0)
        global_rotmat.append(global_rotmat[parent] @ local[:, joint])
    return rest


@dataclass(frozen=True)
class StandingRest:
    """The rest pose stood up in the armature's axes with the soles at z = 0.

    Attributes:
        heads: (24, 3) joints, metres, armature axes.
        lift_m: how far SMPL's origin was raised for that.
    """

    heads: FloatArray
    lift_m: float

    def to_armature(self, points_smpl: FloatArray) -> FloatArray:
        """Return points (..., 3) of the rest pose, SMPL's axes, in the armature's."""
        points: FloatArray = points_smpl @ ARMATURE_FROM_SMPL.T + np.array([0.0, 0.0, self.lift_m])
        return points


def stand_up(rest_joints: FloatArray, sole_height: float) -> StandingRest:
    """Return the standing rest pose of joints (24, 3) with the soles at the height `sole_height`, SMPL's axes."""
    unlifted = StandingRest(rest_joints, -sole_height)
    return StandingRest(unlifted.to_armature(rest_joints), -sole_height)
