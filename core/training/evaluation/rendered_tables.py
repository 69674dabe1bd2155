"""The rendered benchmark as tables: everybody over all shots, and ours and each baseline kind by kind."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from .rendered_scores import ShotScores, mean_scores
from .table import MISSING, Table

OURS: Final = "Jointwise"
TRUTH: Final = "the truth itself"
BEST: Final = "best baseline"
AGAINST_BEST: Final = "ours against it"

COMPARED: Final = ("coverage", "mpjpe_mm", "pa_mpjpe_mm", "hidden_mm", "acc_error", "reprojection", "flips")

ShotsOfWay = Mapping[str, ShotScores]
"""Scores by shot's name."""


@dataclass(frozen=True)
class Column:
    """One figure: its title, which attribute of ShotScores it shows times what, with how many decimals.

    Attributes:
        goal: what a baseline must be to be the best: `low`, `high`, or near to a number (a ratio of 1, a lag of 0).
    """

    title: str
    attribute: str
    decimals: int = 1
    factor: float = 1.0
    goal: Literal["low", "high"] | float = "low"

    def value(self, scores: ShotScores) -> float:
        """Return the figure in the column's unit."""
        return self.factor * float(getattr(scores, self.attribute))

    def text(self, scores: ShotScores) -> str:
        """Return the cell."""
        value = self.value(scores)
        # Adding zero turns a rounded -0.0 into 0.0.
        return MISSING if math.isnan(value) else f"{round(value, self.decimals) + 0.0:.{self.decimals}f}"

    def badness(self, scores: ShotScores) -> float:
        """Return a number that is lower for better figures."""
        value = self.value(scores)
        if isinstance(self.goal, str):
            return -value if self.goal == "high" else value
        return abs(value - self.goal)


POSE_COLUMNS: Final = (
    Column("coverage %", "coverage", factor=100.0, goal="high"),
    Column("MPJPE", "mpjpe_mm"),
    Column("PA-MPJPE", "pa_mpjpe_mm"),
    Column("visible", "visible_mm"),
    Column("hidden", "hidden_mm"),
    Column("angle deg", "angle_deg"),
    Column("reproj. %", "reprojection", 2, 100.0),
    Column("flips %", "flips", 2, 100.0),
    Column("frames/s", "frames_per_second", goal="high"),
)
MOVEMENT_COLUMNS: Final = (
    Column("ACC", "acc", goal=math.nan),
    Column("ACC ERR", "acc_error"),
    Column("ACC ratio", "acc_ratio", 2, goal=1.0),
    Column("peak speed", "peak_speed_ratio", 2, goal=1.0),
    Column("lag", "lag_frames", 2, goal=0.0),
    Column("root, aligned", "root_aligned_mm"),
    Column("root", "root_mm"),
    Column("root jitter", "root_jitter"),
    Column("sliding", "sliding_mm"),
    Column("penetration", "penetration_mm"),
    Column("float", "float_mm"),
)
POSE_NOTES: Final = (
    "mm; 12 body landmarks, camera axes, rooted between the hips; each shot counts the same.",
    "visible, hidden: the same landmarks, as the truth sees them; reproj.: of the person's height, visible ones.",
    "angle: local rotations of 22 joints. flips: arms or legs nearer to the other side's truth by 50 mm.",
)
MOVEMENT_NOTES: Final = (
    "mm and mm/frame^2 at 30 frames a second; peak speed of wrists and ankles over the true one; lag in frames.",
    "root, aligned: after one turn and shift of the whole track. sliding, penetration, float: heels and toes while the",
    "truth's stand, the track first moved by its best constant height; baselines have no place in the room.",
)


def rendered_tables(scores: Mapping[str, ShotsOfWay], kinds: Mapping[str, str]) -> list[Table]:
    """Return the tables to be printed: everybody over all shots, then ours kind by kind, alone and against the best.

    Args:
        scores: by way of estimating, then by shot.
        kinds: each shot's kind.
    """
    overall = {way: mean_scores(list(shots.values())) for way, shots in scores.items()}
    parts = (("poses", POSE_COLUMNS, POSE_NOTES), ("movement and place", MOVEMENT_COLUMNS, MOVEMENT_NOTES))
    tables = [
        Table(f"Rendered videos, all shots: {part}", _titles(columns), _overall_rows(overall, columns), notes)
        for part, columns, notes in parts
    ]
    return [*tables, *kind_tables(OURS, scores, kinds), _against_best_by_kind(scores, kinds)]


