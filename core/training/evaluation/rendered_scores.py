"""The figures of one person on one rendered shot, on plain arrays, and their means over shots.

Everything that counts frames or steps is at 30 frames a second: a shot of 60 is taken at every second frame there.
Frames without a pose are NaN; they are left out of every error, and `coverage` says how many there are.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...refinement.fit_evidence import turn_onto
from ...segments import true_runs
from ...skeleton import BODY_LANDMARKS
from ..metrics import MM_PER_M, mean_distance_mm, procrustes_align, rooted_body, second_difference
from .foot_scores import FootScores, foot_scores
from .liveliness import LONGEST_LAG_FRAMES, liveliness
from .metrics import joint_angle_errors_deg
from .rendered_tracks import PredictedTrack, finite_frames, thinning
from .rendered_truth import ShotTruth

FloatArray = NDArray[np.floating[Any]]
BoolArray = NDArray[np.bool_]

BODY_JOINTS: Final = slice(0, 22)
SHORTEST_LIVELY_RUN: Final = 3 * LONGEST_LAG_FRAMES
FLIP_MARGIN_M: Final = 0.05
"""By so much, on average, a limb must lie nearer to the other side's truth before it counts as taken for it."""

ARMS: Final = ((11, 13, 15), (12, 14, 16))
LEGS: Final = ((23, 25, 27), (24, 26, 28))
NAN: Final = float("nan")


@dataclass(frozen=True)
class ShotScores:
    """Millimetres, degrees, frames of 1/30 s, and shares of 1; NaN where a figure makes no sense.

    Attributes:
        coverage: share of the truth's frames with a pose.
        mpjpe_mm, pa_mpjpe_mm: 12 body landmarks, rooted at the middle of the hips, camera axes.
        visible_mm, hidden_mm: as mpjpe_mm, of the landmarks that can be seen and of those that cannot.
        angle_deg: mean angle between the local rotations of 22 joints (without hands).
        acc, true_acc, acc_error: size of the second differences (mm/frame^2), of the truth's, and of their difference.
        peak_speed_ratio, lag_frames: see `Liveliness`.
        root_mm, root_aligned_mm: the pelvis's distance to the truth, as it is and after the best turn and shift of the
            whole track.
        root_jitter, true_root_jitter: mean second difference of the pelvis, mm/frame^2.
        flips: share of frames in which legs or arms are on the other side.
        reprojection: distance of visible body landmarks in the picture, as a share of the person's height.
        sliding_mm, penetration_mm, float_mm: see `FootScores`.
        frames_per_second: how fast it was made.
    """

    coverage: float
    mpjpe_mm: float
    pa_mpjpe_mm: float
    visible_mm: float
    hidden_mm: float
    angle_deg: float
    acc: float
    true_acc: float
    acc_error: float
    peak_speed_ratio: float
    lag_frames: float
    root_mm: float
    root_aligned_mm: float
    root_jitter: float
    true_root_jitter: float
    flips: float
    reprojection: float
    sliding_mm: float
    penetration_mm: float
    float_mm: float
    frames_per_second: float

    @property
    def acc_ratio(self) -> float:
        """ACC over the true one."""
        return self.acc / self.true_acc if self.true_acc > 0 else NAN


def score_shot(track: PredictedTrack, truth: ShotTruth) -> ShotScores:
    """Return the scores of a track on the shot that it is of."""
    seen = track.has_pose
    body = np.full((truth.frame_count, len(BODY_LANDMARKS), 3), np.nan)
    body[seen] = rooted_body(track.landmarks[seen])
    true_body = rooted_body(truth.landmarks)
    distance_mm = MM_PER_M * np.linalg.norm(body - true_body, axis=-1)
    hidden = truth.hidden[:, list(BODY_LANDMARKS)]
    acc, true_acc, acc_error = acceleration_at_30(body, true_body, truth.frame_rate_hz)
    peak_speed_ratio, lag_frames = lively_runs(track.landmarks, truth.landmarks, truth.frame_rate_hz)
    feet = FootScores(NAN, NAN, NAN) if track.pelvis_cam is None else foot_scores(track.landmarks, truth)
    return ShotScores(
        coverage=float(seen.mean()),
        mpjpe_mm=mean_or_nan(distance_mm),
        pa_mpjpe_mm=pa_mpjpe_mm(body[seen], true_body[seen]),
        visible_mm=mean_or_nan(distance_mm[~hidden]),
        hidden_mm=mean_or_nan(distance_mm[hidden]),
        angle_deg=body_angle_deg(track.rotmat, truth.rotmat),
        acc=acc,
        true_acc=true_acc,
        acc_error=acc_error,
        peak_speed_ratio=peak_speed_ratio,
        lag_frames=lag_frames,
        **_root_scores(track.pelvis_cam, truth),
        flips=mean_or_nan(np.where(seen, flipped_frames(body, true_body), np.nan)),
        reprojection=mean_or_nan(reprojection_shares(track.keypoints2d_px, truth)),
        **dataclasses.asdict(feet),
        frames_per_second=track.frames_per_second,
    )


