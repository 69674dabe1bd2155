import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from jointwise_ext.blender_addon.worker_client import WorkerClient, error_from_event
from jointwise_ext.blender_addon.worker_runtime import WorkerCommand, prepare_worker
from jointwise_ext.core.errors import CancelledError, JointwiseError, NobodyFoundError, VideoError, WorkerError
from jointwise_ext.core.protocol import Error, Hello, Status, Warning


@pytest.fixture
def start(fake_core, tmp_path):
    """Starts the fake core in a mode and returns its client; whatever is left is killed."""
    clients = []

    def start_in(mode):
        fake_core(mode)
        command = prepare_worker("", tmp_path, lambda done, total: None)
        client = WorkerClient(command, ["estimate", "a.mp4", "--output", str(tmp_path / "out.npz"), "--json"])
        clients.append(client)
        return client

    yield start_in
    for client in clients:
        client.kill()


def events_until_end(client, limit_s=20.0):
    deadline, events = time.monotonic() + limit_s, []
    while time.monotonic() < deadline:
        events += client.poll()
        if client.is_finished:
            return events
        time.sleep(0.02)
    raise AssertionError("the process did not end")


def wait_for_first_event(client):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if client.poll():
            return
        time.sleep(0.02)
    raise AssertionError("no event came")


def is_reaped(client):
    return client._process.returncode is not None


def test_events_arrive_in_order_and_the_result_names_the_file(start, tmp_path):
    client = start("result")
    events = events_until_end(client)
    assert isinstance(events[0], Hello)
    assert isinstance(events[1], Status)
    assert client.result().paths == (str(tmp_path / "out.npz"),)
    assert (tmp_path / "out.npz").is_file()


def test_lines_that_are_no_events_go_to_the_log(start):
    client = start("noise")
    events = events_until_end(client)
    assert [event.message for event in events if isinstance(event, Warning)] == ["Person 1 was not seen in 3 frames."]
    assert "a library says hello" in client.log
    assert client.result().paths


def test_the_cores_error_keeps_its_class_and_sentence(start):
    client = start("error")
    events_until_end(client)
    with pytest.raises(VideoError) as caught:
        client.result()
    assert str(caught.value) == "The video a.mp4 is not a video. Choose another file."


def test_a_process_that_dies_says_its_last_words(start):
    client = start("dies")
    events_until_end(client)
    with pytest.raises(WorkerError, match=r"exit code 7.*something went very wrong"):
        client.result()


def test_a_missing_package_is_named_with_a_hint(start):
    client = start("missing_package")
    events_until_end(client)
    with pytest.raises(WorkerError, match="a_package_that_nobody_has") as caught:
        client.result()
    assert "name another Python in the preferences" in caught.value.hint


def test_cancel_is_obeyed_within_two_seconds(start, tmp_path):
    client = start("slow")
    wait_for_first_event(client)
    started = time.monotonic()
    client.cancel()
    events_until_end(client)
    assert time.monotonic() - started < 2
    with pytest.raises(CancelledError):
        client.result()
    assert not (tmp_path / "out.npz").exists()


def test_a_core_that_obeys_nothing_is_killed(start):
    client = start("deaf")
    wait_for_first_event(client)
    started = time.monotonic()
    client.cancel()
    client.cancel()
    events_until_end(client)
    assert time.monotonic() - started < 8
    assert is_reaped(client)
    with pytest.raises(CancelledError):
        client.result()


def test_a_result_counts_though_the_process_does_not_exit(start):
    client = start("leftover")
    events_until_end(client)
    assert client.result().paths
    assert is_reaped(client)


def test_kill_ends_at_once_leaves_no_zombie_and_may_be_repeated(start):
    client = start("deaf")
    wait_for_first_event(client)
    client.kill()
    assert is_reaped(client)
    client.kill()


def test_an_interpreter_that_is_none_is_named(tmp_path):
    (tmp_path / "python").write_text("text")
    with pytest.raises(WorkerError, match="cannot be started"):
        WorkerClient(WorkerCommand((str(tmp_path / "python"), "-m", "core"), {}, tmp_path), [])


def test_error_codes_become_their_classes():
    assert isinstance(error_from_event(Error("nobody_found", "Nobody.")), NobodyFoundError)
    assert type(error_from_event(Error("of_the_future", "New."))) is JointwiseError
    assert isinstance(error_from_event(Error("cancelled", "Cancelled.")), CancelledError)


def test_the_core_dies_with_blender(fake_core):
    fake_core("deaf")
    script = Path(__file__).parent / "quits_while_the_core_runs.py"
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60, check=True)
    assert not is_alive(int(done.stdout.split()[-1]))


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
