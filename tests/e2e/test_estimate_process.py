"""The real core process: events, exit codes, cancel, and what it leaves behind."""

import json
import os
import signal
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.motion import load_motion

ONE_FRAME_STEP_S = 1.0


@pytest.fixture
def short_args(excerpt, tmp_path):
    return ["estimate", excerpt, "--output", tmp_path / "out.npz", "--end", 6, "--model", "full", "--json"]


def write_video(path, frame_count=20, size=(320, 240)):
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 30, size)
    rng = np.random.default_rng(0)
    for _ in range(frame_count):
        writer.write(rng.integers(90, 110, (size[1], size[0], 3), dtype=np.uint8))
    writer.release()


def test_events_start_with_hello_and_end_with_the_result(run, short_args, tmp_path):
    result = run(*short_args)
    assert result.returncode == 0, result.stderr
    types = [event["type"] for event in result.events]
    assert types[0] == "hello"
    assert types[-1] == "result"
    assert "status" in types
    assert result.events[-1]["paths"] == [str(tmp_path / "out.npz")]
    assert load_motion(tmp_path / "out.npz").frame_count > 0
    assert [path.name for path in tmp_path.iterdir()] == ["out.npz"]


def test_hello_comes_within_five_seconds(start, short_args):
    started = time.monotonic()
    process = start(*short_args)
    first_line = process.stdout.readline()
    elapsed = time.monotonic() - started
    process.communicate(timeout=120)
    assert json.loads(first_line)["type"] == "hello"
    assert elapsed < 5


def test_start_and_end_choose_source_frames(run, excerpt, tmp_path):
    options = ["--start", 20, "--end", 26, "--model", "full", "--json"]
    result = run("estimate", excerpt, "--output", tmp_path / "o.npz", *options)
    assert result.returncode == 0, result.stderr
    motion = load_motion(tmp_path / "o.npz")
    assert motion.frame_ids.tolist() == [20, 21, 22, 23, 24, 25]
    np.testing.assert_allclose(motion.timestamps, motion.frame_ids / 30, atol=0.02)


def read_until_tracking(process):
    for line in process.stdout:
        event = json.loads(line)
        if event["type"] == "status" and event["stage"] == "track" and event["frame"] > 0:
            return


@pytest.mark.parametrize("how", ["line", "SIGINT", "SIGTERM"])
@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals; the add-on cancels by the line there.")
def test_cancel_ends_within_two_seconds_and_leaves_nothing(start, excerpt, tmp_path, how):
    import subprocess

    process = start("estimate", excerpt, "--output", tmp_path / "out.npz", "--json", stdin=subprocess.PIPE)
    read_until_tracking(process)
    asked = time.monotonic()
    if how == "line":
        process.stdin.write("cancel\n")
        process.stdin.flush()
    else:
        process.send_signal(getattr(signal, how))
    stdout = process.stdout.read()
    assert process.wait(timeout=10) == 130
    assert time.monotonic() - asked < 2
    assert json.loads(stdout.splitlines()[-1])["code"] == "cancelled"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals.")
@pytest.mark.parametrize("stage", ["load", "overlay"])
def test_every_stage_can_be_cancelled(start, excerpt, tmp_path, stage):
    arguments = ["estimate", excerpt, "--output", tmp_path / "out.npz", "--overlay", tmp_path / "overlay.mp4"]
    process = start(*arguments, "--end", 12, "--model", "full", "--json")
    for line in process.stdout:
        event = json.loads(line)
        if event["type"] == "status" and event["stage"] == stage:
            break
    asked = time.monotonic()
    process.send_signal(signal.SIGTERM)
    process.communicate()
    assert process.returncode == 130
    assert time.monotonic() - asked < 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("option", [[], ["--overlay", "overlay.mp4"]])
