"""The command `people` as a process: its events, its table, and its pictures."""

from pathlib import Path

import numpy as np

OPTIONS = ["--end", 8]


def test_people_are_an_event_and_their_pictures_are_files(run, excerpt, tmp_path):
    result = run("people", excerpt, *OPTIONS, "--thumbnails", tmp_path, "--json")
    assert result.returncode == 0, result.stderr
    *_, people, last = result.events
    assert (people["type"], last["type"], last["paths"]) == ("people", "result", [])
    assert [person["rank"] for person in people["people"]] == [1, 2]
    assert sorted(map(str, tmp_path.iterdir())) == [person["thumbnail"] for person in people["people"]]
    assert all(Path(person["thumbnail"]).read_bytes().startswith(b"\x89PNG") for person in people["people"])


def test_without_json_it_is_a_table_whose_places_estimate_takes(start, run, excerpt, tmp_path):
    stdout, stderr = start("people", excerpt, *OPTIONS).communicate(timeout=120)
    title, *rows = stdout.splitlines()
    assert title.split() == ["person", "seconds", "frames", "size", "px", "place", "picture"]
    assert len(rows) == 2, stderr
    place = next(word for word in rows[1].split() if "@" in word)
    result = run(
        *("estimate", excerpt, *OPTIONS, "--people", f"{place},2", "--model", "full"),
        *("--output", tmp_path / "second.npz", "--json"),
    )
    assert result.returncode == 0, result.stderr
    assert result.events[-1]["paths"] == [str(tmp_path / "second.npz")]
    warnings = [event["code"] for event in result.events if event["type"] == "warning"]
    assert warnings.count("same_person") == 1


def test_a_place_where_nobody_is_is_exit_code_3(run, excerpt, tmp_path):
    arguments = ["--people", "2@0.99:0.01", "--model", "full", "--output", tmp_path / "o.npz", "--json"]
    result = run("estimate", excerpt, *OPTIONS, *arguments)
    assert result.returncode == 3
    assert result.events[-1]["message"].startswith("Nobody was found near the place 2@0.9900:0.0100 (frame 2)")
    assert list(tmp_path.iterdir()) == []


def test_two_pieces_of_one_person_are_one_motion_and_another_piece_is_a_second_one(run, excerpt, tmp_path):
    pieces = ["--people", "1[:5]+1[5:8],1[:4]", "--model", "full", "--output", tmp_path / "o.npz", "--json"]
    result = run("estimate", excerpt, *OPTIONS, *pieces)
    assert result.returncode == 0, result.stderr
    assert result.events[-1]["paths"] == [str(tmp_path / "o.npz"), str(tmp_path / "o_person3.npz")]
    whole = run("estimate", excerpt, *OPTIONS, "--model", "full", "--output", tmp_path / "whole.npz", "--json")
    assert whole.returncode == 0, whole.stderr
    with np.load(tmp_path / "o.npz") as joined, np.load(tmp_path / "whole.npz") as expected:
        frames = expected["frame_ids"].tolist()
        assert joined["frame_ids"].tolist() == frames
        assert np.array_equal(joined["poses"], expected["poses"])
    with np.load(tmp_path / "o_person3.npz") as piece:
        assert piece["frame_ids"].tolist() == [frame for frame in frames if frame < 4]


def test_pieces_that_cannot_be_read_are_exit_code_2(run, excerpt, tmp_path):
    result = run("estimate", excerpt, "--people", "1[5:3]", "--output", tmp_path / "o.npz", "--json")
    assert result.returncode == 2
    assert result.events[-1]["message"] == "--people cannot be '1[5:3]'."
