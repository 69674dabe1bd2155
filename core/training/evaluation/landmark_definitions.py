"""Where BlazePose puts its landmarks against ours, and how large it takes people to be.

A landmark that is off by the same part of the person's height in every clip is another anatomical point, not an error.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...skeleton import LANDMARK_NAMES
from .landmark_errors import FEWEST_FRAMES, LIMBS, clip_errors, swapped_frames
from .landmark_observation import ObservedLandmarks
from .rendered_tracks import finite_frames
from .rendered_truth import ShotTruth, standing_height_m
from .table import MISSING, Table

FloatArray = NDArray[np.floating[Any]]
BoolArray = NDArray[np.bool_]

PARTS: Final = ("ear", "shoulder", "elbow", "wrist", "index", "hip", "knee", "ankle", "heel", "foot_index")
LARGEST_DEPTH_SHARE: Final = 0.5
"""A limb or an axis of the body counts in the picture where at most this share of its length is depth."""

Sources = Mapping[str, Sequence[ObservedLandmarks]]


def landmark_offset(observed: ObservedLandmarks, part: str) -> FloatArray:
    """Return how far (2,) towards the head and outwards a pair of landmarks sits, over the person's height.

    In the picture, median over both sides and all frames in which the landmark is visible and the trunk, or the line
    from side to side, is nearly parallel to the picture; NaN for too few.
    """
    truth = observed.truth
    error = (observed.keypoints2d_px - truth.keypoints2d_px) / truth.person_height_px()[:, None, None]
    usable = finite_frames(observed.keypoints2d_px) & ~swapped_frames(observed)
    offsets = []
    for axis, signs in ((trunk_axis(truth), (1.0, 1.0)), (side_axis(truth), (1.0, -1.0))):
        direction = axis[:, :2] / np.linalg.norm(axis[:, :2], axis=-1, keepdims=True)
        along: list[float] = []
        for side, sign in zip(("left", "right"), signs, strict=True):
            landmark = LANDMARK_NAMES.index(f"{side}_{part}")
            chosen = usable & ~truth.hidden[:, landmark] & is_flat(axis)
            along += (sign * (error[chosen, landmark] * direction[chosen]).sum(axis=-1)).tolist()
        offsets.append(np.median(along) if len(along) >= FEWEST_FRAMES else np.nan)
    return np.array(offsets)


def trunk_axis(truth: ShotTruth) -> FloatArray:
    """Return the vector (T, 3) from the middle of the hips to that of the shoulders."""
    axis: FloatArray = truth.landmarks[:, 11:13].mean(axis=1) - truth.landmarks[:, 23:25].mean(axis=1)
    return axis


def side_axis(truth: ShotTruth) -> FloatArray:
    """Return the mean vector (T, 3) from the right to the left shoulder and hip."""
    axis: FloatArray = (truth.landmarks[:, [11, 23]] - truth.landmarks[:, [12, 24]]).mean(axis=1)
    return axis


def is_flat(vectors: FloatArray) -> BoolArray:
    """Return (T,) which vectors (T, 3) are nearly parallel to the picture."""
    flat: BoolArray = np.abs(vectors[:, 2]) < LARGEST_DEPTH_SHARE * np.linalg.norm(vectors, axis=-1)
    return flat


def limb_ratios(observed: ObservedLandmarks, limb: str) -> FloatArray:
    """Return the length (3,) of a limb over the true one; medians over frames in which both ends are visible.

    In the world landmarks (over the clip's scale, so that a body that is small as a whole has ratios of 1), the same
    where the limb is nearly parallel to the picture, and in the picture there; NaN for too few frames.
    """
    truth, errors = observed.truth, clip_errors(observed)
    if errors is None:
        return np.full(3, np.nan)
    usable = finite_frames(errors.world)
    found: tuple[list[float], ...] = ([], [], [])
    for first, second in LIMBS[limb]:

        def length(points: FloatArray, first: int = first, second: int = second) -> FloatArray:
            return np.asarray(np.linalg.norm(points[:, first] - points[:, second], axis=-1))

        seen = usable & ~truth.hidden[:, first] & ~truth.hidden[:, second]
        flat = seen & is_flat(truth.landmarks[:, first] - truth.landmarks[:, second])
        world = length(observed.world_landmarks) / (errors.scale * length(truth.landmarks))
        picture = length(observed.keypoints2d_px) / length(truth.keypoints2d_px)
        for ratios, values in zip(found, (world[seen], world[flat], picture[flat]), strict=True):
            ratios.extend(values.tolist())
    return np.array([np.median(ratios) if len(ratios) >= FEWEST_FRAMES else np.nan for ratios in found])


def definition_tables(sources: Sources) -> list[Table]:
    """Return where landmarks sit, how long limbs are and how large people are, for each source."""
    return [_offset_table(sources), _limb_table(sources), _size_table(sources)]


def _mean_and_spread(values: FloatArray, decimals: int) -> str:
    """Return `mean ± standard deviation` of clips (N,), without those that are NaN."""
    known = values[np.isfinite(values)]
    return f"{known.mean():.{decimals}f} ± {known.std():.{decimals}f}" if known.size else MISSING


def _clip_table(
    title: str,
    names: Sequence[str],
    figures: Sequence[str],
    sources: Sources,
    measure: Callable[[ObservedLandmarks, str], FloatArray],
    notes: tuple[str, ...],
    decimals: int,
) -> Table:
    """Return a row for each name, with the figures that `measure` gives of each clip."""
    rows = []
    for name in names:
        cells: list[str] = []
        for clips in sources.values():
            per_clip = np.array([measure(clip, name) for clip in clips])
            cells += [_mean_and_spread(column, decimals) for column in per_clip.T]
        rows.append((name, tuple(cells)))
    return Table(title, tuple(f"{who}: {figure}" for who in sources for figure in figures), tuple(rows), notes)


def _offset_table(sources: Sources) -> Table:
    return _clip_table(
        "Where landmarks sit in the picture, % of the person's height",
        PARTS,
        ("up", "outwards"),
        sources,
        lambda clip, part: 100 * landmark_offset(clip, part),
        ("up: towards the head along the trunk; mean and standard deviation of the clips' medians.",),
        2,
    )


def _limb_table(sources: Sources) -> Table:
    return _clip_table(
        "Lengths over the true ones",
        list(LIMBS),
        ("world", "world, flat", "picture, flat"),
        sources,
        limb_ratios,
        ("world: over the scale of the whole clip; flat: where the limb is nearly parallel to the picture.",),
        3,
    )


def _size_table(sources: Sources) -> Table:
    """Return how tall people are in the world landmarks, and how much of their true height shows there."""
    rows = []
    for who, clips in sources.items():
        known = [
            (standing_height_m(clip.truth.landmarks), errors.scale) for clip in clips if (errors := clip_errors(clip))
        ]
        heights, scales = np.array(known).T
        seen = np.log(heights * scales)
        spread = np.log(heights) - np.log(heights).mean()
        share = float((spread * seen).sum() / max(np.square(spread).sum(), 1e-12))
        cells = (f"{np.exp(seen.mean()):.3f}", f"{seen.std():.3f}", f"{np.exp(np.log(heights).mean()):.3f}")
        rows.append((who, (*cells, f"{np.log(heights).std():.3f}", f"{share:.2f}")))
    columns = ("seen height", "log std", "true height", "log std ", "share of height that shows")
    notes = ("m; share: slope of the logarithm of the seen height over that of the true one.",)
    return Table("How tall people are in the world landmarks", columns, tuple(rows), notes)
