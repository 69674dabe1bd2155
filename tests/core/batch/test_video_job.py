"""One job with a stand-in for the estimate: what it publishes, when it does nothing, and what its failures say."""

import dataclasses
import os
import pickle

import pytest

from core.batch.ledger import Ledger, read_stamp
from core.batch.video_job import VideoJob, comparable_options, find_settled, run_video
from core.errors import CancelledError


@pytest.fixture
def make_job(videos, tmp_path):
    (tmp_path / "motions").mkdir()
    Ledger(tmp_path / "motions")
    (tmp_path / "motions" / ".jointwise-batch" / "videos").mkdir(parents=True)
    (tmp_path / "motions" / ".jointwise-batch" / "work" / "run").mkdir(parents=True)

    def make(text="people 3", name="a", **changes):
        video = f"{name}.mp4"
        (videos / video).parent.mkdir(exist_ok=True)
        if text is not None:
            (videos / video).write_text(text)
        estimate = changes.pop("estimate", {})
        overlay = changes.pop("has_overlay", False)
        return VideoJob(
            video, name, videos, tmp_path / "motions", read_stamp(videos / video), estimate,
            comparable_options(estimate, overlay), overlay, is_new=False, run="run", **changes,
        )  # fmt: skip

    return make


def run(job):
    return run_video(job, lambda _: None, lambda: False)


def published(job):
    return sorted(path.relative_to(job.output).as_posix() for path in job.output.glob("**/*") if is_output(path))


def is_output(path):
    return path.is_file() and ".jointwise-batch" not in path.parts


def test_outputs_keep_the_folders_and_the_work_folder_is_empty(stand_in, make_job):
    job = make_job(name="day 1/a", estimate={"people": "all"}, has_overlay=True)
    record = run(job)
    assert (record.state, record.frames, record.people) == ("done", 7, 3)
    expected = ["day 1/a.npz", "day 1/a_overlay.mp4", "day 1/a_person2.npz", "day 1/a_person3.npz"]
    assert published(job) == expected
    assert sorted(record.files) == expected
    assert list(job.run_folder.iterdir()) == []


def test_the_second_time_nothing_is_done(stand_in, make_job):
    job = make_job()
    first = run(job)
    assert find_settled(job) == first
    assert run(job) == first
    assert stand_in.runs == ["a.mp4"]


@pytest.mark.parametrize("change", ["time", "size", "options", "file gone", "again"])
def test_what_changed_is_done_again(stand_in, make_job, change):
    job = make_job()
    run(job)
    if change == "time":
        os.utime(job.folder / job.video, ns=(1, 1))
        job = make_job(text=None)
    elif change == "size":
        job = make_job(text="people 3 more")
    elif change == "options":
        job = make_job(text=None, estimate={"quality": "fast"})
    elif change == "file gone":
        (job.output / "a.npz").unlink()
    else:
        job = dataclasses.replace(job, is_new=True, run="later")
        job.run_folder.mkdir()
    assert find_settled(job) is None
    assert run(job).state == "done"
    assert len(stand_in.runs) == 2


def test_the_same_run_does_not_repeat_even_what_is_to_be_done_anew(stand_in, make_job):
    job = dataclasses.replace(make_job(), is_new=True)
    run(job)
    run(job)
    assert stand_in.runs == ["a.mp4"]


def test_files_of_people_who_are_no_longer_asked_for_go(stand_in, make_job):
    job = make_job(estimate={"people": "all"})
    run(job)
    assert len(published(job)) == 3
    record = run(make_job(text=None))
    assert published(job) == ["a.npz"]
    assert record.files == ("a.npz",)


def test_a_process_that_died_between_two_files_is_made_good(stand_in, make_job):
    job = make_job(estimate={"people": "all"})
    record = run(job)
    Ledger(job.output).write(dataclasses.replace(record, state="publishing"))
    (job.output / "a.npz").unlink()
    assert find_settled(job) is None
    assert run(job).files == record.files
    assert len(published(job)) == 3