def test_a_reader_who_goes_away_ends_the_work_and_leaves_nothing(start, excerpt, tmp_path, option):
    option = [str(tmp_path / name) if name.endswith(".mp4") else name for name in option]
    arguments = ["estimate", excerpt, "--output", tmp_path / "out.npz", "--end", 12, "--model", "full", "--json"]
    process = start(*arguments, *option)
    for line in process.stdout:
        event = json.loads(line)
        if event["type"] == "status" and event["stage"] == ("overlay" if option else "track"):
            break
    process.stdout.close()
    stderr = process.stderr.read()
    assert process.wait(timeout=60) == 130
    assert stderr == "Cancelled.\n"
    assert list(tmp_path.iterdir()) == []


def test_the_overlay_never_replaces_the_video(run, excerpt, tmp_path):
    video = tmp_path / "mine.mp4"
    video.write_bytes(excerpt.read_bytes())
    result = run("estimate", video, "--output", tmp_path / "o.npz", "--overlay", video, "--json")
    assert result.returncode == 2
    assert result.events[-1]["code"] == "bad_option"
    assert video.read_bytes() == excerpt.read_bytes()


def test_going_to_a_late_start_is_told_and_does_not_count_as_progress(run, excerpt, tmp_path):
    result = run(
        "estimate", excerpt, "--output", tmp_path / "o.npz", "--start", 80, "--end", 92, "--model", "full", "--json"
    )
    assert result.returncode == 0, result.stderr
    statuses = [event for event in result.events if event["type"] == "status"]
    skipped = [event["frame"] for event in statuses if event["stage"] == "skip"]
    assert skipped[0] == 0
    assert skipped[-1] == 80
    assert {event["frame_count"] for event in statuses if event["stage"] == "track"} == {12}


def test_a_name_that_the_terminal_cannot_show_is_no_failure(start, excerpt, tmp_path):
    arguments = ["estimate", excerpt, "--output", tmp_path / "Übung.npz", "--end", 3, "--model", "full"]
    process = start(*arguments, env={**os.environ, "PYTHONIOENCODING": "ascii"})
    stdout, stderr = process.communicate(timeout=120)
    assert process.returncode == 0, stderr
    assert stdout.rstrip().endswith("\\xdcbung.npz")


def missing(folder):
    return folder / "gone.mp4"


def text_file(folder):
    (folder / "text.mp4").write_text("This is a shopping list.\n" * 50)
    return folder / "text.mp4"


def empty_file(folder):
    (folder / "empty.mp4").touch()
    return folder / "empty.mp4"


def headless_cut(folder):
    """A video cut so early that no frame decodes."""
    write_video(folder / "whole.mp4")
    (folder / "cut.mp4").write_bytes((folder / "whole.mp4").read_bytes()[:200])
    return folder / "cut.mp4"


def a_folder(folder):
    (folder / "dir.mp4").mkdir()
    return folder / "dir.mp4"


@pytest.mark.parametrize("make", [missing, text_file, empty_file, headless_cut, a_folder])
def test_an_unusable_video_is_one_sentence_and_exit_code_2(run, tmp_path, make):
    video = make(tmp_path)
    output = tmp_path / "out" / "out.npz"
    output.parent.mkdir()
    result = run("estimate", video, "--output", output, "--json")
    assert result.returncode == 2
    assert result.events[-1]["type"] == "error"
    assert result.events[-1]["code"] == "bad_video"
    assert video.name in result.events[-1]["message"]
    assert len(result.stderr.strip().splitlines()) == 1
    assert "Traceback" not in result.stderr
    assert list(output.parent.iterdir()) == []


def test_a_video_without_people_is_exit_code_3(run, tmp_path):
    write_video(tmp_path / "empty_street.mp4")
    result = run("estimate", tmp_path / "empty_street.mp4", "--output", tmp_path / "o.npz", "--json")
    assert result.returncode == 3
    assert result.events[-1]["code"] == "nobody_found"
    assert not (tmp_path / "o.npz").exists()


