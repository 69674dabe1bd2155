import cv2
import numpy as np
import pytest

pytest.importorskip("matplotlib")

from core.training.evaluation.plots import _frames_around, draw_curves, draw_joint_path, draw_occlusion

RNG = np.random.default_rng(0)
LANDMARKS = RNG.normal(size=(30, 33, 3))


def picture_of(path):
    picture = cv2.imread(str(path))
    assert picture is not None
    return picture


def test_figure_3_has_a_panel_for_each_way_and_does_not_break_on_short_tracks(tmp_path):
    for frames in (1, 30):
        panels = {"(a)": LANDMARKS[:frames], "(b)": LANDMARKS[:frames] + 0.1}
        draw_joint_path(panels, LANDMARKS[:frames], tmp_path / "figure.png")
        assert picture_of(tmp_path / "figure.png").std() > 5


def test_figure_4_shows_frames_before_during_and_after(tmp_path):
    hidden = np.zeros((30, 33), bool)
    hidden[10:20, [13, 15]] = True
    frames = _frames_around(hidden, 7)
    assert frames[0] == 7 and frames[-1] == 22 and len(frames) == 7
    draw_occlusion({"a": LANDMARKS, "b": LANDMARKS}, LANDMARKS, hidden, tmp_path / "figure.png")
    assert picture_of(tmp_path / "figure.png").std() > 5
    assert _frames_around(np.zeros((3, 33), bool), 7) == [0, 1, 2]


def test_curves_are_drawn(tmp_path):
    draw_curves({"a": [(0, 1), (1, 2)], "b": [(0, 2)]}, tmp_path / "c.png", "iteration", "mm")
    assert picture_of(tmp_path / "c.png").std() > 5
