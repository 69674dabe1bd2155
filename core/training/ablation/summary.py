"""The ablation's tables out of the runs' files: the paper's Table 2 columns with spreads over the seeds."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ..evaluation.benchmark import DANCE
from ..evaluation.breakdown import REST
from ..evaluation.table import Cell, Spread, Table
from .runs import FRACTIONS
from .scoring import HIDDEN_KEY

Result = Mapping[str, Any]
"""The content of one run's file."""
Rows = list[tuple[str, tuple[Cell, ...]]]

LIFTER_ROW: Final = "lifter as it is"
_TABLE_2: Final = {"PA-MPJPE": "pa_mpjpe_mm", "MPJPE": "mpjpe_mm", "ACC": "acc", "ACC ERR": "acc_error"}
_SPLIT_NAMES: Final = {"val": "validation split", "test": "test split"}
_KINDS: Final = ("none", "holistic", "decomposed")


def summary_tables(results: Sequence[Result], lifter_scores: Mapping[str, Any]) -> list[Table]:
    """Return all tables that finished runs give.

    Args:
        results: contents of the runs' files.
        lifter_scores: scores of the lifter alone, by split.
    """
    whole = [result for result in results if result["run"]["fraction"] == 1]
    tables = []
    for split in lifter_scores:
        tables += [_table_2(whole, lifter_scores, split, part) for part in ("track", "windows")]
    tables.append(_fraction_table(results, next(iter(lifter_scores))))
    for split, scores in lifter_scores.items():
        if DANCE in scores:
            tables.append(_dance_table(whole, lifter_scores, split))
        if HIDDEN_KEY in scores:
            tables.append(_hidden_table(whole, lifter_scores, split))
    tables.append(_training_table(results))
    return [table for table in tables if table.rows]


def grouped(results: Sequence[Result]) -> dict[str, list[Result]]:
    """Return the results of each row: as in the paper's Table 2, then with the discriminator, then on less data."""
    rows: dict[str, list[Result]] = {}
    for result in sorted(results, key=_row_order):
        rows.setdefault(result["row"], []).append(result)
    return rows


def _row_order(result: Result) -> tuple[Any, ...]:
    run = result["run"]
    kind, reg = _KINDS.index(run["kind"]), run["has_regularisation"]
    return run["fraction"] < 1, run["has_discriminator"], run["residual"], kind, reg, run["fraction"], run["seed"]


def _table_2(results: Sequence[Result], lifter_scores: Mapping[str, Any], split: str, part: str) -> Table:
    """Return PA-MPJPE, MPJPE, ACC and ACC ERR of every row."""
    keys = (*_TABLE_2.values(), "acc_error_vibe")
    of_lifter = lifter_scores[split][part]
    rows: Rows = [(LIFTER_ROW, (*(of_lifter[key] for key in keys), None))]
    for name, members in grouped(results).items():
        rows.append((name, (*(_spread(members, "scores", split, part, key) for key in keys), len(members))))
    how = "whole tracks" if part == "track" else "windows of T frames from the zero state"
    notes = (f"mm and mm/frame^2; mean ± standard deviation over seeds; ACC of the truth {of_lifter['true_acc']:.1f}.",)
    title = f"Table 2 on open data, {_SPLIT_NAMES[split]}, {how}"
    return Table(title, (*_TABLE_2, "ACC ERR (vibe)", "seeds"), tuple(rows), notes)


def _fraction_table(results: Sequence[Result], split: str) -> Table:
    """Return holistic against decomposed on 10, 30 and 100 % of the training windows; no rows before there are any."""
    fractions = (*FRACTIONS, 1.0)
    rows: Rows = []
    for kind in ("holistic", "decomposed"):
        members = [[r for r in results if _is_plain(r["run"], kind, fraction)] for fraction in fractions]
        for label, key in _TABLE_2.items():
            cells = (_spread(found, "scores", split, "track", key) if found else None for found in members)
            rows.append((f"{kind}, {label}", tuple(cells)))
    if not any(cell for _, cells in rows for cell in cells[:-1]):
        rows = []
    columns = tuple(f"{fraction:.0%}" for fraction in fractions)
    return Table(f"Less data, {_SPLIT_NAMES[split]}, whole tracks (no L_reg, no D)", columns, tuple(rows))


def _dance_table(results: Sequence[Result], lifter_scores: Mapping[str, Any], split: str) -> Table:
    """Return dance against the rest: the paper's motive."""
    keys = {"PA-MPJPE": "pa_mpjpe_mm", "ACC ERR": "acc_error"}
    parts = [(group, label) for group in (DANCE, REST) if group in lifter_scores[split] for label in keys]
    rows: Rows = [(LIFTER_ROW, tuple(lifter_scores[split][group][keys[label]] for group, label in parts))]
    for name, members in grouped(results).items():
        rows.append((name, tuple(_spread(members, "scores", split, group, keys[label]) for group, label in parts)))
    columns = tuple(f"{group}: {label}" for group, label in parts)
    return Table(f"Dance against the rest, {_SPLIT_NAMES[split]}, whole tracks", columns, tuple(rows))


def _hidden_table(results: Sequence[Result], lifter_scores: Mapping[str, Any], split: str) -> Table:
    """Return the error of hidden joints of every row that was scored so; no rows where there is none."""
    results = [result for result in results if HIDDEN_KEY in result["scores"][split]]
    of_lifter = lifter_scores[split][HIDDEN_KEY]
    columns = tuple(name for name in of_lifter if not name.endswith("seen"))
    rows: Rows = [(LIFTER_ROW, tuple(of_lifter[column] for column in columns))] if results else []
    for name, members in grouped(results).items():
        rows.append((name, tuple(_spread(members, "scores", split, HIDDEN_KEY, column) for column in columns)))
    title = f"Error of hidden joints, {_SPLIT_NAMES[split]}, mm (what is hidden, for how many frames)"
    return Table(title, columns, tuple(rows))


def _training_table(results: Sequence[Result]) -> Table:
    """Return what each row cost, and how it ended."""
    rows: Rows = []
    for name, members in grouped(results).items():
        speed = Spread.of([1000 * result["seconds"] / result["iterations"] for result in members])
        gain = Spread.of([_last_gain(result["curve"]) for result in members])
        residual = Spread.of([100 * result["feature_residual_rms"] for result in members])
        rows.append((name, (members[0]["encoder_parameters"], members[0]["window_count"], speed, residual, gain)))
    columns = ("encoder parameters", "windows", "ms/iteration", "100 x RMS(f~ - f)", "last gain")
    notes = (
        "last gain: PA-MPJPE in mm that the last part of the curve won. The learning rate has fallen to almost nothing",
        "there, so a small gain is no proof of convergence: only a longer run is.",
    )
    return Table("Training", columns, tuple(rows), notes)


def _last_gain(curve: Sequence[Sequence[float]]) -> float:
    return curve[-2][1] - curve[-1][1] if len(curve) > 1 else 0.0


def _is_plain(run: Mapping[str, Any], kind: str, fraction: float) -> bool:
    """Whether a run is the bare encoder of a kind at a data fraction."""
    has_extras = run["has_regularisation"] or run["has_discriminator"] or run["residual"]
    return run["kind"] == kind and run["fraction"] == fraction and not has_extras


def _spread(members: Sequence[Result], *path: str) -> Spread:
    """Return the spread of the number at a path in each result."""
    values = []
    for member in members:
        value: Any = member
        for key in path:
            value = value[key]
        values.append(float(value))
    return Spread.of(values)
