"""The error of landmarks against the truth as a random process: what `landmark_noise.py` has to imitate.

Each clip's error is taken apart: one turn and one scale for the clip, a further turn for each frame, and what is left
at each landmark. Frames with swapped sides are left out here and counted elsewhere. Camera axes, metres.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...rotations import rotmat_to_rotvec
from ...skeleton import BODY_LANDMARKS
from .landmark_observation import ObservedLandmarks
from .rendered_scores import flipped_frames, mean_or_nan
from .rendered_tracks import finite_frames

FloatArray = NDArray[np.floating[Any]]
BoolArray = NDArray[np.bool_]

GROUPS: Final[dict[str, tuple[int, ...]]] = {
    "face": tuple(range(11)),
    "shoulders": (11, 12),
    "elbows": (13, 14),
    "wrists": (15, 16),
    "hands": tuple(range(17, 23)),
    "hips": (23, 24),
    "knees": (25, 26),
    "ankles": (27, 28),
    "feet": (29, 30, 31, 32),
}
LIMBS: Final[dict[str, tuple[tuple[int, int], ...]]] = {
    "upper arm": ((11, 13), (12, 14)),
    "forearm": ((13, 15), (14, 16)),
    "thigh": ((23, 25), (24, 26)),
    "shin": ((25, 27), (26, 28)),
    "shoulder width": ((11, 12),),
    "hip width": ((23, 24),),
    "trunk side": ((11, 23), (12, 24)),
}
LAGS_MS: Final = (17, 33, 67, 100, 333)
MAD_TO_STD: Final = 1.4826
FEWEST_FRAMES: Final = 12
"""A landmark that is seen in fewer frames of a clip has no mean there."""


@dataclass(frozen=True)
class ClipErrors:
    """The error of one clip, taken apart; NaN where a frame has no pose or swapped sides.

    Attributes:
        frame_rate_hz: of the clip.
        scale: size of the world landmarks over the truth's.
        turn: (3,) rotation vector of the whole clip, rad.
        turns: (T, 3) further rotation vector of each frame.
        world: (T, 33, 3) error left after the clip's turn and scale.
        straightened: (T, 33, 3) error left after each frame's turn too.
        image: (T, 33, 2) error in the picture over the person's height.
        hidden: (T, 33) what the truth says.
    """

    frame_rate_hz: float
    scale: float
    turn: FloatArray
    turns: FloatArray
    world: FloatArray
    straightened: FloatArray
    image: FloatArray
    hidden: BoolArray


def clip_errors(observed: ObservedLandmarks) -> ClipErrors | None:
    """Return a clip's error, None where hardly any frame has a pose with the right sides."""
    truth = observed.truth
    true = truth.landmarks - truth.landmarks[:, 23:25].mean(axis=1, keepdims=True)
    usable = finite_frames(observed.world_landmarks) & ~swapped_frames(observed)
    if usable.sum() < FEWEST_FRAMES:
        return None
    body = list(BODY_LANDMARKS)
    predicted = np.where(usable[:, None, None], observed.world_landmarks, np.nan)
    turn, scale = turn_and_scale(true[usable][:, body].reshape(1, -1, 3), predicted[usable][:, body].reshape(1, -1, 3))
    expected = scale[0] * true @ turn[0].T
    frame_turns = np.full((len(true), 3, 3), np.nan)
    frame_turns[usable] = turn_and_scale(expected[usable][:, body], predicted[usable][:, body])[0]
    image = (observed.keypoints2d_px - truth.keypoints2d_px) / truth.person_height_px()[:, None, None]
    turns = np.full((len(true), 3), np.nan)
    turns[usable] = rotmat_to_rotvec(frame_turns[usable])
    return ClipErrors(
        frame_rate_hz=truth.frame_rate_hz,
        scale=float(scale[0]),
        turn=rotmat_to_rotvec(turn)[0],
        turns=turns,
        world=predicted - expected,
        straightened=predicted - expected @ np.swapaxes(frame_turns, -1, -2),
        image=np.where(usable[:, None, None], image, np.nan),
        hidden=truth.hidden,
    )


