"""A BVH file's motion on SMPL's joints, for the skeletons that rigs.py knows."""

from pathlib import Path

import numpy as np

from ..body_model import BodyModel
from ..skeleton import PARENTS
from .bvh import load_bvh_clip
from .imported import ImportedPerson
from .rest_pose import transfer


def read_bvh(path: Path, body: BodyModel) -> ImportedPerson:
    """Return the motion, with the pelvis placed for the legs of the bundled body; which way is up is Y, as BVH has it.

    Raises:
        MotionDataError: damaged, or on a skeleton that rigs.py does not know.
    """
    clip = load_bvh_clip(path)
    rest = body.rest_joints(np.zeros(10))
    offsets_m = rest - np.concatenate([np.zeros((1, 3)), rest[list(PARENTS[1:])]])
    moved = transfer(clip, offsets_m)
    return ImportedPerson(
        source="BVH",
        rotmat=moved.rotmat,
        place=moved.pelvis,
        axes="world_y_up",
        body="open",
        rate_hz=clip.frame_rate_hz,
        is_pelvis=True,
    )
