"""The whole of it: inputs by seed and kind, rounds that learn from what reached new lines, a table of counts."""

import hashlib
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from .catalogue import KINDS
from .inputs import Input, Kind
from .pool import Pool

ROUND = 20
LARGEST_CORPUS = 60


@dataclass
class Tally:
    """Counts of one kind, and its failures: number, words, and where the input is kept."""

    inputs: int = 0
    accepted: int = 0
    refused: int = 0
    failed: int = 0
    lines: set[int] = field(default_factory=set)
    failures: list[tuple[str, Path]] = field(default_factory=list)


def shares(names: list[str], input_count: int) -> dict[str, int]:
    """Return how many inputs each kind gets, at least one."""
    total = sum(KINDS[name].share for name in names)
    counts = {name: max(1, input_count * KINDS[name].share // total) for name in names}
    counts[names[0]] += max(0, input_count - sum(counts.values()))
    return counts


def run_suite(
    names: list[str], input_count: int, seed: int, processes: int, limit_s: float, keep: Path
) -> dict[str, Tally]:
    """Try so many inputs of the kinds; failing ones are kept in a folder."""
    tallies = {}
    with Pool([KINDS[name] for name in names], processes, limit_s) as pool:
        for name, count in shares(names, input_count).items():
            tallies[name] = _run_kind(KINDS[name], count, seed, pool, keep)
    return tallies


def _run_kind(kind: Kind, count: int, seed: int, pool: Pool, keep: Path) -> Tally:
    # A generator for each kind, so that `--kind` alone gives the same inputs.
    rng = Random(f"{seed} {kind.name}")
    with tempfile.TemporaryDirectory() as folder:
        corpus = kind.seeds(Path(folder))
    tally = Tally()
    while tally.inputs < count:
        inputs = [kind.make(rng, corpus) for _ in range(min(ROUND, count - tally.inputs))]
        for item, outcome in zip(inputs, pool.try_all(kind, inputs), strict=True):
            tally.inputs += 1
            setattr(tally, outcome.verdict, getattr(tally, outcome.verdict) + 1)
            if outcome.verdict == "failed":
                tally.failures.append((outcome.words, _keep(kind, item, keep)))
            elif not outcome.lines <= tally.lines and len(corpus) < LARGEST_CORPUS:
                corpus.append(item)
            tally.lines |= outcome.lines
    return tally


def _keep(kind: Kind, item: Input, folder: Path) -> Path:
    digest = hashlib.sha256(item.data).hexdigest()[:10]
    path = folder / f"{kind.name.replace(' ', '_')}-{digest}" / item.name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(item.data)
    return path


def table(tallies: dict[str, Tally]) -> str:
    """Return the counts, a line for each kind and one for all."""
    rows = [f"{'kind':<16}{'inputs':>8}{'accepted':>10}{'refused':>9}{'failed':>8}"]
    for name, tally in tallies.items():
        rows.append(f"{name:<16}{tally.inputs:>8}{tally.accepted:>10}{tally.refused:>9}{tally.failed:>8}")
    columns = ("inputs", "accepted", "refused", "failed")
    sums = [sum(getattr(tally, column) for tally in tallies.values()) for column in columns]
    rows.append(f"{'all':<16}{sums[0]:>8}{sums[1]:>10}{sums[2]:>9}{sums[3]:>8}")
    return "\n".join(rows)
