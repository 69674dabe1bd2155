import threading
import time
from pathlib import Path

import numpy as np
import pytest

from core.errors import VideoError
from core.read_ahead import FRAMES_AHEAD, ReadAhead
from core.stage_times import StageTimes
from core.video import Frame, VideoReader

EXCERPT = Path(__file__).resolve().parents[1] / "data" / "walk_excerpt.mp4"


def test_frames_are_those_of_the_reader_in_order():
    times = StageTimes()
    with VideoReader(EXCERPT, 0, 7) as video, ReadAhead(video, 2, times) as groups:
        read = list(groups)
    assert [[frame.index for frame in group] for group in read] == [[0, 1], [2, 3], [4, 5], [6]]
    for frame, plain in zip([frame for group in read for frame in group], VideoReader(EXCERPT, 0, 7), strict=True):
        np.testing.assert_array_equal(frame.image_rgb, plain.image_rgb)
        assert frame.timestamp_s == plain.timestamp_s
    assert times.rounded()["decode"] > 0


@pytest.mark.parametrize(("every", "expected"), [(1, range(8)), (3, [0, 3, 6, 7]), (4, [0, 4, 7])])
def test_each_nth_frame_and_the_last_are_read(every, expected):
    with VideoReader(EXCERPT, 0, 8) as video:
        video.every = every
        assert [frame.index for frame in video] == list(expected)
    with VideoReader(EXCERPT, 91) as video:
        video.every = every
        assert [frame.index for frame in video][-1] == 95


def test_an_error_comes_after_the_frames_before_it():
    def broken():
        yield Frame(0, 0.0, np.zeros((2, 2, 3), np.uint8))
        raise VideoError("Broken.")

    seen = []
    with pytest.raises(VideoError), ReadAhead(broken(), 2, StageTimes()) as groups:
        for group in groups:
            seen.append(group)  # noqa: PERF402
    assert len(seen) == 1


def test_whoever_leaves_early_leaves_no_thread_and_few_frames_behind():
    made = []

    def endless():
        while True:
            made.append(len(made))
            yield Frame(len(made), 0.0, np.zeros((2, 2, 3), np.uint8))

    with ReadAhead(endless(), 2, StageTimes()) as groups:
        next(iter(groups))
        time.sleep(0.05)
    assert len(made) <= FRAMES_AHEAD + 4
    assert not any(thread.name == "decode" for thread in threading.enumerate())
