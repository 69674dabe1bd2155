"""The paper's figures 3 and 4 on any tracks, and curves. Only this file needs matplotlib."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...errors import EngineError
from ...skeleton import LANDMARK_NAMES
from ...whole_file import whole_file

FloatArray = NDArray[np.floating[Any]]

SKELETON: Final = (
    (11, 12), (11, 13), (13, 15), (12, 14), (14, 16), (11, 23), (12, 24), (23, 24),
    (23, 25), (25, 27), (27, 31), (24, 26), (26, 28), (28, 32), (0, 11), (0, 12),
)  # fmt: skip
"""Pairs of landmarks that a stick figure joins."""
FIGURE_3_FRAMES: Final = 16
FIGURE_3_LANDMARK: Final = LANDMARK_NAMES.index("right_shoulder")
_TRUTH_STYLE: Final = {"color": "0.6", "linewidth": 2.5}
_COLORS: Final = ("tab:red", "tab:blue", "tab:green")
_SHORTEST_SIDE_M: Final = 0.02


def draw_joint_path(
    panels: Mapping[str, FloatArray],
    true_landmarks: FloatArray,
    path: Path,
    *,
    landmark: int = FIGURE_3_LANDMARK,
    frame_count: int = FIGURE_3_FRAMES,
    frame_rate_hz: float = 30.0,
) -> None:
    """Draw one joint's path: above on the image plane (x to y), below its coordinates over time, one panel each.

    Args:
        panels: title and landmarks (T, 33, 3), e.g. without and with the temporal prior.
        true_landmarks: (T, 33, 3), grey.
        frame_count: the first frames, 16 in the paper.
    Source: paper, Fig. 3 (a) and (b).
    Raises:
        EngineError: matplotlib is not installed.
        OutputError: the file cannot be written.
    """
    figure, axes = _new_figure(2, len(panels), (4.2 * len(panels), 6.5))
    times = np.arange(min(frame_count, len(true_landmarks))) / frame_rate_hz
    truth = true_landmarks[: len(times), landmark]
    paths = [truth, *(points[: len(times), landmark] for points in panels.values())]
    centre, side = _square_around(paths)
    spacing = max(float(np.abs(points - truth.mean(axis=0)).max()) for points in paths) * 1.2
    for column, (title, landmarks) in enumerate(panels.items()):
        points = landmarks[: len(times), landmark]
        plane, over_time = axes[0, column], axes[1, column]
        plane.plot(*(1000 * truth[:, :2].T), label="truth", **_TRUTH_STYLE)
        plane.plot(*(1000 * points[:, :2].T), marker="o", markersize=3, color="tab:red", label="estimate")
        plane.set(title=title, xlabel="x [mm]", ylabel="y [mm]", aspect="equal")
        plane.set_xlim(1000 * (centre[0] - side), 1000 * (centre[0] + side))
        # Image axes: y points down.
        plane.set_ylim(1000 * (centre[1] + side), 1000 * (centre[1] - side))
        for axis, color in enumerate(_COLORS):
            # Each coordinate about the truth's mean, apart from the others: millimetres of jitter stay visible.
            shift = axis * spacing - truth[:, axis].mean()
            over_time.plot(times, 1000 * (truth[:, axis] + shift), **_TRUTH_STYLE)
            over_time.plot(times, 1000 * (points[:, axis] + shift), color=color, label="xyz"[axis])
        over_time.set(xlabel="time [s]", ylabel="about the truth's mean [mm], shifted")
    axes[0, 0].legend()
    axes[1, 0].legend(loc="upper center", ncols=3)
    limits = np.array([over_time.get_ylim() for over_time in axes[1]])
    low, high = limits[:, 0].min(), limits[:, 1].max()
    for over_time in axes[1]:
        # Room for the legend above the curves.
        over_time.set_ylim(low, high + 0.2 * (high - low))
    figure.suptitle(f"{LANDMARK_NAMES[landmark].replace('_', ' ')}, first {len(times)} frames")
    _save(figure, path)


def draw_occlusion(
    rows: Mapping[str, FloatArray],
    true_landmarks: FloatArray,
    hidden: NDArray[np.bool_],
    path: Path,
    *,
    columns: int = 7,
) -> None:
    """Draw stick figures before, during and after an occlusion; hidden landmarks are rings.

    Args:
        rows: title and landmarks (T, 33, 3) of each way of estimating, one row of pictures each.
        true_landmarks: (T, 33, 3), grey.
        hidden: (T, 33).
    Source: paper, Fig. 4.
    Raises:
        EngineError: matplotlib is not installed.
        OutputError: the file cannot be written.
    """
    frames = _frames_around(hidden, columns)
    figure, axes = _new_figure(len(rows), len(frames), (1.7 * len(frames), 2.6 * len(rows)))
    for row, (title, landmarks) in enumerate(rows.items()):
        for column, frame in enumerate(frames):
            panel = axes[row, column]
            _draw_sticks(panel, true_landmarks[frame], "0.7", 3.0)
            _draw_sticks(panel, landmarks[frame], _COLORS[row % len(_COLORS)], 1.4)
            rings = landmarks[frame][hidden[frame]]
            panel.plot(rings[:, 0], rings[:, 1], "o", markersize=4, markerfacecolor="none", color="black")
            panel.set(aspect="equal", xticks=[], yticks=[])
            panel.invert_yaxis()
            if row == 0:
                panel.set_title(f"frame {frame}" + (" (hidden)" if hidden[frame].any() else ""), fontsize=8)
        axes[row, 0].set_ylabel(title, fontsize=8)
    _save(figure, path)


def draw_curves(curves: Mapping[str, Sequence[tuple[float, float]]], path: Path, x_label: str, y_label: str) -> None:
    """Draw one line of (x, y) points for each name.

    Raises:
        EngineError: matplotlib is not installed.
        OutputError: the file cannot be written.
    """
    figure, axes = _new_figure(1, 1, (9.5, 4.5))
    for name, points in curves.items():
        axes[0, 0].plot(*zip(*points, strict=True), label=name)
    axes[0, 0].set(xlabel=x_label, ylabel=y_label)
    # Beside the curves: many names would hide them.
    axes[0, 0].legend(fontsize=7, loc="upper left", bbox_to_anchor=(1.01, 1.0))
    _save(figure, path)


def draw_panels(panels: Mapping[str, Mapping[str, Sequence[tuple[float, float]]]], path: Path, x_label: str) -> None:
    """Draw one panel for each title, with one line of (x, y) points for each name; y is logarithmic where it can be.

    Raises:
        EngineError: matplotlib is not installed.
        OutputError: the file cannot be written.
    """
    figure, axes = _new_figure(math.ceil(len(panels) / 2), 2, (12.0, 4.0 * math.ceil(len(panels) / 2)))
    for panel, (title, curves) in zip(axes.flat, panels.items(), strict=False):
        for name, points in curves.items():
            panel.plot(*zip(*points, strict=True), label=name)
        if all(y > 0 for points in curves.values() for _, y in points):
            panel.set_yscale("log")
        panel.set(title=title, xlabel=x_label)
        panel.legend(fontsize=7)
    _save(figure, path)


def _draw_sticks(panel: Any, landmarks: FloatArray, color: str, width: float) -> None:
    for first, second in SKELETON:
        panel.plot(landmarks[[first, second], 0], landmarks[[first, second], 1], color=color, linewidth=width)


def _frames_around(hidden: NDArray[np.bool_], columns: int) -> list[int]:
    """Return frames from a little before an occlusion to a little after it, evenly spaced; all along without one."""
    last = len(hidden) - 1
    occluded = np.flatnonzero(hidden.any(axis=1))
    first = max(int(occluded[0]) - 3, 0) if len(occluded) else 0
    end = min(int(occluded[-1]) + 3, last) if len(occluded) else last
    return [int(frame) for frame in np.unique(np.linspace(first, end, columns).round())]


def _square_around(points: Sequence[FloatArray]) -> tuple[FloatArray, float]:
    """Return the centre (2,) and half the side of a square around the x and y of points (T, 3)."""
    joined = np.concatenate(list(points))[:, :2]
    low, high = joined.min(axis=0), joined.max(axis=0)
    return (low + high) / 2, max(float((high - low).max()) * 0.55, _SHORTEST_SIDE_M)


def _new_figure(rows: int, columns: int, size: tuple[float, float]) -> tuple[Any, NDArray[Any]]:
    """Return a figure without a window system, and its axes (rows, columns)."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise EngineError("Drawing needs matplotlib, which is not installed.", "pip install matplotlib") from None
    figure = Figure(figsize=size, layout="constrained")
    return figure, np.asarray(figure.subplots(rows, columns, squeeze=False))


def _save(figure: Any, path: Path) -> None:
    with whole_file(path) as partial:
        figure.savefig(partial, dpi=110)
