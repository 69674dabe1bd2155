"""The runner of a cluster against a stand-in for ray; tests/e2e/test_batch_ray.py has the real one."""

import logging
import shutil
import socket
import sys
import threading
import time
import types
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor
from concurrent.futures import wait as wait_for

import pytest

from core.batch import ray_runner
from core.batch.ledger import Ledger, read_stamp
from core.batch.ray_runner import RayRunner, check_answers, run_video_task
from core.batch.run import run_batch
from core.batch.settings import BatchSettings, RaySettings
from core.batch.video_job import VideoJob
from core.cancellation import Cancellation
from core.errors import CancelledError, EngineError, SomeFailedError
from core.protocol import VideoReport, Warning


class RayError(Exception):
    pass


class RayTaskError(RayError):
    pass


class StandInRay(types.ModuleType):
    """Runs tasks in threads; loses those of `lost` for good, and runs those of `twice` twice, as after a lost node."""

    exceptions = types.SimpleNamespace(RayError=RayError, RayTaskError=RayTaskError)

    def __init__(self, resources=None):
        super().__init__("ray")
        self.resources = resources or {"CPU": 4.0}
        self.lost, self.foreign, self.twice = set(), set(), set()
        self.options_seen, self.is_shut_down = [], False
        self._pool = ThreadPoolExecutor(2)

    def init(self, address, **options):
        self.address, self.init_options = address, options

    def nodes(self):
        return [{"Alive": True, "Resources": self.resources}, {"Alive": False, "Resources": {"CPU": 99.0, "GPU": 9.0}}]

    def remote(self, function):
        def submit(job):
            return self._pool.submit(self._run, function, job)

        def options(**chosen):
            self.options_seen.append(chosen)
            return types.SimpleNamespace(remote=submit)

        return types.SimpleNamespace(options=options)

    def _run(self, function, job):
        if job.video in self.lost:
            raise RayError("The worker died unexpectedly.\nMore words.")
        if job.video in self.foreign:
            raise RayTaskError("Traceback:\n  line\nModuleNotFoundError: No module named 'core'")
        if job.video in self.twice:
            function(job)
        return function(job)

    def wait(self, pending, num_returns, timeout):
        done, _ = wait_for(pending, timeout, FIRST_COMPLETED)
        return [one for one in pending if one in done], [one for one in pending if one not in done]

    def get(self, reference):
        return reference.result()

    def shutdown(self):
        self.is_shut_down = True


class Events:
    def __init__(self):
        self.seen = []

    def emit(self, event):
        self.seen.append(event)


@pytest.fixture
def ray(monkeypatch):
    ray = StandInRay()
    monkeypatch.setitem(sys.modules, "ray", ray)
    return ray


def run(videos, events, cancellation=None, **ray_options):
    settings = BatchSettings(videos, videos / "motions", ray=RaySettings("local", **ray_options))
    run_batch(settings, events, cancellation or Cancellation(), lambda: RayRunner(settings.ray, events), threads=1)


def test_a_batch_on_a_cluster_is_the_same_batch(stand_in, videos, ray, monkeypatch):
    monkeypatch.delenv("RAY_USAGE_STATS_ENABLED", raising=False)
    for name, text in {"a": "people 1", "b": "broken", "c": "nobody", "d": "people 1"}.items():
        (videos / f"{name}.mp4").write_text(text)
    ray.twice = {"a.mp4", "d.mp4"}
    events = Events()
    with pytest.raises(SomeFailedError):
        run(videos, events, cpus_per_video=1.5, gpus_per_video=0.5, retries=7)
    reports = {event.video: event.state for event in events.seen if isinstance(event, VideoReport)}
    assert reports == {"a.mp4": "done", "b.mp4": "failed", "c.mp4": "nobody found", "d.mp4": "done"}
    # Begun anew on another machine, a task that was through finds that it was.
    assert sorted(stand_in.runs) == ["a.mp4", "b.mp4", "c.mp4", "d.mp4"]
    [options] = ray.options_seen
    assert (options["num_cpus"], options["num_gpus"], options["max_retries"]) == (1.5, 0.5, 7)
    assert ray.init_options["logging_level"] == logging.CRITICAL
    assert ray.is_shut_down
    assert ray_runner.os.environ["RAY_USAGE_STATS_ENABLED"] == "0"
    assert not (videos / "motions/.jointwise-batch/work").exists()


