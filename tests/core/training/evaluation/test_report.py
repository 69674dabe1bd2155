import json

import cv2
import pytest

from core.errors import EngineError, MotionDataError
from core.training.evaluation import plots
from core.training.evaluation.report import write_report


def test_the_report_holds_every_table_and_both_figures(described_motion_file, untrained_weights, tmp_path):
    pytest.importorskip("matplotlib")
    folder = tmp_path / "report"
    text = write_report(described_motion_file, untrained_weights, folder, "test", frame_count=48, window_count=4)
    for part in ("PA-MPJPE", "ACC ERR (vibe)", "PVE", "limb 15", "body 30", "dance (", "left_wrist", "degrees"):
        assert part in text, part
    content = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert content["split"] == "test" and len(content["tables"]) == 5
    assert content["hidden_joints_mm"]["per frame"]["limb 5"] > 0
    assert "dance" in content["by_action"]["prior, whole track"]
    for name in ("figure_3.png", "figure_4.png"):
        picture = cv2.imread(str(folder / name))
        assert picture is not None and picture.std() > 5


def test_the_split_must_exist(motion_file, untrained_weights, tmp_path):
    with pytest.raises(MotionDataError, match="test"):
        write_report(motion_file, untrained_weights, tmp_path, "test")


def test_missing_matplotlib_is_a_sentence(monkeypatch, tmp_path):
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.figure", None)
    with pytest.raises(EngineError, match="matplotlib"):
        plots.draw_curves({"a": [(0, 1)]}, tmp_path / "a.png", "x", "y")
