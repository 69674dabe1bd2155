"""The fuzz suite's short form, and that it finds what it looks for. In full: python3 dev.py fuzz."""

import os
from pathlib import Path
from random import Random

import pytest

from core.errors import VideoError
from tests.fuzz.catalogue import KINDS
from tests.fuzz.inputs import Input, Kind
from tests.fuzz.pool import Pool
from tests.fuzz.suite import run_suite, shares, table
from tests.fuzz.trial import try_input

INPUTS = 150


def test_no_broken_file_breaks_anything(tmp_path):
    # Checkpoints need torch, whose import alone takes as long as the rest; the whole suite has them.
    names = [name for name in KINDS if name not in ("checkpoint", "result")]
    tallies = run_suite(names, INPUTS, seed=1, processes=2, limit_s=60, keep=tmp_path)
    print(table(tallies))
    assert [words for tally in tallies.values() for words, _ in tally.failures] == []
    assert sum(tally.inputs for tally in tallies.values()) == INPUTS


@pytest.mark.parametrize("name", [name for name in KINDS if name not in ("checkpoint", "packages")])
def test_the_whole_inputs_that_are_broken_are_usable_ones(tmp_path, name, monkeypatch):
    monkeypatch.chdir(tmp_path)
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    verdicts = []
    for number, seed in enumerate(KINDS[name].seeds(seeds)[:4]):
        path = tmp_path / str(number) / seed.name
        path.parent.mkdir()
        path.write_bytes(seed.data)
        verdicts.append(try_input(KINDS[name], path))
    os.chdir(tmp_path)
    refused = [outcome.words for outcome in verdicts if outcome.verdict != "accepted"]
    # Its result says an error, and its network is another one's file.
    expected = {"core to add-on": 0, "network file": 1}.get(name, 0)
    assert len(refused) == expected, refused


def test_a_seed_gives_the_same_inputs(tmp_path):
    for name in ("bvh", "core to add-on", "bone map"):
        kind = KINDS[name]
        corpus = kind.seeds(tmp_path)
        first, second = ([kind.make(rng, corpus) for _ in range(20)] for rng in (Random("3"), Random("3")))
        assert first == second
        assert len({item.data for item in first}) > 10


def _sit(_path: Path) -> None:
    while True:
        pass


def _die(_path: Path) -> None:
    os.abort()


def _grow(_path: Path) -> None:
    bytearray(8 << 30)


def _leave(path: Path) -> None:
    path.with_name(".walk.partial.npz").touch()


def _say_two_lines(_path: Path) -> None:
    raise VideoError("One line.\nAnother.")


def _trip(_path: Path) -> None:
    raise KeyError("poses")


def _refuse(_path: Path) -> None:
    raise VideoError("It is no video.", "Use another.")


@pytest.mark.parametrize(
    ("consume", "verdict", "words"),
    [
        (_leave, "failed", "left behind"),
        (_say_two_lines, "failed", "no clear sentence"),
        (_trip, "failed", "KeyError"),
        (_refuse, "refused", "no video"),
    ],
)
def test_every_way_to_fail_is_seen(tmp_path, consume, verdict, words, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "in" / "a.bin"
    path.parent.mkdir()
    path.touch()
    outcome = try_input(Kind("made up", 1, list, list, consume), path)
    os.chdir(tmp_path)
    assert outcome.verdict == verdict
    assert words in outcome.words


@pytest.mark.parametrize(
    ("consume", "limit_s", "words"), [(_sit, 2, "took longer"), (_die, 60, "process died"), (_grow, 60, "MemoryError")]
)
def test_what_hangs_crashes_or_grows_is_killed_and_counted(consume, limit_s, words):
    with Pool([], 1, limit_s) as pool:
        (outcome,) = pool.try_all(Kind("trial", 1, list, list, consume), [Input("a", b"")])
    assert outcome.verdict == "failed"
    assert words in outcome.words


def test_each_kind_gets_its_share_and_none_is_left_out():
    counts = shares(list(KINDS), 1000)
    assert sum(counts.values()) == 1000
    assert min(counts.values()) >= 5