def turn_and_scale(points: FloatArray, target: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return rotations (N, 3, 3) and scales (N,) that bring points (N, K, 3) nearest to the target about the origin.

    Source: Umeyama, without the shift: target = scale rotation point.
    """
    u, singular, vt = np.linalg.svd(np.swapaxes(target, -1, -2) @ points)
    singular[:, 2] *= np.sign(np.linalg.det(u @ vt))
    u[:, :, 2] *= np.sign(np.linalg.det(u @ vt))[:, None]
    return u @ vt, singular.sum(axis=-1) / np.square(points).sum(axis=(1, 2))


def swapped_frames(observed: ObservedLandmarks) -> BoolArray:
    """Return (T,) where arms or legs have swapped sides."""
    predicted, true = (
        points[:, list(BODY_LANDMARKS)] - points[:, 23:25].mean(axis=1, keepdims=True)
        for points in (observed.world_landmarks, observed.truth.landmarks)
    )
    return flipped_frames(predicted, true)


@dataclass(frozen=True)
class Spread3:
    """How some series scatter, over all clips.

    Attributes:
        bias: (A,) root mean square of the clips' means, per axis.
        std: (A,) root mean square of what is left, per axis.
        autocorrelation: of what is left, all axes together, at LAGS_MS; NaN where no clip has such a step.
        white_share: share of that variance that has no memory: what is missing from 1 when the autocorrelation at 33
            and 67 ms is drawn on to 0 as a parabola.
        typical: 1.48 times the median size of what is left, over its standard deviation: 1 for a normal distribution,
            less where few large errors make the standard deviation.
    """

    bias: FloatArray
    std: FloatArray
    autocorrelation: tuple[float, ...]
    white_share: float
    typical: float


def spread(series: Sequence[FloatArray], rates_hz: Sequence[float]) -> Spread3:
    """Return the spread of series (T, N, A), NaN where a value does not count; one per clip."""
    means, rests = [], []
    for clip in series:
        enough = np.isfinite(clip).sum(axis=0) >= FEWEST_FRAMES
        mean = np.where(enough, _nanmean(clip), np.nan)
        means.append(mean)
        rests.append(clip - mean)
    autocorrelation = tuple(_autocorrelation(rests, rates_hz, lag_ms) for lag_ms in LAGS_MS)
    near, next_one = autocorrelation[1:3]
    flat_rests = np.concatenate([rest.reshape(-1, rest.shape[-1]) for rest in rests])
    std = np.sqrt(_nanmean(np.square(flat_rests)))
    sizes = np.abs(flat_rests / std)
    return Spread3(
        bias=np.sqrt(_nanmean(np.square(np.concatenate(means)))),
        std=std,
        autocorrelation=autocorrelation,
        white_share=1 - (4 * near - next_one) / 3,
        typical=float(MAD_TO_STD * np.median(sizes[np.isfinite(sizes)])) if np.isfinite(sizes).any() else float("nan"),
    )


def _nanmean(values: FloatArray) -> FloatArray:
    """Return the mean over the first axis of what is not NaN; NaN, without a warning, where nothing is left."""
    count = np.isfinite(values).sum(axis=0)
    mean: FloatArray = np.nansum(values, axis=0) / np.where(count, count, np.nan)
    return mean


def _autocorrelation(rests: Sequence[FloatArray], rates_hz: Sequence[float], lag_ms: float) -> float:
    """Return the correlation of values (T, N, A) without mean with those a lag later, over all clips that have it."""
    products, squares = [], []
    for rest, rate_hz in zip(rests, rates_hz, strict=True):
        lag = round(lag_ms * rate_hz / 1000)
        if lag < 1 or abs(lag * 1000 / rate_hz - lag_ms) > 2:
            continue
        products.append((rest[lag:] * rest[:-lag]).ravel())
        squares.append(np.square(rest).ravel())
    if not products:
        return float("nan")
    return mean_or_nan(np.concatenate(products)) / mean_or_nan(np.concatenate(squares))
