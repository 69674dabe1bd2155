import pytest

from core.bench.pairs import ratio, run_in_turn
from core.bench.report import clip_tables
from core.bench.ways import Run


def test_ways_run_in_turn_and_ratios_are_those_of_pairs():
    order = []

    def way(name, seconds):
        values = iter(seconds)

        def run():
            order.append(name)
            return Run(next(values), 1.0, 100.0)

        return run

    runs = run_in_turn({"a": way("a", [8, 40, 9]), "b": way("b", [4, 10, 3])}, 3, lambda line: None)
    assert order == ["a", "b"] * 3
    found = ratio([run.wall_s for run in runs["a"]], [run.wall_s for run in runs["b"]])
    # A slow second round slows both ways, and does not count more than the others.
    assert (found.median, found.least, found.largest) == pytest.approx((3, 2, 4))


def test_the_tables_hold_rates_memory_stages_and_ratios():
    theirs, ours = Run(10.0, 8.0, 300.0, {"decode": 1.0}), Run(5.0, 4.0, 500.0, {"decode": 1.0, "backbone": 2.0})
    text = clip_tables("720p", 100, {"MediaPipe heavy": [theirs], "MediaPipe full": [theirs], "ours": [ours]})
    assert "| ours | 25.0 | 5.0 | 500 | 10.00 |  | 20.00 |" in text
    assert "| ours | 2.00 (2.00 to 2.00) |" in text
