import dataclasses
import math

import pytest

from core.training.evaluation.rendered_scores import ShotScores
from core.training.evaluation.rendered_tables import (
    MOVEMENT_COLUMNS,
    OURS,
    POSE_COLUMNS,
    TRUTH,
    best_baseline,
    kind_tables,
    markdown,
    rendered_tables,
    scores_as_json,
)

NAMES = [field.name for field in dataclasses.fields(ShotScores)]
COLUMNS = {column.title: column for column in (*POSE_COLUMNS, *MOVEMENT_COLUMNS)}
KINDS = {"walk1": "walk", "walk2": "walk", "run1": "run"}


def scores(**known):
    return ShotScores(**{name: known.get(name, float("nan")) for name in NAMES})


@pytest.fixture
def ways():
    return {
        "A": {name: scores(mpjpe_mm=100.0, acc_error=20.0, coverage=1.0, acc=3.0, true_acc=2.0) for name in KINDS},
        "B": {name: scores(mpjpe_mm=80.0, acc_error=40.0, coverage=0.9, acc=1.6, true_acc=2.0) for name in KINDS},
        OURS: {
            name: scores(mpjpe_mm=40.0 + place, acc_error=5.0, coverage=1.0, acc=2.0, true_acc=2.0, sliding_mm=2.0)
            for place, name in enumerate(KINDS)
        },
        TRUTH: {name: scores(mpjpe_mm=0.0, coverage=1.0) for name in KINDS},
    }


def rows_of(table):
    return {name: dict(zip(table.columns, cells, strict=True)) for name, cells in table.rows}


def test_every_figure_has_a_column():
    shown = {column.attribute for column in COLUMNS.values()} | {"true_acc", "true_root_jitter"}
    assert shown == {*NAMES, "acc_ratio"}


def test_ours_is_compared_with_the_best_baseline_of_each_column(ways):
    poses, movement, *_ = rendered_tables(ways, KINDS)
    best, ours = rows_of(poses)["best baseline"], rows_of(poses)["ours against it"]
    assert (best["MPJPE"], ours["MPJPE"]) == ("80.0", "-49%")
    assert (best["coverage %"], ours["coverage %"]) == ("100.0", "+0%")
    best, ours = rows_of(movement)["best baseline"], rows_of(movement)["ours against it"]
    assert (best["ACC ERR"], ours["ACC ERR"]) == ("20.0", "-75%")
    # 0.8 is nearer to 1 than 1.5 is, and nobody but us has feet on a floor.
    assert (best["ACC ratio"], ours["ACC ratio"]) == ("0.80", "-")
    assert (best["sliding"], rows_of(movement)[OURS]["sliding"]) == ("-", "2.0")
    assert best["ACC"] == "-"


def test_kinds_are_means_over_their_shots(ways):
    poses, _ = kind_tables(OURS, ways, KINDS)
    assert {kind: row["MPJPE"] for kind, row in rows_of(poses).items()} == {"walk (2)": "40.5", "run (1)": "42.0"}
    against = rows_of(rendered_tables(ways, KINDS)[-1])
    assert against["run (1)"]["MPJPE"] == "42.0 / 80.0"


def test_without_baselines_there_is_nothing_to_compare_with(ways):
    alone = {OURS: ways[OURS], TRUTH: ways[TRUTH]}
    tables = rendered_tables(alone, KINDS)
    assert list(rows_of(tables[0])) == [OURS, TRUTH]
    assert rows_of(tables[-1])["run (1)"]["MPJPE"] == "42.0 / -"


@pytest.mark.parametrize(
    ("title", "values", "best"),
    [
        ("MPJPE", [3.0, 2.0, math.nan], 1),
        ("coverage %", [0.5, 0.9, 0.7], 1),
        ("lag", [-2.0, 0.5, 1.0], 1),
        ("lag", [math.nan] * 3, None),
    ],
)
def test_the_best_is_the_lowest_the_highest_or_the_nearest(title, values, best):
    column = COLUMNS[title]
    rows = [scores(**{column.attribute: value}) for value in values]
    assert best_baseline(column, rows) is (None if best is None else rows[best])


def test_a_rounded_zero_has_no_sign():
    assert COLUMNS["lag"].text(scores(lag_frames=-0.001)) == "0.00"


def test_markdown_has_one_line_a_row(ways):
    table = rendered_tables(ways, KINDS)[0]
    lines = markdown(table).splitlines()
    assert lines[2].count("|") == lines[3].count("|") == len(table.columns) + 2
    assert lines[4].startswith("| A | 100.0 | 100.0 |")


def test_json_holds_every_figure_and_null_for_missing_ones(ways):
    content = scores_as_json(ways, KINDS)
    assert content[OURS]["all"]["mpjpe_mm"] == pytest.approx(41)
    assert content[OURS]["by_shot"]["walk2"]["mpjpe_mm"] == 41 and content["A"]["all"]["acc_ratio"] == 1.5
    assert content["A"]["all"]["sliding_mm"] is None
