"""What somebody says about one person of a rendered video, laid out on every frame, and whom of the truth they mean."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import savgol_filter

from ...motion import Motion
from ...rotations import rotvec_to_rotmat
from ...segments import true_runs
from .rendered_truth import ShotTruth

FloatArray = NDArray[np.floating[Any]]

REFERENCE_RATE_HZ: Final = 30.0
SAVGOL_WINDOW_S: Final = 0.35
SAVGOL_ORDER: Final = 3


@dataclass(frozen=True)
class PredictedTrack:
    """One person on all T frames of a shot, NaN where there is no pose; metres, camera axes.

    Attributes:
        landmarks: (T, 33, 3); their place is right only where there is a pelvis, else they are rooted anywhere.
        keypoints2d_px: (T, 33, 2).
        rotmat: (T, 24, 3, 3) local rotations, or None where nobody says anything about them.
        pelvis_cam: (T, 3), or None.
        frames_per_second: how fast it was made; NaN where it was not measured.
    """

    landmarks: FloatArray
    keypoints2d_px: FloatArray
    rotmat: FloatArray | None
    pelvis_cam: FloatArray | None
    frames_per_second: float

    @property
    def has_pose(self) -> NDArray[np.bool_]:
        """(T,) which frames have a pose."""
        return finite_frames(self.landmarks)


def finite_frames(values: FloatArray) -> NDArray[np.bool_]:
    """Return (T,) which frames of values (T, ...) are all finite."""
    finite = np.isfinite(values).reshape(len(values), -1)
    return np.asarray(finite.all(axis=1), np.bool_)


def spread_over_frames(values: FloatArray, frame_ids: NDArray[np.int64], frame_count: int) -> FloatArray:
    """Return rows (N, ...) at their frames (T, ...), NaN elsewhere; rows beyond the last frame are dropped."""
    dense = np.full((frame_count, *values.shape[1:]), np.nan)
    inside = frame_ids < frame_count
    dense[frame_ids[inside]] = values[inside]
    return dense


def track_of_motion(motion: Motion, frame_count: int, frames_per_second: float = float("nan")) -> PredictedTrack:
    """Return the track of a motion file on a video of so many frames."""
    rotmat = rotvec_to_rotmat(motion.poses.reshape(-1, 24, 3).astype(np.float64))
    fields = {
        "landmarks": motion.keypoints,
        "keypoints2d_px": motion.keypoints_2d,
        "rotmat": rotmat,
        "pelvis_cam": motion.joints[:, 0],
    }
    dense = {name: spread_over_frames(values, motion.frame_ids, frame_count) for name, values in fields.items()}
    return PredictedTrack(**dense, frames_per_second=frames_per_second)


def track_of_truth(truth: ShotTruth) -> PredictedTrack:
    """Return the track of somebody who knows everything: what even they score says what the columns can show."""
    return PredictedTrack(truth.landmarks, truth.keypoints2d_px, truth.rotmat, truth.pelvis_cam, float("nan"))


def thinning(frame_rate_hz: float) -> tuple[int, float]:
    """Return which frames to take (every n-th), and the rate of those over 30: 2 and 1.0 for 60 frames a second."""
    step = max(1, round(frame_rate_hz / REFERENCE_RATE_HZ))
    return step, frame_rate_hz / (step * REFERENCE_RATE_HZ)


def savgol_track(track: PredictedTrack, frame_rate_hz: float) -> PredictedTrack:
    """Return the track with its 3-D landmarks smoothed over time, each run on its own; too short ones as they are.

    Source: Savitzky and Golay; 350 ms, third order.
    """
    window = max(round(SAVGOL_WINDOW_S * frame_rate_hz) | 1, SAVGOL_ORDER + 2)
    landmarks = track.landmarks.copy()
    for run in true_runs(track.has_pose):
        if run.stop - run.start >= window:
            landmarks[run] = savgol_filter(landmarks[run], window, SAVGOL_ORDER, axis=0)
    return dataclasses.replace(track, landmarks=landmarks)


def match_person(keypoints2d_px: FloatArray, people: Sequence[ShotTruth]) -> int:
    """Return which person a track (T, 33, 2) shows: the one whose box overlaps its box most, over all frames."""
    overlaps = [box_overlap(keypoints2d_px, person.keypoints2d_px).sum() for person in people]
    return int(np.argmax(overlaps))


def box_overlap(first_px: FloatArray, second_px: FloatArray) -> FloatArray:
    """Return shared over joint area (T,) of the boxes around points (T, K, 2); 0 where one of them is missing."""
    present = finite_frames(first_px) & finite_frames(second_px)
    overlap = np.zeros(len(first_px))
    (low, high), (other_low, other_high) = (
        (points.min(axis=1), points.max(axis=1)) for points in (first_px[present], second_px[present])
    )
    shared = np.clip(np.minimum(high, other_high) - np.maximum(low, other_low), 0, None).prod(axis=1)
    joint = (high - low).prod(axis=1) + (other_high - other_low).prod(axis=1) - shared
    overlap[present] = shared / np.maximum(joint, 1e-9)
    return overlap
