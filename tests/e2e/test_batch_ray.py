"""A batch on a real Ray cluster of several nodes, one of which is killed on the way. Skipped where ray is missing."""

import contextlib
import json
import threading
import time
from pathlib import Path

import pytest

from core.motion import load_motion
from tests.short_videos import broken_video, cut_walk

pytest.importorskip("ray", reason="the optional package ray is not installed")

VIDEO_COUNT = 6


@pytest.fixture(scope="module")
def cluster():
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    yield cluster
    cluster.shutdown()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("archive")
    for index in range(VIDEO_COUNT):
        cut_walk(folder / f"walk{index}.mp4", start=8 * index, frame_count=24)
    broken_video(folder / "broken.avi")
    return folder


def arguments(folder, cluster):
    return ["batch", folder, "--ray", cluster.address, "--ray-cpus", 1, "--model", "full", "--json"]


def is_busy(raylet_pid: int) -> bool:
    """Whether a video is at work on a node, as one of its processes' children."""
    return any(b"estimate" in command for command in commands_below(raylet_pid))


def commands_below(pid):
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            parents.setdefault(parent, []).append((int(folder.name), (folder / "cmdline").read_bytes()))
    waiting = [pid]
    while waiting:
        for child, command in parents.get(waiting.pop(), []):
            waiting.append(child)
            yield command


def test_a_lost_node_loses_nothing_and_does_nothing_twice(request, start, folder, cluster):
    nodes = [cluster.add_node(num_cpus=1) for _ in range(3)]
    cluster.wait_for_nodes()
    process = start(*arguments(folder, cluster))
    attempts, is_over = set(), threading.Event()

    def watch():
        while not is_over.wait(0.05):
            attempts.update(path.name for path in (folder / "motions/.jointwise-batch/work").glob("*/*"))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    # Ends the process also when a check fails.
    request.addfinalizer(process.kill)
    events, inodes = [], {}
    for line in process.stdout:
        events.append(json.loads(line))
        busy = [] if inodes else [node for node in nodes if is_busy(node.all_processes["raylet"][0].process.pid)]
        if busy and any(event.get("state") == "done" for event in events):
            inodes = {path: path.stat().st_ino for path in (folder / "motions").glob("*.npz")}
            cluster.remove_node(busy[0], allow_graceful=False)
    is_over.set()
    stderr = process.stderr.read()
    assert process.wait(timeout=60) == 4, stderr
    reports = {event["video"]: event for event in events if event["type"] == "video"}
    assert len(reports) == len([event for event in events if event["type"] == "video"]) == VIDEO_COUNT + 1
    assert reports.pop("broken.avi")["state"] == "failed"
    assert {report["state"] for report in reports.values()} == {"done"}
    # The killed node's task began a second time; what was published before stayed as it was.
    assert len(attempts) > VIDEO_COUNT + 1
    assert inodes
    assert {path: path.stat().st_ino for path in inodes} == inodes
    motions = [path for report in reports.values() for path in report["paths"]]
    assert all(load_motion(folder / path).frame_count == 24 for path in motions)
    assert not (folder / "motions/.jointwise-batch/work").exists()


def test_what_the_cluster_did_is_skipped(run, folder, cluster):
    cluster.wait_for_nodes()
    result = run(*arguments(folder, cluster))
    states = [event["state"] for event in result.events if event["type"] == "video"]
    assert sorted(states) == ["failed", *["skipped"] * VIDEO_COUNT]


def test_cancel_on_a_cluster_ends_within_two_seconds(start, folder, cluster):
    process = start(*arguments(folder, cluster), "--again")
    work = folder / "motions/.jointwise-batch/work"
    while not list(work.glob("*/*/stderr.txt")):
        time.sleep(0.05)
    asked = time.monotonic()
    process.terminate()
    stdout, _ = process.communicate(timeout=30)
    assert time.monotonic() - asked < 2
    assert process.returncode == 130
    assert json.loads(stdout.splitlines()[-1])["code"] == "cancelled"
    assert len(list((folder / "motions").glob("*.npz"))) == VIDEO_COUNT
    while any(is_busy(node.all_processes["raylet"][0].process.pid) for node in cluster.worker_nodes):
        assert time.monotonic() - asked < 15
        time.sleep(0.1)
    assert not work.exists()


def test_no_cluster_is_one_sentence(run, folder):
    result = run("batch", folder, "--output", folder / "other", "--ray", "127.0.0.1:1", "--json")
    assert result.returncode == 2
    assert result.events[-1]["code"] == "bad_engine"
    assert "No Ray cluster can be reached at 127.0.0.1:1" in result.stderr
    assert "Traceback" not in result.stderr
