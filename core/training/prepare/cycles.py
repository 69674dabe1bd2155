"""A cyclic clip repeated until it is long enough for the trainer's windows.

The clip itself stays as it is. Each repetition goes on where the last one ended, in place and heading; what then is
left between the last pose and the first one fades out over the first moments of the repetition.
"""

from dataclasses import replace
from typing import Final

import numpy as np

from ...motion_import.source_clip import FloatArray
from ...rotations import rotmat_to_quat_wxyz, rotmat_to_rotvec, rotvec_to_rotmat
from .cmu_prepare import FRAME_RATE_HZ, PreparedClip

SHORTEST_CYCLE_S: Final = 4.0
FADE_S: Final = 0.3


def repeat_clip(clip: PreparedClip) -> PreparedClip:
    """Return a cyclic clip repeated until it lasts `SHORTEST_CYCLE_S`; its last frame is the next cycle's first."""
    rotmat = rotvec_to_rotmat(clip.poses.astype(np.float64))
    repeats = int(np.ceil(SHORTEST_CYCLE_S * FRAME_RATE_HZ / (len(rotmat) - 1)))
    rotmat, pelvis = repeat_cycle(rotmat, clip.pelvis.astype(np.float64), repeats, round(FADE_S * FRAME_RATE_HZ))
    return replace(
        clip,
        poses=rotmat_to_rotvec(rotmat).astype(np.float32),
        pelvis=pelvis.astype(np.float32),
        valid=np.concatenate([*[clip.valid[:-1]] * max(repeats, 1), clip.valid[-1:]]),
    )


def repeat_cycle(
    rotmat: FloatArray, pelvis: FloatArray, repeats: int, fade_frames: int
) -> tuple[FloatArray, FloatArray]:
    """Return a cycle `repeats` times in a row.

    Args:
        rotmat: (T, 24, 3, 3) local rotations, T at least 2; the root's in world axes, Y up.
        pelvis: (T, 3) metres.
    """
    all_rotmat, all_pelvis = rotmat, pelvis
    for _ in range(repeats - 1):
        next_rotmat, next_pelvis = _continued(all_rotmat[-1], all_pelvis[-1], rotmat, pelvis, fade_frames)
        all_rotmat = np.concatenate([all_rotmat[:-1], next_rotmat])
        all_pelvis = np.concatenate([all_pelvis[:-1], next_pelvis])
    return all_rotmat, all_pelvis


def _continued(
    last_rotmat: FloatArray, last_pelvis: FloatArray, rotmat: FloatArray, pelvis: FloatArray, fade_frames: int
) -> tuple[FloatArray, FloatArray]:
    """Return the cycle from where the last one ended; its first frame is that one's last."""
    turn = _heading(last_rotmat[0] @ rotmat[0, 0].T)
    turned = rotmat.copy()
    turned[:, 0] = turn @ turned[:, 0]
    moved = (pelvis - pelvis[0]) @ turn.T + pelvis[0] * [0, 1, 0] + last_pelvis * [1, 0, 1]
    share = np.clip(1 - np.arange(len(pelvis)) / fade_frames, 0, 1)
    fade = share * share * (3 - 2 * share)
    rest = rotmat_to_rotvec(last_rotmat @ np.swapaxes(turned[0], -1, -2))
    return (
        rotvec_to_rotmat(fade[:, None, None] * rest) @ turned,
        moved + fade[:, None] * (last_pelvis - moved[0]),
    )


def _heading(rotmat: FloatArray) -> FloatArray:
    """Return the part (3, 3) of a rotation about the vertical."""
    w, _, y, _ = rotmat_to_quat_wxyz(rotmat)
    return rotvec_to_rotmat(np.array([0.0, 2 * np.arctan2(y, w), 0.0]))
