"""Which body a motion was made with: the bundled one, that of the user's SMPL file, or one that is not here.

numpy only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from ..core.body_file import BodyFile, load_body_file, open_body_path
from ..core.errors import BodyFileError
from ..core.motion import Motion
from ..core.skeleton import BETA_COUNT
from ..core.smpl_files import load_smpl_file
from .network_files import LABELS
from .rest_pose import FloatArray, ShapedBody, rest_joints_of_motion, shape_body

BODY_JOINT_TOLERANCE_M: Final = 1e-3
"""A motion file whose joints differ more from the body file's was made with another body: no mesh would fit."""

OTHER_BODY: Final = "was made with another body than the bundled one: it has no mesh."
NO_SMPL_FILE: Final = (
    f"was made with the SMPL body: it has no mesh, because no {LABELS['smpl_file']} is set in the add-on's preferences."
)
BAD_SMPL_FILE: Final = "was made with the SMPL body: it has no mesh."


@dataclass(frozen=True)
class MotionBody:
    """The body of one person's motion.

    Attributes:
        joints: (24, 3) rest joints that the motion was made with, metres, SMPL's axes.
        shaped: that body with the motion's shape; where it is not here, the bundled one with its mean shape.
        body_file: what its mesh is made of; None where it is not here.
        problem: why it is not here, to be read after "The motion of ..."; else empty.
    """

    joints: FloatArray
    shaped: ShapedBody
    body_file: BodyFile | None
    problem: str = ""


def find_bodies(motions: Sequence[Motion], smpl_file: Path | None) -> list[MotionBody]:
    """Return the body of each motion.

    Args:
        smpl_file: the user's SMPL file; read only when a motion needs it.
    """
    open_body = load_body_file(open_body_path())
    bodies: dict[str, BodyFile | str] = {"open": open_body}
    if any(motion.body == "smpl" for motion in motions):
        bodies["smpl"] = _smpl_body(smpl_file)
    return [_body_of(motion, bodies.get(motion.body, OTHER_BODY), open_body) for motion in motions]


def _smpl_body(smpl_file: Path | None) -> BodyFile | str:
    """Return the body of the user's SMPL file, or why there is none."""
    if smpl_file is None:
        return NO_SMPL_FILE
    try:
        return load_smpl_file(smpl_file)
    except (BodyFileError, OSError) as error:
        # The motion is worth showing without its mesh, after a long estimate above all.
        return f"{BAD_SMPL_FILE} {error}"


def _body_of(motion: Motion, candidate: BodyFile | str, open_body: BodyFile) -> MotionBody:
    """Return the body of a motion: the candidate where its joints are the motion's.

    Args:
        candidate: the body by the name that the motion gives, or why it is not here.
    """
    joints = rest_joints_of_motion(motion)
    if not isinstance(candidate, str):
        shaped = shape_body(candidate, motion.betas)
        if np.abs(shaped.joints - joints).max() <= BODY_JOINT_TOLERANCE_M:
            return MotionBody(joints, shaped, candidate)
        candidate = OTHER_BODY
    # Betas mean nothing on another body than their own.
    return MotionBody(joints, shape_body(open_body, np.zeros(BETA_COUNT)), None, candidate)
