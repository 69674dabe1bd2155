import io
import json
import os

import pytest

from core.errors import CancelledError
from core.protocol import Result, Status
from core.reporting import JsonReporter, StageProgress


class Events:
    def __init__(self):
        self.events = []

    def emit(self, event):
        self.events.append(event)


def test_json_reporter_writes_one_line_an_event():
    stream = io.StringIO()
    JsonReporter(stream).emit(Status("track", 1, 2))
    assert json.loads(stream.getvalue()) == {
        "type": "status", "stage": "track", "frame": 1, "frame_count": 2, "seconds_left": None,
    }  # fmt: skip
    assert stream.getvalue().endswith("\n")


def test_a_fast_loop_does_not_flood_but_reports_first_and_last():
    events = Events()
    progress = StageProgress(events, "track", 10_000)
    for frame in range(1, 10_001):
        progress.update(frame)
    frames = [event.frame for event in events.events]
    assert frames[0] == 0
    assert frames[-1] == 10_000
    assert len(frames) < 1_000


def test_time_left_starts_with_the_tenth_frame(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("core.reporting.time.monotonic", lambda: now[0])
    events = Events()
    progress = StageProgress(events, "track", 30)
    for frame in range(1, 21):
        now[0] += 1.0
        progress.update(frame)
    left = {event.frame: event.seconds_left for event in events.events}
    assert left[9] is None
    assert left[10] == 20.0
    assert left[20] == 10.0


def test_an_unknown_length_has_no_time_left():
    events = Events()
    StageProgress(events, "track", 0).update(50)
    assert all(event.seconds_left is None for event in events.events)


def test_skipping_to_a_late_first_frame_does_not_count(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("core.reporting.time.monotonic", lambda: now[0])
    events = Events()
    progress = StageProgress(events, "track", 30)
    now[0] += 1000.0
    for frame in range(1, 11):
        now[0] += 1.0
        progress.update(frame)
    assert events.events[-1] == Status("track", 10, 30, 20.0)


@pytest.fixture
def abandoned_stream():
    """A pipe whose reader has gone."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as stream:
        yield stream


def test_a_reader_who_has_gone_is_a_cancel(abandoned_stream):
    reporter = JsonReporter(abandoned_stream)
    with pytest.raises(CancelledError):
        reporter.emit(Status("track", 1, 2))
    reporter.emit(Status("track", 2, 2))


def test_a_reader_who_goes_before_the_result_changes_nothing(abandoned_stream):
    JsonReporter(abandoned_stream).emit(Result(("a.npz",)))
