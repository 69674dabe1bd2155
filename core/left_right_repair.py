"""Repairs swapped sides: a per-frame network now and then takes a left leg for the right one, or the whole body.

Each frame carries one of four labels (as it is, all swapped, arms swapped, legs swapped); the labels that make the
landmarks move least over the whole track, and that agree with the face, win; they are found by Viterbi's algorithm.
Nothing is learned and nothing invented: the landmarks are only renamed.
"""

import dataclasses
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .face_anchor import facing_agreement
from .skeleton import LANDMARK_NAMES, LEFT_HIP_LANDMARK, MIRROR_LANDMARKS
from .tracks import Track

FloatArray = NDArray[np.floating[Any]]
Labels = NDArray[np.intp]

FIRST_BODY_LANDMARK: Final = LANDMARK_NAMES.index("left_shoulder")

LARGEST_STEP: Final = 1.2
"""A landmark that jumps farther than this (person heights and metres, summed) says nothing more about its name."""

STEP_WEIGHT: Final = 4.0
FIRST_FRAME_COST: Final = np.array([0.0, 0.15, 0.25, 0.25])
"""How unlikely each label is where a track begins; half swaps are rarer than whole ones."""

FRAME_COST: Final = 0.3 * FIRST_FRAME_COST
"""The same at every further frame, so that a long track is not renamed as a whole."""

FACE_COST: Final = 0.1
"""Of a frame whose shoulders and hips, as named by a label, look away from the face; half of it for one pair."""

PAIR_SIGNS: Final = np.array([[1, 1], [-1, -1], [-1, 1], [1, -1]])
"""(4, 2) whether a label keeps the names of shoulders and hips."""


def _renamings() -> NDArray[np.intp]:
    """Return (4, 33) landmark numbers: as they are, all swapped, arms swapped, legs swapped."""
    same = np.arange(len(LANDMARK_NAMES))
    mirrored = np.array(MIRROR_LANDMARKS)
    is_leg = same >= LEFT_HIP_LANDMARK
    is_arm = (same >= FIRST_BODY_LANDMARK) & ~is_leg
    return np.stack([same, mirrored, np.where(is_arm, mirrored, same), np.where(is_leg, mirrored, same)])


RENAMINGS: Final = _renamings()


def repair_left_right(track: Track) -> tuple[Track, Labels]:
    """Return the track with its landmarks renamed where sides were swapped, and the label of each frame.

    Returns:
        The repaired track, and (T,) labels: 0 as it was, 1 all, 2 arms, 3 legs swapped.
    Note: which names are right for a track as a whole, the face decides; where it is not seen, the network, since most
    frames are right.
    """
    labels = _best_labels(_movement_cost(track), _face_cost(track))
    order = RENAMINGS[labels]
    repaired = dataclasses.replace(
        track,
        keypoints2d_px=np.take_along_axis(track.keypoints2d_px, order[..., None], axis=1),
        world_landmarks=np.take_along_axis(track.world_landmarks, order[..., None], axis=1),
        visibility=np.take_along_axis(track.visibility, order, axis=1),
    )
    return repaired, labels


def _movement_cost(track: Track) -> FloatArray:
    """Return (T - 1, 4, 4): what it costs to go from a label to a label of the next frame."""
    height_px = np.ptp(track.keypoints2d_px, axis=1).max(axis=1).mean()
    place = np.concatenate([track.keypoints2d_px / height_px, track.world_landmarks], axis=-1)
    named = [place[:, renaming][:, FIRST_BODY_LANDMARK:] for renaming in RENAMINGS]
    cost = np.empty((max(len(place) - 1, 0), len(RENAMINGS), len(RENAMINGS)))
    for before, first in enumerate(named):
        for after, second in enumerate(named):
            step = np.abs(second[1:] - first[:-1]).sum(axis=-1)
            cost[:, before, after] = STEP_WEIGHT * np.minimum(step, LARGEST_STEP).mean(axis=-1)
    return cost


def _face_cost(track: Track) -> FloatArray:
    """Return (T, 4): what each label costs for turning shoulders or hips away from the face."""
    agreement = facing_agreement(track.world_landmarks, track.visibility)
    named = PAIR_SIGNS * agreement[:, None]
    cost: FloatArray = FACE_COST / 2 * np.maximum(-named, 0).sum(axis=-1)
    return cost


def _best_labels(cost: FloatArray, frame_cost: FloatArray) -> Labels:
    """Return the (T,) labels of the cheapest path; Viterbi's algorithm.

    Args:
        cost: (T - 1, 4, 4) from a label to the next frame's.
        frame_cost: (T, 4) of each label, beside the constants.
    """
    total = FIRST_FRAME_COST + frame_cost[0]
    came_from = np.empty((len(cost), len(total)), np.intp)
    for frame, step in enumerate(cost):
        candidates = total[:, None] + step
        came_from[frame] = candidates.argmin(axis=0)
        total = candidates.min(axis=0) + FRAME_COST + frame_cost[frame + 1]
    labels = np.empty(len(cost) + 1, np.intp)
    labels[-1] = total.argmin()
    for frame in range(len(cost) - 1, -1, -1):
        labels[frame] = came_from[frame, labels[frame + 1]]
    return labels
