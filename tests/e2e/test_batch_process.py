"""The real batch process: three short walks, a broken file and an empty scene; stopped, killed and gone on with."""

import importlib.util
import json
import os
import signal
import subprocess
import time

import pytest

from core.motion import load_motion
from tests.short_videos import broken_video, cut_walk, empty_scene

FRAME_COUNT = 8
WALKS = {"walk.mp4": "walk.mp4.npz", "walk.mov": "walk.mov.npz", "day 1/walk.MP4": "day 1/walk.npz"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("videos")
    for index, name in enumerate(WALKS):
        cut_walk(folder / name, 10 * index, FRAME_COUNT)
    broken_video(folder / "broken.avi")
    empty_scene(folder / "empty.mp4")
    return folder


def arguments(folder):
    return ["batch", folder, "--recursive", "--quality", "fast", "--json"]


def states_of(events):
    return {event["video"]: event["state"] for event in events if event["type"] == "video"}


def outputs(folder):
    output = folder / "motions"
    files = (path.relative_to(output).as_posix() for path in output.rglob("*") if path.is_file())
    return {name for name in files if not name.startswith((".jointwise-batch/", "batch_summary."))}


def read_until(process, field, value):
    for line in process.stdout:
        if json.loads(line).get(field) == value:
            return
    pytest.fail(f"No {field} was {value}.")


def wait_for_work(folder):
    """Return when a further video is at work."""
    deadline = time.monotonic() + 20
    while not list((folder / "motions/.jointwise-batch/work").glob("*/*/stderr.txt")):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def estimates_of(folder):
    listing = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    return [line for line in listing.splitlines() if " estimate " in line and str(folder) in line]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals.")
def test_killed_then_cancelled_then_gone_on_with_nothing_is_lost_or_done_twice(start, run, folder):
    process = start(*arguments(folder))
    read_until(process, "state", "done")
    wait_for_work(folder)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=10)
    inodes = {name: (folder / "motions" / name).stat().st_ino for name in outputs(folder)}
    assert set(inodes) <= set(WALKS.values())
    assert inodes
    deadline = time.monotonic() + 10
    while estimates_of(folder):
        # The estimate notices by itself that nobody listens any more.
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert outputs(folder) == set(inodes)

    process = start(*arguments(folder), stdin=subprocess.PIPE)
    # What the killed one left is gone by then.
    read_until(process, "stage", "batch")
    wait_for_work(folder)
    asked = time.monotonic()
    process.stdin.write("cancel\n")
    process.stdin.flush()
    stdout = process.stdout.read()
    assert process.wait(timeout=10) == 130
    assert time.monotonic() - asked < 2
    events = [json.loads(line) for line in stdout.splitlines()]
    assert events[-1]["code"] == "cancelled"
    assert events[-2]["type"] == "summary"
    assert estimates_of(folder) == []
    assert not (folder / "motions/.jointwise-batch/work").exists()

    result = run(*arguments(folder), "--jobs", 2)
    assert result.returncode == 4, result.stderr
    assert result.stderr == "1 of 5 videos failed. The table says why; run it again to try them again.\n"
    assert states_of(result.events) == {
        **{video: "skipped" if name in inodes else "done" for video, name in WALKS.items()},
        "broken.avi": "failed",
        "empty.mp4": "nobody found",
    }
    assert outputs(folder) == set(WALKS.values())
    assert {name: (folder / "motions" / name).stat().st_ino for name in inodes} == inodes
    for video, name in WALKS.items():
        motion = load_motion(folder / "motions" / name)
        assert motion.frame_count == FRAME_COUNT
        assert motion.metadata["video"] == video.rpartition("/")[2]
    [summary] = [event for event in result.events if event["type"] == "summary"]
    rows = json.loads((folder / "motions/batch_summary.json").read_text())
    assert summary["json"] == str(folder / "motions/batch_summary.json")
    assert {row["video"]: row["state"] for row in rows} == states_of(result.events)


def test_a_table_for_people_and_one_sentence_for_an_empty_folder(start, folder, tmp_path):
    """Runs after the batch above, so that there is next to nothing to do."""
    (folder / "broken.avi").unlink()
    process = start(*[argument for argument in arguments(folder) if argument != "--json"])
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 0, stderr
    lines = stdout.splitlines()
    assert lines[0].split() == ["video", "state", "seconds", "frames", "people", "message"]
    assert len([line for line in lines if " skipped " in line]) == len(WALKS)
    assert len([line for line in stderr.splitlines() if line.startswith("[")]) == len(WALKS) + 1

    process = start("batch", tmp_path)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 2
    assert len(stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == [tmp_path / "motions"]


def test_the_overlay_and_all_people_go_along(run, folder, tmp_path):
    options = ["--overlay", "--people", "all", "--output", tmp_path, "--threads", 1]
    result = run("batch", folder / "day 1", "--quality", "fast", "--json", *options)
    assert result.returncode == 0, result.stderr
    # Somebody else walks through the picture.
    assert result.events[-1]["paths"] == [str(tmp_path / name) for name in ("walk.npz", "walk_person2.npz")]
    assert (tmp_path / "walk_overlay.mp4").stat().st_size > 1000
    assert load_motion(tmp_path / "walk.npz").metadata["options"]["people"] == "all"


@pytest.mark.skipif(importlib.util.find_spec("ray") is not None, reason="ray is installed")
def test_ray_that_is_missing_is_one_sentence(run, folder):
    result = run("batch", folder, "--ray", "auto", "--output", folder / "other", "--json")
    assert result.returncode == 2
    assert result.events[-1]["code"] == "bad_engine"
    assert "pip install ray" in result.stderr
    assert len(result.stderr.splitlines()) == 1
