import pytest

from core.batch.progress import BatchProgress


class Events:
    def __init__(self):
        self.seen = []

    def emit(self, event):
        self.seen.append(event)


@pytest.fixture
def now():
    return [100.0]


def make(now, sizes, settled=0):
    events = Events()
    return BatchProgress(events, sizes, settled, lambda: now[0]), events


def test_the_time_left_goes_by_size(now):
    progress, events = make(now, {"small": 100, "large": 300})
    now[0] = 110.0
    progress.settle("small", has_worked=True)
    progress.emit()
    [status] = events.seen
    assert (status.stage, status.frame, status.frame_count) == ("batch", 1, 2)
    assert status.seconds_left == 30.0


def test_shares_of_what_is_at_work_count(now):
    progress, _ = make(now, {"a": 100, "b": 100})
    progress.report_share("a", 0.5)
    assert progress.seconds_left(110.0) == 30.0


def test_a_failed_video_says_nothing_about_the_others(now):
    progress, _ = make(now, {"huge": 10**9, "a": 100, "b": 100})
    progress.report_share("huge", 0.1)
    progress.settle("huge", has_worked=False)
    progress.settle("a", has_worked=True)
    assert progress.seconds_left(110.0) == 10.0


def test_at_first_nothing_is_known(now):
    progress, _ = make(now, {"a": 0, "b": 0}, settled=3)
    assert progress.seconds_left(110.0) is None
    progress.settle("a", has_worked=True)
    assert progress.seconds_left(101.0) is None
    assert progress.seconds_left(110.0) == 10.0


def test_reports_are_rare(now):
    progress, events = make(now, {"a": 1})
    for _ in range(100):
        now[0] += 0.01
        progress.emit()
    assert len(events.seen) == 2