def test_device_engine_and_threads_are_no_other_options(stand_in, make_job):
    run(make_job())
    same = {"device": "cpu", "engine": "onnx", "threads": 1, "quality": "balanced", "start": 0}
    assert find_settled(make_job(text=None, estimate=same)) is not None


def test_a_changed_weights_file_is_another_option(tmp_path):
    weights = tmp_path / "weights.pt"
    weights.write_text("a")
    before = comparable_options({"detector_weights": weights}, False)
    weights.write_text("ab")
    assert comparable_options({"detector_weights": weights}, False) != before


@pytest.mark.parametrize(
    ("text", "state", "message"),
    [
        ("broken", "failed", "It is not a video. Use another."),
        ("nobody", "nobody found", "No person was found."),
        ("crash", "failed", "ended without a result (exit code 1): ValueError: oh no."),
        ("warn", "done", "There are gaps."),
    ],
)
def test_what_happened_is_one_sentence(stand_in, make_job, text, state, message):
    record = run(make_job(text))
    assert record.state == state
    assert record.message.endswith(message)
    assert "\n" not in record.message


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals.")
def test_a_killed_process_is_a_failure_that_names_memory(stand_in, make_job):
    record = run(make_job("kill"))
    assert record.state == "failed"
    assert "signal 9" in record.message
    assert "--jobs" in record.message


def test_nobody_is_remembered_and_a_failure_is_not(stand_in, make_job):
    nobody, broken = make_job("nobody"), make_job("broken", name="b")
    assert run(nobody) == run(nobody)
    run(broken)
    run(broken)
    assert stand_in.runs == ["a.mp4", "b.mp4", "b.mp4"]


def test_a_failure_with_other_options_leaves_what_was_done(stand_in, make_job):
    job = make_job("people 1")
    first = run(job)
    stamp = (job.folder / job.video).stat()
    (job.folder / job.video).write_text("nobody  ")
    os.utime(job.folder / job.video, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert run(make_job(text=None, estimate={"quality": "fast"})).state == "nobody found"
    assert published(job) == ["a.npz"]
    assert find_settled(job) == first


def test_a_file_that_no_batch_made_is_not_overwritten(stand_in, make_job):
    job = make_job(estimate={"people": "all"})
    (job.output / "a_person2.npz").write_text("mine")
    record = run(job)
    assert record.state == "failed"
    assert "a_person2.npz exists" in record.message
    assert (job.output / "a_person2.npz").read_text() == "mine"
    assert published(job) == ["a_person2.npz"]


def test_options_reach_the_estimate(stand_in, make_job, tmp_path):
    estimate = {"people": "all", "focal_length_px": 700.5, "focal_length_35mm": None, "smpl": tmp_path / "a b.npz"}
    run(make_job(estimate=estimate, threads=3))
    options = stand_in.last_options
    assert options.pop("output").endswith("/a.npz")
    assert options == {"people": "all", "focal-length": "700.5", "smpl": str(tmp_path / "a b.npz"), "threads": "3"}


def test_a_stopped_job_leaves_nothing(stand_in, make_job):
    job, polls = make_job("slow"), iter(range(1000))
    with pytest.raises(CancelledError):
        run_video(job, lambda _: None, lambda: next(polls) > 5)
    assert published(job) == []
    assert list(job.run_folder.iterdir()) == []
    assert Ledger(job.output).read_all() == {}


def test_a_folder_that_is_not_the_batchs_own_is_one_sentence(stand_in, make_job):
    job = dataclasses.replace(make_job(), run="of another machine")
    record = run(job)
    assert record.state == "failed"
    assert "same path on every machine" in record.message


def test_a_job_travels(make_job):
    job = make_job(estimate={"people": "all"}, threads=2)
    assert pickle.loads(pickle.dumps(job)) == job
