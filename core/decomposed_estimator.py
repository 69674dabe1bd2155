"""The decomposed estimator at run time: evidence to rotations, shape and weak camera, through two networks.

Numpy around the engine interface; the networks may run in ONNX Runtime or in torch.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from .errors import OptionError
from .evidence import Evidence
from .joint_context import joint_context
from .models.engine import Network
from .segments import split_at_gaps
from .skeleton import JOINT_COUNT

FloatArray = NDArray[np.floating[Any]]

Window = Literal["track"] | int
"""The whole track in one pass, or a sliding window's length in frames."""

FRAMES_PER_CALL: Final = 1024
"""The lifter's batch; bounds the memory for long tracks."""
WINDOWS_PER_CALL: Final = 64
FRAMES_PER_PIECE: Final = 4096
"""A longer track goes through both networks in pieces: its features take 12 kB a frame, 1.3 GB in an hour."""
PIECE_MARGIN: Final = 1024
"""Frames that a piece sees on each side beyond its own, so that the recurrence has settled: it remembers long."""


@dataclass(frozen=True)
class PoseSequence:
    """What the networks say about T frames, before smoothing.

    Attributes:
        rot6d_per_frame: (T, 24, 6) of the lifter alone; interleaved columns, not orthonormal.
        rot6d: (T, 24, 6) after the temporal prior.
        betas: (T, 10) of each frame; a person keeps one shape, so take the median.
        weak_camera: (T, 3) scale, t_x, t_y relative to the landmark box.
    """

    rot6d_per_frame: NDArray[np.float32]
    rot6d: NDArray[np.float32]
    betas: NDArray[np.float32]
    weak_camera: NDArray[np.float32]