def test_what_the_cluster_lost_or_cannot_run_is_a_failure_of_that_video(stand_in, videos, ray):
    for name in "abc":
        (videos / f"{name}.mp4").write_text("people 1")
    ray.lost, ray.foreign = {"a.mp4"}, {"b.mp4"}
    events = Events()
    with pytest.raises(SomeFailedError, match="2 of 3"):
        run(videos, events, retries=2)
    said = {event.video: event.message for event in events.seen if isinstance(event, VideoReport)}
    assert said["a.mp4"] == "The cluster lost it 3 times: The worker died unexpectedly"
    assert "ModuleNotFoundError: No module named 'core'. Jointwise, the videos and" in said["b.mp4"]
    assert (videos / "motions" / "c.npz").exists()


def test_a_cluster_without_such_a_machine_is_waited_for_and_said(stand_in, videos, ray):
    (videos / "a.mp4").write_text("people 1")
    events = Events()
    run(videos, events, gpus_per_video=1.0)
    assert [event.code for event in events.seen if isinstance(event, Warning)] == ["no_such_machine"]
    events = Events()
    (videos / "b.mp4").write_text("people 1")
    run(videos, events, cpus_per_video=4.0)
    assert [event for event in events.seen if isinstance(event, Warning)] == []


def test_cancel_stops_the_tasks_and_does_not_wait_for_the_cluster(stand_in, videos, ray):
    for name in "abc":
        (videos / f"{name}.mp4").write_text("slow")
    cancellation = Cancellation()

    def watch():
        while not stand_in.runs:
            time.sleep(0.02)
        cancellation.request()

    threading.Thread(target=watch, daemon=True).start()
    with pytest.raises(CancelledError):
        run(videos, Events(), cancellation)
    assert not ray.is_shut_down
    ray._pool.shutdown(cancel_futures=True)
    assert len(stand_in.runs) <= 2
    assert list((videos / "motions").glob("*.npz")) == []


def test_a_task_ends_when_the_runs_folder_is_gone(stand_in, videos, tmp_path):
    (videos / "a.mp4").write_text("slow")
    job = VideoJob("a.mp4", "a", videos, tmp_path, read_stamp(videos / "a.mp4"), {}, {}, False, is_new=False, run="run")
    job.run_folder.mkdir(parents=True)

    def remove():
        while not stand_in.runs:
            time.sleep(0.02)
        shutil.rmtree(job.run_folder)

    threading.Thread(target=remove, daemon=True).start()
    with pytest.raises(CancelledError):
        run_video_task(job)
    assert Ledger(tmp_path).read_all() == {}


def test_ray_that_is_missing_is_one_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(EngineError, match="pip install ray"):
        RayRunner(RaySettings("auto"), Events())


def test_a_cluster_that_cannot_be_joined_is_one_sentence(videos, ray, monkeypatch):
    def refuse(*_, **__):
        raise RuntimeError("Version mismatch: 3.11 and 3.12.\nMore words.")

    monkeypatch.setattr(ray, "init", refuse)
    (videos / "a.mp4").write_text("people 1")
    with pytest.raises(EngineError, match=r"reached at local \(Version mismatch: 3.11 and 3.12\)\."):
        run(videos, Events())


@pytest.mark.parametrize("address", ["cluster", "", "127.0.0.1:1", "ray://127.0.0.1:1", "127.0.0.1:port", "h:999999"])
def test_an_address_where_nobody_answers_is_said(address):
    with pytest.raises(EngineError):
        check_answers(address)


def test_addresses_that_answer_pass():
    with socket.create_server(("127.0.0.1", 0)) as server:
        check_answers(f"ray://127.0.0.1:{server.getsockname()[1]}")
    check_answers("local")
    check_answers("auto")
