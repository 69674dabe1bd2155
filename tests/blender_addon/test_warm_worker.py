"""The core that stays after a run: the real core, in the real Blender."""

import time
from dataclasses import replace
from pathlib import Path

import pytest
from jointwise_ext.blender_addon.estimate_session import EstimateSession
from jointwise_ext.blender_addon.warm_worker import end_warm, keep_warm, start_serving, take_warm
from jointwise_ext.blender_addon.worker_runtime import prepare_worker
from jointwise_ext.core.errors import CancelledError, VideoError
from jointwise_ext.core.protocol import encode_run

EXCERPT = Path(__file__).resolve().parents[1] / "data" / "walk_excerpt.mp4"


@pytest.fixture
def command(tmp_path):
    yield prepare_worker("", tmp_path, lambda done, total: None, 60.0)
    end_warm()


def run(command, *arguments, cancel=False):
    """Run one command to its end; return the session and its core's process id."""
    session = EstimateSession(lambda report: command, [*arguments, "--json"])
    deadline = time.monotonic() + 60
    while not session.poll():
        assert time.monotonic() < deadline, "the run did not end"
        if cancel and session.status.stage == "track":
            session.cancel()
        time.sleep(0.01)
    return session, session._client._process.pid


def estimate(command, output, frames=3, **options):
    choices = ["--quality", "fast", "--end", str(frames)]
    return run(command, "estimate", str(EXCERPT), "--output", str(output), *choices, **options)


def waiting_pid(command):
    process = take_warm(command)
    if process is None:
        return None
    keep_warm(process)
    return process.pid


def test_runs_share_a_process_through_errors_cancels_and_deaths(command, tmp_path):
    first, pid = estimate(command, tmp_path / "first.npz")
    assert Path(first.result().paths[0]).is_file()
    failed, second_pid = run(command, "estimate", str(tmp_path / "none.mp4"), "--output", str(tmp_path / "a.npz"))
    with pytest.raises(VideoError):
        failed.result()
    cancelled, third_pid = estimate(command, tmp_path / "b.npz", frames=96, cancel=True)
    with pytest.raises(CancelledError):
        cancelled.result()
    assert not (tmp_path / "b.npz").exists()
    assert pid == second_pid == third_pid

    died = take_warm(command)
    if died is not None:
        # Where the cancel came in time, the process waits; now it dies while it does.
        died.kill_soon()
        keep_warm(died)
    again, new_pid = estimate(command, tmp_path / "again.npz")
    assert new_pid != pid
    assert Path(again.result().paths[0]).read_bytes() != b""
    first.close()
    assert waiting_pid(command) == new_pid, "an old run's end must not end the process of a later one"

    assert take_warm(replace(command, stamp=(0,))) is None
    assert waiting_pid(command) is None


def test_lines_that_are_no_commands_get_an_answer_each_and_stop_nothing(command):
    process = start_serving(command)
    for line in ("", "\x00\xff", "[" * 5000, '{"type": "run"}', encode_run(["train"]), encode_run([]), "cancel"):
        assert process.send(line)
    assert process.send(encode_run(["people", "/not/there.mp4"]))
    deadline, ended = time.monotonic() + 60, []
    while len(ended) < 6 and time.monotonic() < deadline:
        if not process.events.empty():
            event = process.events.get()
            ended += [event] if type(event).__name__ == "Ended" else []
        time.sleep(0.01)
    assert [event.exit_code for event in ended] == [2] * 6
    assert process.is_running()
    process.kill()


def test_a_second_process_does_not_stay_beside_the_first(command, tmp_path):
    first = start_serving(command)
    second = start_serving(command)
    try:
        for process in (first, second):
            process.send(encode_run(["people", "/not/there.mp4"]))
        deadline = time.monotonic() + 60
        while first.is_running() and second.is_running() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert first.is_running() != second.is_running()
    finally:
        first.kill()
        second.kill()