class DecomposedEstimator:
    """Runs the lifter on every frame and the temporal network over every segment of a track."""

    def __init__(self, lifter: Network, temporal: Network | None) -> None:
        self._lifter, self._prior = lifter, TemporalPrior(temporal)

    def estimate(
        self,
        evidence: Evidence,
        frame_ids: NDArray[np.int64],
        frame_rate_hz: float,
        window: Window = "track",
    ) -> PoseSequence:
        """Return the poses of one track of T frames, T at least 1; see `TemporalPrior.apply`."""
        check_window(window)
        context = joint_context(evidence.visibility, frame_rate_hz)
        pieces = []
        for kept, seen in piece_bounds(len(frame_ids)):
            outputs = self._run_lifter(evidence.values[seen])
            sequence = self._prior.apply(outputs, frame_ids[seen], frame_rate_hz, window, context[seen])
            own = slice(kept.start - seen.start, kept.stop - seen.start)
            # Copies: a view would keep the whole piece's outputs.
            pieces.append({name: values[own].copy() for name, values in vars(sequence).items()})
        return PoseSequence(**{name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]})

    def _run_lifter(self, values: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """Return the lifter's outputs for all frames."""
        parts = [
            self._lifter.run({"evidence": values[start : start + FRAMES_PER_CALL]})
            for start in range(0, len(values), FRAMES_PER_CALL)
        ]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def piece_bounds(frame_count: int) -> list[tuple[slice, slice]]:
    """Return the rows of each piece of a track, and the rows that the networks see for it."""
    starts = range(0, max(frame_count - PIECE_MARGIN, 1), FRAMES_PER_PIECE)
    stops = [*starts[1:], frame_count]
    return [
        (slice(start, stop), slice(max(start - PIECE_MARGIN, 0), min(stop + PIECE_MARGIN, frame_count)))
        for start, stop in zip(starts, stops, strict=True)
    ]


class TemporalPrior:
    """Runs the temporal network over a track's features; without one, the per-frame result is the result.

    Args:
        warmup_frames: frames that a segment is led in by, its own first ones mirrored in time, so that an encoder that
            looks back only does not start from nothing; for whole tracks, not for windows.
    """

    def __init__(self, temporal: Network | None, warmup_frames: int = 0) -> None:
        self._temporal, self._warmup_frames = temporal, warmup_frames

    def apply(
        self,
        outputs: Mapping[str, NDArray[np.float32]],
        frame_ids: NDArray[np.int64],
        frame_rate_hz: float,
        window: Window = "track",
        context: NDArray[np.float32] | None = None,
    ) -> PoseSequence:
        """Return the poses of one track of T frames, T at least 1.

        Args:
            outputs: of the backbone for all frames: `pose_features` (T, 24, 128), `rot6d` (T, 24, 6), `betas` (T, 10)
                and `weak_camera` (T, 3).
            frame_ids: (T,) source frames, increasing. Features are interpolated over gaps of up to half a second; a
                longer gap starts the recurrence anew.
            window: `track` carries the state over the whole segment; a number cuts it into windows of that many frames
                (the paper's 16) that overlap by half and are blended.
            context: (T, 24, 2), see core/joint_context.py; None for a network that has no such input.
        Raises:
            OptionError: a window of fewer than 2 frames.
        """
        check_window(window)
        rot6d = outputs["rot6d"]
        if self._temporal is not None:
            rot6d = np.empty_like(outputs["rot6d"])
            for segment in split_at_gaps(frame_ids, frame_rate_hz):
                dense = {"pose_features": segment.bridge(outputs["pose_features"])}
                if context is not None:
                    dense["joint_context"] = segment.bridge(context)
                rot6d[segment.rows] = segment.pick(self._run_temporal(dense, window))
        return PoseSequence(outputs["rot6d"], rot6d, outputs["betas"], outputs["weak_camera"])

    def _run_temporal(self, inputs: Mapping[str, FloatArray], window: Window) -> FloatArray:
        """Return rotations (T, 24, 6) of the inputs (T, 24, ...) of one segment."""
        frame_count = len(inputs["pose_features"])
        if window == "track" or frame_count <= window:
            lead_in = min(self._warmup_frames, frame_count - 1) if window == "track" else 0
            led_in = {
                name: np.concatenate([values[1 : lead_in + 1][::-1], values])[None] for name, values in inputs.items()
            }
            whole: FloatArray = self._call_temporal(led_in)[0]
            return whole[lead_in:]
        starts = window_starts(frame_count, window)
        blended: FloatArray = np.zeros((frame_count, JOINT_COUNT, 6))
        weight = np.zeros((frame_count, 1, 1))
        share = blend_weights(window)[:, None, None]
        for first in range(0, len(starts), WINDOWS_PER_CALL):
            chunk = starts[first : first + WINDOWS_PER_CALL]
            results = self._call_temporal(
                {name: np.stack([values[at : at + window] for at in chunk]) for name, values in inputs.items()}
            )
            for start, result in zip(chunk, results, strict=True):
                blended[start : start + window] += share * result
                weight[start : start + window] += share
        return (blended / weight).astype(np.float32)

    def _call_temporal(self, inputs: Mapping[str, FloatArray]) -> FloatArray:
        """Return rotations (B, T, 24, 6) of inputs (B, T, 24, ...)."""
        assert self._temporal is not None
        rot6d: FloatArray = self._temporal.run(inputs)["rot6d"]
        return rot6d


def check_window(window: Window) -> None:
    """Raise OptionError for a window of fewer than 2 frames."""
    if window != "track" and window < 2:
        raise OptionError(f"A window of {window} frames is too short.", "Use track, or at least 2.")


def window_starts(frame_count: int, window: int) -> list[int]:
    """Return the first frames of windows that overlap by half and cover all frames; the last one ends at the end."""
    starts = list(range(0, frame_count - window, window // 2))
    return [*starts, frame_count - window]


def blend_weights(window: int) -> NDArray[np.float64]:
    """Return (window,) positive weights that fall off towards both ends of a window."""
    place = np.arange(window)
    return np.minimum(place + 1, window - place) / window
