"""A whole batch with a stand-in for the estimate."""

import dataclasses
import json
import threading
import time
from pathlib import Path

import pytest

from core.batch.run import run_batch
from core.batch.runners import LocalRunner
from core.batch.settings import BatchSettings
from core.cancellation import Cancellation
from core.errors import CancelledError, OptionError, SomeFailedError, VideoError
from core.protocol import Result, Status, Summary, VideoReport, Warning


class Events:
    def __init__(self):
        self.seen = []

    def emit(self, event):
        self.seen.append(event)

    def of(self, kind):
        return [event for event in self.seen if isinstance(event, kind)]


@pytest.fixture
def settings(videos):
    return BatchSettings(videos, videos / "motions", jobs=2)


def run(settings, cancellation=None):
    events = Events()
    try:
        run_batch(settings, events, cancellation or Cancellation(), lambda: LocalRunner(settings.jobs), None)
    except SomeFailedError as error:
        events.seen.append(error)
    return events


def states(events):
    return {report.video: report.state for report in events.of(VideoReport)}


def write(videos, **texts):
    for name, text in texts.items():
        (videos / f"{name}.mp4").write_text(text)


def test_one_videos_failure_stops_nothing(stand_in, settings, videos):
    write(videos, a="people 1", b="broken", c="crash", d="nobody", e="people 1")
    events = run(settings)
    assert states(events) == {
        "a.mp4": "done",
        "b.mp4": "failed",
        "c.mp4": "failed",
        "d.mp4": "nobody found",
        "e.mp4": "done",
    }
    assert isinstance(events.seen[-1], SomeFailedError)
    assert "2 of 5 videos failed" in str(events.seen[-1])
    [summary] = events.of(Summary)
    assert summary.states == {"done": 2, "failed": 2, "nobody found": 1}
    rows = json.loads((settings.output / "batch_summary.json").read_text())
    assert [row["video"] for row in rows] == ["a.mp4", "b.mp4", "c.mp4", "d.mp4", "e.mp4"]
    assert sorted(report.number for report in events.of(VideoReport)) == [1, 2, 3, 4, 5]
    assert {report.count for report in events.of(VideoReport)} == {5}


def test_again_only_what_failed_is_tried(stand_in, settings, videos):
    write(videos, a="people 1", b="broken", c="nobody")
    run(settings)
    write(videos, b="people 1")
    events = run(settings)
    assert states(events) == {"a.mp4": "skipped", "b.mp4": "done", "c.mp4": "nobody found"}
    assert sorted(stand_in.runs) == ["a.mp4", "b.mp4", "b.mp4", "c.mp4"]
    assert isinstance(events.seen[-1], Result)
    assert sorted(Path(path).name for path in events.seen[-1].paths) == ["a.npz", "b.npz"]
    run(dataclasses.replace(settings, is_everything_new=True))
    assert len(stand_in.runs) == 7


def test_a_batch_of_nothing_new_starts_no_process(stand_in, settings, videos):
    write(videos, a="people 1")
    run(settings)
    events = run(settings)
    assert states(events) == {"a.mp4": "skipped"}
    assert events.of(Status) == []
    assert stand_in.runs == ["a.mp4"]


def test_the_same_stem_gives_two_files(stand_in, settings, videos):
    write(videos, a="people 1")
    (videos / "a.mov").write_text("people 1")
    run(settings)
    assert {path.name for path in settings.output.glob("*.npz")} == {"a.mp4.npz", "a.mov.npz"}


@pytest.mark.parametrize("jobs", [1, 3])
def test_cancel_keeps_what_is_finished_and_kills_the_rest(stand_in, settings, videos, jobs):
    write(videos, a="people 1", b="slow", c="slow", d="slow", e="people 1")
    cancellation = Cancellation()

    # Once the first is done, and others are at work.
    def watch():
        while not (settings.output / "a.npz").exists() or len(stand_in.runs) < 2:
            time.sleep(0.02)
        cancellation.request()

    threading.Thread(target=watch, daemon=True).start()
    events = Events()
    with pytest.raises(CancelledError):
        run_batch(settings, events, cancellation, lambda: LocalRunner(jobs), None)
    [summary] = events.of(Summary)
    assert summary.states.get("not reached", 0) + summary.states.get("done", 0) == 5
    assert (settings.output / "a.npz").exists()
    assert not (settings.output / ".jointwise-batch" / "work").exists()


def test_an_empty_folder_or_a_wrong_option_is_said_before_any_work(stand_in, settings, videos):
    with pytest.raises(VideoError, match="holds no videos"):
        run(settings)
    write(videos, a="people 1")
    with pytest.raises(OptionError, match="--people"):
        run(dataclasses.replace(settings, estimate={"people": "nobody"}))
    with pytest.raises(OptionError, match="videos' own folder"):
        run(dataclasses.replace(settings, has_overlays=True, output=videos))
    assert stand_in.runs == []


def test_a_missing_folder_makes_nothing(settings, videos):
    missing = videos / "gone"
    with pytest.raises(VideoError, match="gone cannot be read"):
        run(dataclasses.replace(settings, folder=missing, output=missing / "motions"))
    assert not missing.exists()


def test_overlays_and_results_beside_the_videos(stand_in, settings, videos):
    write(videos, a="people 1")
    run(dataclasses.replace(settings, output=videos))
    assert (videos / "a.npz").exists()
    events = run(dataclasses.replace(settings, has_overlays=True))
    assert {path.name for path in (videos / "motions").glob("a*")} == {"a.npz", "a_overlay.mp4"}
    assert events.of(Warning) == []
