"""The shape of corrections: next to the naive sum that they minimise, and to the curve of least jerk."""

from itertools import pairwise

import numpy as np
import pytest
from jointwise_ext.blender_addon.pins.correction import (
    EVIDENCE,
    LEAST_CONFIDENCE,
    TENSION,
    local_scale,
    spread_corrections,
    within_reach,
)

LEAST_JERK_BEND = 20 / 3
"""Of u^3 (20 - 25 u + 8 u^2) / 3, which comes from rest to 1 within the reach: its largest second derivative."""
LEAST_JERK = 40
"""The largest third derivative of the same curve."""


def naive_corrections(values, pinned, confidence, reach):
    """All frames as one dense problem, written out frame by frame from the sum in the module's first lines."""
    count = len(confidence)
    scale = np.full(count, float(reach))
    for frame in range(count):
        for before, after in pairwise(pinned):
            away = 0 if before <= frame <= after else min(abs(frame - before), abs(frame - after))
            scale[frame] = min(scale[frame], max(away, after - before))
    is_free = np.array([min(abs(frame - pin) for pin in pinned) < reach for frame in range(count)])
    rows = []

    def add(frames, weights):
        """A term counts if it has a frame within reach."""
        if is_free[frames].any():
            row = np.zeros(count)
            row[frames] = weights
            rows.append(row)

    for frame in range(count):
        add([frame], [np.sqrt(EVIDENCE) * max(confidence[frame], LEAST_CONFIDENCE) * scale[frame] / reach])
        if frame + 1 < count:
            add([frame, frame + 1], np.sqrt(TENSION) * reach * np.array([-1, 1]))
        if frame + 3 < count:
            middle = min(scale[frame + 1], scale[frame + 2])
            add([frame, frame + 1, frame + 2, frame + 3], middle**3 * np.array([-1, 3, -3, 1]))
    matrix, result = np.array(rows), np.zeros((count, values.shape[1]))
    result[pinned] = values
    unknown = is_free & ~np.isin(np.arange(count), pinned)
    result[unknown] = np.linalg.lstsq(matrix[:, unknown], -matrix @ result, rcond=None)[0]
    return result


def correct(values, pinned, frame_count, reach=30, confidence=0.7):
    sure = np.full(frame_count, confidence) if np.isscalar(confidence) else confidence
    return spread_corrections(np.array(values, float).reshape(len(pinned), -1), np.array(pinned), sure, reach)


@pytest.mark.parametrize(
    ("pinned", "frame_count", "reach"),
    [
        ([50], 101, 30), ([50, 52], 101, 30), ([0, 40, 45, 199, 200, 259], 260, 30), ([10], 21, 30), ([1], 3, 9),
        ([0], 1, 5), ([4, 5, 6], 12, 1), ([0, 90, 300], 420, 150),
    ],
)  # fmt: skip
def test_it_is_the_dense_solution(pinned, frame_count, reach):
    rng = np.random.default_rng(frame_count)
    values, confidence = rng.normal(size=(len(pinned), 3)), rng.uniform(0, 1, frame_count)
    naive = naive_corrections(values, np.array(pinned), confidence, reach)
    found = spread_corrections(values, np.array(pinned), confidence, reach)
    assert np.abs(found - naive).max() < 1e-7
    assert np.array_equal(found[pinned], values)


def test_beyond_the_reach_there_is_nothing():
    found = correct([1, -2], [100, 130], 300)
    assert not found[:71].any()
    assert not found[160:].any()
    assert found[71:160].all()
    reached = within_reach(np.array([100, 130]), 300, 30)
    assert np.array_equal(np.flatnonzero(reached), np.arange(71, 160))


@pytest.mark.parametrize("confidence", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("reach", [15, 30, 120])
def test_a_lone_correction_bends_at_most_twice_as_sharply_as_the_curve_of_least_jerk(confidence, reach):
    found = correct([1], [300], 601, reach, confidence)[:, 0]
    bend = np.abs(np.diff(found, 2)).max() * reach**2
    assert bend < 2 * LEAST_JERK_BEND
    # Acceleration jumps nowhere: from frame to frame it changes in proportion to the frame.
    assert np.abs(np.diff(found, 3)).max() * reach**3 < 1.5 * LEAST_JERK
    assert found.min() > -1e-3
    assert found.max() <= 1
    assert (np.diff(found[300:]) < 1e-3).all()


def test_without_evidence_and_tension_it_is_the_curve_of_least_jerk(monkeypatch):
    from jointwise_ext.blender_addon.pins import correction

    monkeypatch.setattr(correction, "EVIDENCE", 0.0)
    monkeypatch.setattr(correction, "TENSION", 0.0)
    along = (1 - np.abs(np.arange(601) - 300) / 240).clip(min=0)
    least_jerk = along**3 * (20 - 25 * along + 8 * along**2) / 3
    assert np.abs(correct([1], [300], 601, 240)[:, 0] - least_jerk).max() < 0.01


@pytest.mark.parametrize("apart", [1, 2, 5, 10, 15, 29])
def test_pins_that_disagree_throw_nothing_past_them(apart):
    found = correct([1, 0], [100, 100 + apart], 300)[:, 0]
    assert found.min() > -0.05
    assert found.max() < 1.01


@pytest.mark.parametrize(("apart", "least"), [(2, 0.99), (5, 0.98), (10, 0.95), (15, 0.85)])
def test_between_pins_that_agree_the_motion_stays_with_them(apart, least):
    found = correct([1, 1], [100, 100 + apart], 300)[:, 0]
    assert found[100 : 101 + apart].min() > least
    assert found.max() < 1.03


def test_sure_frames_move_less_than_unsure_ones():
    confidence = np.full(201, 0.9)
    confidence[101:] = 0.2
    found = correct([1], [100], 201, 30, confidence)[:, 0]
    assert found[100 - 15] < 0.8 * found[100 + 15]


def test_it_is_linear_and_the_same_backwards():
    rng = np.random.default_rng(1)
    values, pinned, confidence = rng.normal(size=(3, 3)), np.array([40, 60, 95]), rng.uniform(size=150)
    found = spread_corrections(values, pinned, confidence, 25)
    rotation = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    assert np.allclose(spread_corrections(values @ rotation, pinned, confidence, 25), found @ rotation, atol=1e-12)
    backwards = spread_corrections(values[::-1], 149 - pinned[::-1], confidence[::-1], 25)
    assert np.allclose(backwards[::-1], found, atol=1e-9)


def test_the_scale_is_the_gap_near_close_pins_and_the_reach_elsewhere():
    assert local_scale(np.array([20, 23]), 60, 10)[[5, 13, 18, 21, 25, 29, 40]].tolist() == [10, 7, 3, 3, 3, 6, 10]
    assert (local_scale(np.array([20]), 60, 10) == 10).all()


def test_a_pin_in_a_short_clip_corrects_the_whole_clip():
    found = correct([1], [10], 21, 60)[:, 0]
    assert found.min() > 0.7
