import json

import pytest

from core.training.evaluation.table import Spread, Table, cell_text, write_tables

TABLE = Table(
    "Errors", ("MPJPE", "note"), (("none", (Spread.of([1.0, 3.0]), "a")), ("other", (float("nan"), None))), ("mm",)
)


def test_a_spread_is_mean_and_sample_deviation():
    spread = Spread.of([1.0, 3.0])
    assert (spread.mean, spread.count) == (2.0, 2)
    assert spread.deviation == pytest.approx(2**0.5)
    assert spread.text() == "2.0 ± 1.4" and Spread.of([2.0]).text() == "2.0"


def test_columns_stand_under_each_other():
    assert TABLE.text().splitlines() == [
        "Errors",
        "           MPJPE  note",
        "none   2.0 ± 1.4     a",
        "other          -     -",
        "mm",
    ]


def test_cells():
    assert [cell_text(cell) for cell in (1.25, 3, "x", None)] == ["1.2", "3", "x", "-"]


def test_both_files_appear_and_json_is_strict(tmp_path):
    text = write_tables([TABLE, TABLE], tmp_path / "t.txt", tmp_path / "t.json", {"seed": 1})
    assert (tmp_path / "t.txt").read_text(encoding="utf-8") == text
    content = json.loads((tmp_path / "t.json").read_text(encoding="utf-8"), parse_constant=pytest.fail)
    assert content["seed"] == 1 and len(content["tables"]) == 2
    assert content["tables"][0]["rows"]["none"]["MPJPE"]["count"] == 2
    assert content["tables"][0]["rows"]["other"]["MPJPE"] is None