@pytest.mark.parametrize(
    "options",
    [
        ["--start", "10", "--end", "10"],
        ["--start", "-3"],
        ["--start", "100000"],
        ["--focal-length", "0"],
        ["--focal-length", "nan"],
        ["--focal-length", "wide"],
        ["--focal-length", "1000", "--focal-length-35mm", "26"],
        ["--people", "nobody"],
        ["--window", "1"],
        ["--window", "sixteen"],
        ["--backbone", "pare"],
        ["--overlay", "overlay.txt"],
        ["--no-such-option"],
        ["--model", "giant"],
    ],
)
def test_a_bad_option_is_one_sentence_and_exit_code_2(run, excerpt, tmp_path, options):
    result = run("estimate", excerpt, "--output", tmp_path / "o.npz", "--json", *options)
    assert result.returncode == 2, result.stderr
    assert result.events[-1]["type"] == "error"
    assert len(result.stderr.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("output", ["gone/o.npz", "o.txt", "folder.npz"])
def test_an_unusable_output_is_said_before_any_work(run, excerpt, tmp_path, output):
    (tmp_path / "folder.npz").mkdir()
    result = run("estimate", excerpt, "--output", tmp_path / output, "--json")
    assert result.returncode == 2
    # The status tells of the start; no network is loaded and no frame is read.
    assert [event["type"] for event in result.events] == ["hello", "status", "error"]


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a folder that even root cannot write")
def test_an_unwritable_folder_is_named(run, excerpt):
    result = run("estimate", excerpt, "--output", "/proc/self/o.npz", "--json")
    assert result.returncode == 2
    assert result.events[-1]["code"] == "bad_output"
    assert "/proc/self cannot be written" in result.events[-1]["message"]


def test_a_video_cut_half_way_gives_the_part_that_decodes_and_a_warning(run, excerpt, tmp_path):
    streamable = tmp_path / "cut.avi"
    reader = cv2.VideoCapture(str(excerpt))
    writer = None
    for _ in range(40):
        _, frame = reader.read()
        small = cv2.resize(frame, (960, 540))
        writer = writer or cv2.VideoWriter(str(streamable), cv2.VideoWriter.fourcc(*"MJPG"), 30, (960, 540))
        writer.write(small)
    writer.release()
    data = streamable.read_bytes()
    streamable.write_bytes(data[: len(data) // 2])
    result = run("estimate", streamable, "--output", tmp_path / "o.npz", "--model", "full", "--json")
    assert result.returncode == 0, result.stderr
    motion = load_motion(tmp_path / "o.npz")
    assert 5 < motion.frame_count < 30
    warnings = [event["message"] for event in result.events if event["type"] == "warning"]
    assert warnings
    assert warnings == motion.metadata["warnings"]


def test_no_command_and_help_are_friendly(run):
    assert run().returncode == 2


@pytest.mark.parametrize(("pan_px", "is_moving"), [(0, False), (2, True)])
def test_a_camera_that_pans_is_said(run, excerpt, tmp_path, pan_px, is_moving):
    source, video, writer = cv2.VideoCapture(str(excerpt)), tmp_path / "pan.mp4", None
    for index in range(60):
        image = source.read()[1]
        if writer is None:
            size = (image.shape[1] - 120, image.shape[0])
            writer = cv2.VideoWriter(str(video), cv2.VideoWriter.fourcc(*"mp4v"), 30, size)
        writer.write(image[:, pan_px * index :][:, : size[0]])
    writer.release()
    result = run("estimate", video, "--output", tmp_path / "pan.npz", "--quality", "fast", "--json")
    assert result.returncode == 0, result.stderr
    warned = any(event["type"] == "warning" and event["code"] == "moving_camera" for event in result.events)
    metadata = load_motion(tmp_path / "pan.npz").metadata
    assert (warned, metadata["is_camera_moving"], "floor" not in metadata) == (is_moving,) * 3