def mean_scores(scores: Sequence[ShotScores]) -> ShotScores:
    """Return the mean of each figure over shots, each shot counting the same; NaN is left out."""
    names = [field.name for field in dataclasses.fields(ShotScores)]
    return ShotScores(**{name: mean_or_nan([getattr(score, name) for score in scores]) for name in names})


def mean_or_nan(values: FloatArray | Sequence[float]) -> float:
    """Return the mean of what is not NaN; NaN where nothing is left."""
    array = np.asarray(values, np.float64)
    finite = array[np.isfinite(array)]
    return float(finite.mean()) if finite.size else NAN


def pa_mpjpe_mm(predicted: FloatArray, true: FloatArray) -> float:
    """Return the mean distance of points (N, K, 3) after the best similarity transform of each frame."""
    return mean_distance_mm(procrustes_align(predicted, true), true) if len(predicted) else NAN


def acceleration_at_30(predicted: FloatArray, true: FloatArray, frame_rate_hz: float) -> tuple[float, float, float]:
    """Return ACC of prediction and truth and ACC ERR, mm/frame^2, of rooted points (T, K, 3), NaN where missing."""
    step, relative_rate = thinning(frame_rate_hz)
    of_predicted, of_true = (
        second_difference(points[::step]) * relative_rate**2 * MM_PER_M for points in (predicted, true)
    )
    of_true = np.where(np.isnan(of_predicted), np.nan, of_true)
    sizes = [np.linalg.norm(acc, axis=-1) for acc in (of_predicted, of_true, of_predicted - of_true)]
    acc, true_acc, acc_error = (mean_or_nan(size) for size in sizes)
    return acc, true_acc, acc_error


def lively_runs(predicted: FloatArray, true: FloatArray, frame_rate_hz: float) -> tuple[float, float]:
    """Return peak speed ratio and lag (at 30 Hz) of landmarks (T, 33, 3), over the runs of frames with a pose."""
    step, _ = thinning(frame_rate_hz)
    predicted, true = predicted[::step], true[::step]
    long_runs = [run for run in true_runs(finite_frames(predicted)) if run.stop - run.start >= SHORTEST_LIVELY_RUN]
    found = [liveliness(predicted[None, run], true[None, run], frame_rate_hz / step) for run in long_runs]
    return mean_or_nan([run.peak_speed_ratio for run in found]), mean_or_nan([run.lag_frames for run in found])


def body_angle_deg(predicted: FloatArray | None, true: FloatArray) -> float:
    """Return the mean angle between local rotations (T, 24, 3, 3) of all joints but the hands, degrees."""
    if predicted is None:
        return NAN
    seen = finite_frames(predicted)
    if not seen.any():
        return NAN
    return float(joint_angle_errors_deg(predicted[seen], true[seen])[BODY_JOINTS].mean())


def rigid_align(points: FloatArray, target: FloatArray) -> FloatArray:
    """Return points (N, 3) turned and shifted, never mirrored or scaled, as near to the target's as can be.

    Source: Umeyama, without the scale.
    """
    center, target_center = points.mean(axis=0), target.mean(axis=0)
    turned = turn_onto((points - center)[None], (target - target_center)[None], np.ones((1, len(points))))
    aligned: FloatArray = turned[0] + target_center
    return aligned


def _root_scores(pelvis_cam: FloatArray | None, truth: ShotTruth) -> dict[str, float]:
    names = ("root_mm", "root_aligned_mm", "root_jitter", "true_root_jitter")
    if pelvis_cam is None or not (seen := finite_frames(pelvis_cam)).any():
        return dict.fromkeys(names, NAN)
    predicted, true = pelvis_cam[seen], truth.pelvis_cam[seen]
    jitter, true_jitter, _ = acceleration_at_30(pelvis_cam[:, None], truth.pelvis_cam[:, None], truth.frame_rate_hz)
    aligned = mean_distance_mm(rigid_align(predicted, true), true)
    return dict(zip(names, (mean_distance_mm(predicted, true), aligned, jitter, true_jitter), strict=True))


def flipped_frames(body: FloatArray, true_body: FloatArray) -> BoolArray:
    """Return (T,) where arms or legs (T, 12, 3) lie nearer to the other side's truth; rooted, NaN is no flip."""
    flipped = np.zeros(len(body), bool)
    for left, right in (ARMS, LEGS):
        same = [BODY_LANDMARKS.index(landmark) for landmark in (*left, *right)]
        other = [BODY_LANDMARKS.index(landmark) for landmark in (*right, *left)]
        predicted = body[:, same]
        to_same = np.linalg.norm(predicted - true_body[:, same], axis=-1).mean(axis=-1)
        to_other = np.linalg.norm(predicted - true_body[:, other], axis=-1).mean(axis=-1)
        flipped |= to_other < to_same - FLIP_MARGIN_M
    return flipped


def reprojection_shares(keypoints2d_px: FloatArray, truth: ShotTruth) -> FloatArray:
    """Return (T, 12) distances in the picture over the person's height, NaN where hidden or missing."""
    body = list(BODY_LANDMARKS)
    distance_px = np.linalg.norm(keypoints2d_px[:, body] - truth.keypoints2d_px[:, body], axis=-1)
    shares: FloatArray = distance_px / truth.person_height_px()[:, None]
    return np.where(truth.hidden[:, body], np.nan, shares)
