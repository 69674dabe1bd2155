"""More kinds of poses than an hour of motion capture holds: limbs from other clips, and limbs that are bent anew.

An estimator that sees whole recorded poses only learns the recorded people by heart. Limbs that come from another clip
break that up, and are still moved as people move; bent hips and knees stand for the sitting, kneeling and curling up
that the recordings lack.
"""

import math
from typing import Final

import torch
from torch import Tensor

from ..skeleton import JOINT_COUNT
from .clips import MotionWindows
from .torch_rotations import rotvec_to_rotmat

LIMBS: Final = ((13, 16, 18, 20, 22), (14, 17, 19, 21, 23), (1, 4, 7, 10), (2, 5, 8, 11), (3, 6, 9), (12, 15))
"""Arms, legs, back, head: joints that come from one clip together."""

_HIPS, _KNEES, _SPINE, _SHOULDERS, _ELBOWS = (1, 2), (4, 5), (3, 6, 9), (16, 17), (18, 19)
_SAME_LEGS_SHARE: Final = 0.7
"""Of the bent windows: both legs alike, as in sitting or squatting."""


def mix_limbs(windows: MotionWindows, probability: float, generator: torch.Generator) -> MotionWindows:
    """Return the windows with each limb taken from another window of the batch, with a probability.

    Note: a limb's joints come together, and for the whole window, so each joint's movement stays as it was recorded.
    """
    count = len(windows.rotmat)
    rotmat = windows.rotmat.clone()
    for limb in LIMBS:
        joints = list(limb)
        donor = torch.randperm(count, generator=generator)
        chosen = torch.rand(count, generator=generator) < probability
        mixed = torch.where(
            chosen[:, None, None, None, None], windows.rotmat[donor][:, :, joints], rotmat[:, :, joints]
        )
        rotmat[:, :, joints] = mixed
    return MotionWindows(rotmat, windows.pelvis)


def bend_limbs(windows: MotionWindows, probability: float, generator: torch.Generator) -> MotionWindows:
    """Return the windows, some with hips, knees, back and arms bent by an angle that all their frames share."""
    count = len(windows.rotmat)
    chosen = torch.rand(count, generator=generator) < probability
    offset = _bends(count, generator) * chosen[:, None, None]
    return MotionWindows(rotvec_to_rotmat(offset)[:, None] @ windows.rotmat, windows.pelvis)


def _bends(count: int, generator: torch.Generator) -> Tensor:
    """Return rotation vectors (N, 24, 3), radians, in the axes of each joint's parent."""

    def even(low_deg: float, high_deg: float, *shape: int) -> Tensor:
        drawn = torch.rand(count, *shape, generator=generator)
        return torch.deg2rad(low_deg + (high_deg - low_deg) * drawn)

    offset = torch.zeros(count, JOINT_COUNT, 3)
    # A thigh goes forward by a negative turn about x, a shin back by a positive one.
    flexion, bend = even(-110, 10, 2), even(0, 110, 2)
    is_same = torch.rand(count, generator=generator) < _SAME_LEGS_SHARE
    for angles in (flexion, bend):
        angles[:, 1] = torch.where(is_same, angles[:, 0], angles[:, 1])
    offset[:, _HIPS, 0], offset[:, _KNEES, 0] = flexion, bend
    offset[:, _HIPS, 1:] = math.radians(12) * torch.randn(count, 2, 2, generator=generator)
    offset[:, _SPINE, 0] = even(-4, 16, 1)
    offset[:, _SHOULDERS] = math.radians(30) * torch.randn(count, 2, 3, generator=generator)
    # The left elbow bends by a negative turn about y, the right one by a positive.
    offset[:, _ELBOWS, 1] = even(0, 80, 2) * torch.tensor([-1.0, 1.0])
    return offset