def kind_tables(way: str, scores: Mapping[str, ShotsOfWay], kinds: Mapping[str, str]) -> list[Table]:
    """Return the two tables of one way of estimating, kind by kind."""
    by_kind = scores_by_kind(scores[way], kinds)
    return [
        Table(
            f"{way}, by kind of shot: {part}",
            _titles(columns),
            tuple((kind, _cells(row, columns)) for kind, row in by_kind.items()),
        )
        for part, columns in (("poses", POSE_COLUMNS), ("movement and place", MOVEMENT_COLUMNS))
    ]


def _against_best_by_kind(scores: Mapping[str, ShotsOfWay], kinds: Mapping[str, str]) -> Table:
    """Return ours / the best baseline of the cell, kind by kind."""
    columns = [column for column in (*POSE_COLUMNS, *MOVEMENT_COLUMNS) if column.attribute in COMPARED]
    ours, *others = (scores_by_kind(scores[way], kinds) for way in (OURS, *_baselines(scores)))
    rows = []
    for kind, row in ours.items():
        best = [best_baseline(column, [other[kind] for other in others]) for column in columns]
        cells = [f"{c.text(row)} / {MISSING if b is None else c.text(b)}" for c, b in zip(columns, best, strict=True)]
        rows.append((kind, tuple(cells)))
    return Table(f"{OURS} / the best baseline, by kind of shot", _titles(columns), tuple(rows))


def _baselines(scores: Mapping[str, Any]) -> list[str]:
    return [way for way in scores if way not in (OURS, TRUTH)]


def scores_by_kind(shots: ShotsOfWay, kinds: Mapping[str, str]) -> dict[str, ShotScores]:
    """Return the mean scores of each kind of shot, named with the number of shots, in order of appearance."""
    members: dict[str, list[ShotScores]] = {}
    for shot, score in shots.items():
        members.setdefault(kinds[shot], []).append(score)
    return {f"{kind} ({len(group)})": mean_scores(group) for kind, group in members.items()}


def _titles(columns: Sequence[Column]) -> tuple[str, ...]:
    return tuple(column.title for column in columns)


def _cells(scores: ShotScores, columns: Sequence[Column]) -> tuple[str, ...]:
    return tuple(column.text(scores) for column in columns)


def _overall_rows(
    overall: Mapping[str, ShotScores], columns: Sequence[Column]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return a row for everybody, the best baseline of each column, and ours relative to that."""
    rows = [(way, _cells(scores, columns)) for way, scores in overall.items()]
    baselines = [overall[way] for way in _baselines(overall)]
    if OURS in overall and baselines:
        best = [best_baseline(column, baselines) for column in columns]
        texts = tuple(MISSING if b is None else c.text(b) for c, b in zip(columns, best, strict=True))
        against = tuple(_relative(c, overall[OURS], b) for c, b in zip(columns, best, strict=True))
        rows += [(BEST, texts), (AGAINST_BEST, against)]
    return tuple(rows)


def best_baseline(column: Column, baselines: Sequence[ShotScores]) -> ShotScores | None:
    """Return who has the best figure of a column, None where nobody has one or there is no better and worse."""
    rated = [(column.badness(scores), index) for index, scores in enumerate(baselines)]
    rated = [(badness, index) for badness, index in rated if not math.isnan(badness)]
    return baselines[min(rated)[1]] if rated else None


def _relative(column: Column, ours: ShotScores, best: ShotScores | None) -> str:
    """Return by how many per cent our figure is above the best baseline's; nothing for ratios and lags."""
    if best is None or not isinstance(column.goal, str) or not column.value(best):
        return MISSING
    change = column.value(ours) / column.value(best) - 1
    return MISSING if math.isnan(change) else f"{change:+.0%}"


def markdown(table: Table) -> str:
    """Return a table of text cells in Markdown."""
    lines = [
        f"### {table.title}",
        "",
        "| | " + " | ".join(table.columns) + " |",
        "|---" * (len(table.columns) + 1) + "|",
    ]
    lines += [f"| {name} | " + " | ".join(map(str, cells)) + " |" for name, cells in table.rows]
    return "\n".join([*lines, "", *table.notes]).rstrip() + "\n"


def scores_as_json(scores: Mapping[str, ShotsOfWay], kinds: Mapping[str, str]) -> dict[str, Any]:
    """Return every figure, over all, by kind and by shot; None for NaN."""
    return {
        way: {
            "all": _fields(mean_scores(list(shots.values()))),
            "by_kind": {kind: _fields(row) for kind, row in scores_by_kind(shots, kinds).items()},
            "by_shot": {shot: _fields(row) for shot, row in shots.items()},
        }
        for way, shots in scores.items()
    }


def _fields(scores: ShotScores) -> dict[str, float | None]:
    values = {**dataclasses.asdict(scores), "acc_ratio": scores.acc_ratio}
    return {name: None if math.isnan(value) else value for name, value in values.items()}
