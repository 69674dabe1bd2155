"""Which parts of the feet stand, by the motion capture itself: low and still in a fixed world."""

from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import minimum_filter1d

from ..skeleton import BETA_COUNT, CONTACT_LANDMARKS
from .clips import MotionLibrary
from .torch_body import TorchBody
from .torch_rotations import rot6d_to_rotmat

FloatArray = NDArray[np.floating[Any]]
BoolArray = NDArray[np.bool_]

LOW_M: Final = 0.07
"""A heel or toe this far above the lowest of its own track nearby may stand."""
STILL_M_S: Final = 0.45
NEARBY_S: Final = 0.5
FLESH_M: Final = 0.06
"""How far below its landmarks a body that lies or kneels touches the floor, about."""

FRAMES_PER_CALL: Final = 4096


def foot_contacts(feet: FloatArray, frame_rate_hz: float) -> BoolArray:
    """Return which of left heel, left toe, right heel, right toe (T, 4) are low and still.

    Args:
        feet: (T, 4, 3) metres, world axes, Y up.
    Note: low is low for its half second, as clips drift up and down.
    """
    if len(feet) < 2:
        return np.zeros(feet.shape[:2], bool)
    speed = np.linalg.norm(np.gradient(feet, 1 / frame_rate_hz, axis=0), axis=-1)
    ground = lowest_nearby(feet[..., 1].min(axis=1), frame_rate_hz)
    return np.asarray((speed < STILL_M_S) & (feet[..., 1] - ground[:, None] < LOW_M))


def lowest_nearby(heights: FloatArray, frame_rate_hz: float) -> FloatArray:
    """Return the lowest of heights (T,) within half a second of each."""
    result: FloatArray = minimum_filter1d(heights, 2 * round(NEARBY_S * frame_rate_hz) + 1, mode="nearest")
    return result


@torch.no_grad()
def library_contacts(library: MotionLibrary, body: TorchBody) -> BoolArray:
    """Return the contacts (T, 4) of all frames of a motion library, on the mean body."""
    landmarks = np.concatenate(
        [
            body.pose_landmarks(rot6d_to_rotmat(part), torch.zeros(len(part), BETA_COUNT))[0].numpy()
            for part in library.rot6d.split(FRAMES_PER_CALL)
        ]
    )
    landmarks = landmarks + library.pelvis.numpy()[:, None]
    contacts = np.zeros((len(landmarks), len(CONTACT_LANDMARKS)), bool)
    for first, length in zip(library.clip_start, library.clip_length, strict=True):
        rows = slice(first, first + length)
        contacts[rows] = body_contacts(landmarks[rows], library.frame_rate)
    return contacts


def body_contacts(landmarks: FloatArray, frame_rate_hz: float) -> BoolArray:
    """Return `foot_contacts` of a body (T, 33, 3); feet that are held up while it lies or kneels do not stand."""
    feet = landmarks[:, list(CONTACT_LANDMARKS)]
    ground = lowest_nearby(landmarks[..., 1].min(axis=1), frame_rate_hz) - FLESH_M
    lies = landmarks[..., 1].min(axis=1) < feet[..., 1].min(axis=1) - FLESH_M
    held_up = lies[:, None] & (feet[..., 1] - ground[:, None] > LOW_M + FLESH_M)
    return np.asarray(foot_contacts(feet, frame_rate_hz) & ~held_up)
