"""`python -m core evaluate --benchmark noise`: BlazePose's errors on rendered frames beside those of the simulator.

Every figure is measured in one way on the networks' landmarks and on landmarks that the simulator made of the same
truth, so that a difference is one between them and not one of measuring.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from ...errors import MotionDataError
from ..rendered_hiding import HidingSettings
from ..rendered_noise import RenderedNoise
from ..simulator import BENCHMARK
from .landmark_definitions import definition_tables
from .landmark_errors import (
    GROUPS,
    LAGS_MS,
    ClipErrors,
    Spread3,
    clip_errors,
    spread,
    swapped_frames,
)
from .landmark_observation import ObservedLandmarks, observe_video, simulate_observation
from .rendered_scores import mean_or_nan
from .rendered_truth import load_truth
from .table import MISSING, Table

FloatArray = NDArray[np.floating[Any]]
Report = Callable[[str], None]

MODELS: Final = ("heavy", "full")
SIMULATOR: Final = "simulator"
SIMULATED_VIEWS: Final = 8
"""So many random draws of the simulator for each shot, since its amplitude differs from draw to draw."""

STEPS: Final[dict[str, tuple[tuple[int, int], ...]]] = {
    "elbow from shoulder": ((13, 11), (14, 12)),
    "wrist from elbow": ((15, 13), (16, 14)),
    "index from wrist": ((19, 15), (20, 16)),
    "knee from hip": ((25, 23), (26, 24)),
    "ankle from knee": ((27, 25), (28, 26)),
    "toe from ankle": ((31, 27), (32, 28)),
    "heel from ankle": ((29, 27), (30, 28)),
}
LAG_COLUMNS: Final = tuple(f"r({lag} ms)" for lag in LAGS_MS)

AS_RENDERED: Final = replace(
    BENCHMARK, rendered_share=1.0, rendered=RenderedNoise(hiding=HidingSettings(0.0, 0.0, 0.0))
)
"""The errors that most of the training has; nothing stands in front that the truth does not know of."""

Sources = Mapping[str, Sequence[ObservedLandmarks]]
Errors = Mapping[str, Sequence[ClipErrors]]


def measure_noise(videos: Sequence[Path], report: Report) -> list[Table]:
    """Return the tables of all figures over rendered videos.

    Raises:
        MotionDataError: a truth's file cannot be used, or nobody is found anywhere.
        VideoError, WeightsError, EngineError: a video or a network cannot be used.
    """
    sources: dict[str, list[ObservedLandmarks]] = {name: [] for name in (*MODELS, SIMULATOR)}
    generator = torch.Generator().manual_seed(0)
    for video in videos:
        people = load_truth(video)
        for model in MODELS:
            observed = observe_video(video, people, model)
            sources[model] += [observed] if observed is not None else []
        sources[SIMULATOR] += [simulate_observation(people[0], generator, AS_RENDERED) for _ in range(SIMULATED_VIEWS)]
        report(f"{video.stem}: measured")
    if not all(sources.values()):
        raise MotionDataError("Nobody was found in the rendered videos.", "Look at them.")
    return noise_tables(sources)


def noise_tables(sources: Sources) -> list[Table]:
    """Return all tables of what each source says about its clips."""
    errors = {name: [clip for clip in map(clip_errors, observed) if clip] for name, observed in sources.items()}
    return [
        _count_table(sources),
        _world_table(errors),
        _step_table(errors),
        _turn_table(errors),
        _image_table(errors),
        _visibility_table(sources),
        *definition_tables(sources),
    ]


def _spread_of(clips: Sequence[ClipErrors], series: Callable[[ClipErrors], FloatArray]) -> Spread3:
    return spread([series(clip) for clip in clips], [clip.frame_rate_hz for clip in clips])


def _seen(clip: ClipErrors, values: FloatArray, landmarks: Sequence[int]) -> FloatArray:
    """Return the values (T, N, A) of some landmarks (T, 33, A), NaN where they are hidden."""
    chosen = list(landmarks)
    return np.where(clip.hidden[:, chosen, None], np.nan, values[:, chosen])


def _rows(names: Sequence[str], errors: Errors, cells: Callable[[str, Sequence[ClipErrors]], list[str]]) -> Any:
    return tuple((f"{name}, {who}", tuple(cells(name, clips))) for name in names for who, clips in errors.items())


def _numbers(values: Sequence[float] | FloatArray, decimals: int, factor: float = 1.0) -> list[str]:
    return [MISSING if np.isnan(value) else f"{factor * value:.{decimals}f}" for value in values]


def _count_table(sources: Sources) -> Table:
    rows = []
    for who, clips in sources.items():
        seen = [np.isfinite(clip.world_landmarks[:, 0, 0]) for clip in clips]
        frames = sum(int(mask.sum()) for mask in seen)
        swapped = sum(int((swapped_frames(clip) & mask).sum()) for clip, mask in zip(clips, seen, strict=True))
        coverage = frames / sum(len(mask) for mask in seen)
        rows.append((who, (len(clips), frames, f"{100 * coverage:.1f}", f"{100 * swapped / max(frames, 1):.2f}")))
    return Table("What was measured", ("clips", "frames", "coverage %", "swapped sides %"), tuple(rows))


def _world_table(errors: Errors) -> Table:
    def cells(group: str, clips: Sequence[ClipErrors]) -> list[str]:
        found = _spread_of(clips, lambda clip: _seen(clip, clip.world, GROUPS[group]))
        return [
            *_numbers(found.bias, 1, 1000.0),
            *_numbers(found.std, 1, 1000.0),
            *_numbers([*found.autocorrelation, found.white_share, found.typical], 2),
            *_numbers([_hidden_over_seen(clips, lambda clip: clip.world, GROUPS[group])], 2),
        ]

    columns = ("bias x", "y", "z", "std x", "y ", "z ", *LAG_COLUMNS, "white", "typical", "hidden/seen")
    notes = (
        "mm, camera axes, after one turn and scale for each clip; bias: rms of clip means; std: around them.",
        "typical: 1.48 times the median size over the standard deviation, 1 where errors are normal.",
        "white: share of the variance without memory; hidden/seen: rms error of hidden landmarks over that of seen.",
    )
    return Table("World landmarks, error of seen landmarks", columns, _rows(list(GROUPS), errors, cells), notes)


def _hidden_over_seen(
    clips: Sequence[ClipErrors], field: Callable[[ClipErrors], FloatArray], landmarks: Sequence[int]
) -> float:
    chosen = list(landmarks)
    squares = np.concatenate([np.square(field(clip)[:, chosen]).sum(axis=-1).ravel() for clip in clips])
    hidden = np.concatenate([clip.hidden[:, chosen].ravel() for clip in clips])
    return float(np.sqrt(mean_or_nan(squares[hidden]) / mean_or_nan(squares[~hidden])))


def _step_table(errors: Errors) -> Table:
    def cells(step: str, clips: Sequence[ClipErrors]) -> list[str]:
        ends, starts = zip(*STEPS[step], strict=True)

        def series(clip: ClipErrors) -> FloatArray:
            return _seen(clip, clip.straightened, ends) - _seen(clip, clip.straightened, starts)

        found = _spread_of(clips, series)
        numbers = _numbers([*found.bias, *found.std], 1, 1000.0)
        return [*numbers, *_numbers([*found.autocorrelation, found.white_share], 2)]

    columns = ("bias x", "y", "z", "std x", "y ", "z ", *LAG_COLUMNS, "white")
    notes = ("mm; error of the step from one landmark to the next, after a turn for each frame.",)
    return Table("Steps along the limbs", columns, _rows(list(STEPS), errors, cells), notes)


def _turn_table(errors: Errors) -> Table:
    rows = []
    for who, clips in errors.items():
        bias = np.sqrt(np.mean([clip.turn**2 for clip in clips], axis=0))
        found = _spread_of(clips, lambda clip: clip.turns[:, None])
        scales = np.log([clip.scale for clip in clips])
        numbers = _numbers([*bias, *found.std, *found.autocorrelation], 3)
        amplitudes = np.log([np.sqrt(mean_or_nan(clip.straightened**2)) for clip in clips])
        rows.append((who, (*numbers, *_numbers([np.exp(scales.mean()), scales.std(), amplitudes.std()], 3))))
    columns = ("bias x", "y", "z", "std x", "y ", "z ", *LAG_COLUMNS, "scale", "log std", "size log std")
    notes = (
        "rad; the turn of each clip (rms), and of its frames around it; scale of world landmarks over the truth.",
        "size: root mean square of what is left at the landmarks of one clip; how it differs from clip to clip.",
    )
    return Table("Turn and scale of the whole body", columns, tuple(rows), notes)


def _image_table(errors: Errors) -> Table:
    def cells(group: str, clips: Sequence[ClipErrors]) -> list[str]:
        found = _spread_of(clips, lambda clip: _seen(clip, clip.image, GROUPS[group]))
        numbers = _numbers([*found.bias, *found.std], 2, 100.0)
        ratio = _hidden_over_seen(clips, lambda clip: clip.image, GROUPS[group])
        return [*numbers, *_numbers([*found.autocorrelation, found.white_share, found.typical, ratio], 2)]

    columns = ("bias x", "y", "std x", "y ", *LAG_COLUMNS, "white", "typical", "hidden/seen")
    notes = ("per cent of the person's height.",)
    return Table(
        "Landmarks in the picture, error of seen landmarks", columns, _rows(list(GROUPS), errors, cells), notes
    )


def _visibility_table(sources: Sources) -> Table:
    rows = []
    for group, landmarks in GROUPS.items():
        for who, clips in sources.items():
            said = np.concatenate([clip.visibility[:, list(landmarks)].ravel() for clip in clips])
            hidden = np.concatenate([clip.truth.hidden[:, list(landmarks)].ravel() for clip in clips])
            parts = [said[mask & np.isfinite(said)] for mask in (~hidden, hidden)]
            means = [mean_or_nan(part) for part in parts]
            low = [mean_or_nan(part < 0.5) for part in parts]
            spreads = [float(part.std()) if part.size else float("nan") for part in parts]
            cells = _numbers([means[0], spreads[0], low[0], means[1], spreads[1], low[1], mean_or_nan(hidden)], 2)
            rows.append((f"{group}, {who}", tuple(cells)))
    columns = ("seen: mean", "std", "below .5", "hidden: mean", "std ", "below .5 ", "share hidden")
    return Table("Visibility that is reported", columns, tuple(rows))
