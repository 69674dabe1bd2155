"""Measures a finished body: segment lengths and stature, for the build's report and docs/body.md."""

from typing import Final

import numpy as np

from ...body_file import BodyFile
from ...body_model import BodyModel
from ...skeleton import BETA_COUNT, JOINT_NAMES

SEGMENT_ENDS: Final = (
    ("left_shoulder", "left_elbow"),
    ("left_elbow", "left_wrist"),
    ("left_wrist", "left_hand"),
    ("left_hip", "left_knee"),
    ("left_knee", "left_ankle"),
    ("left_ankle", "left_foot"),
    ("left_hip", "right_hip"),
    ("left_shoulder", "right_shoulder"),
    ("pelvis", "neck"),
    ("neck", "head"),
)


def measurement_lines(body: BodyFile) -> list[str]:
    """Return lines of text: stature over beta0, and each segment's length in cm and as a fraction of stature."""
    model = BodyModel(body)
    joints = model.rest_joints(np.zeros(BETA_COUNT))
    stature = float(np.ptp(body.v_template[:, 1]))
    heights = [float(np.ptp(model.rest_vertices(np.eye(BETA_COUNT)[0] * beta)[:, 1])) for beta in (-2, 2)]
    lines = [f"stature {stature:.3f} m; beta0 = -2: {heights[0]:.3f} m, +2: {heights[1]:.3f} m"]
    for start, end in SEGMENT_ENDS:
        length = float(np.linalg.norm(joints[JOINT_NAMES.index(start)] - joints[JOINT_NAMES.index(end)]))
        lines.append(f"{start} to {end}: {100 * length:.1f} cm, {length / stature:.3f} H")
    return lines
