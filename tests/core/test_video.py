import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest

from core.errors import OptionError, VideoError
from core.video import VideoReader, _FrameClock, probe_video, to_rgb
from tests.core.mp4_writing import move_index_first, numbered_frames, read_number, rotate, set_durations, write_video

EXCERPT = Path(__file__).parents[1] / "data" / "walk_excerpt.mp4"


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return write_video(tmp_path / "clip.mp4", numbered_frames(40))


def test_every_frame_comes_once_in_order(video: Path):
    with VideoReader(video) as reader:
        frames = list(reader)
    assert [read_number(frame.image_rgb) for frame in frames] == list(range(40))
    assert [frame.index for frame in frames] == list(range(40))
    np.testing.assert_allclose([frame.timestamp_s for frame in frames], np.arange(40) / 25, atol=1e-6)
    assert reader.warnings == []


def test_info_says_size_rate_and_count(video: Path):
    info = probe_video(video)
    assert (info.width, info.height, info.frame_count, info.rotation_deg) == (96, 64, 40, 0)
    assert info.frame_rate_hz == pytest.approx(25)


@pytest.mark.parametrize(("start", "end"), [(0, 5), (7, 8), (13, 29), (35, None), (35, 400)])
def test_range_gives_exactly_these_frames(video: Path, start: int, end: int | None):
    frames = list(VideoReader(video, start, end))
    expected = list(range(start, min(end or 40, 40)))
    assert [frame.index for frame in frames] == expected
    assert [read_number(frame.image_rgb) for frame in frames] == expected
    assert frames[0].timestamp_s == pytest.approx(start / 25)


def test_range_is_exact_in_a_video_with_predicted_frames():
    whole = {frame.index: frame.image_rgb for frame in VideoReader(EXCERPT, 0, 24)}
    for frame in VideoReader(EXCERPT, 21, 24):
        np.testing.assert_array_equal(frame.image_rgb, whole[frame.index])


def test_reader_can_be_iterated_again(video: Path):
    reader = VideoReader(video, 3, 6)
    assert [frame.index for frame in reader] == [frame.index for frame in reader] == [3, 4, 5]


def test_frames_before_the_start_are_reported(video: Path):
    skipped: list[int] = []
    assert [frame.index for frame in VideoReader(video, 5, 7, skipped.append)] == [5, 6]
    assert skipped == [0, 1, 2, 3, 4]


def test_leaving_early_closes_the_file(video: Path):
    with VideoReader(video) as reader:
        next(iter(reader))
    video.unlink()


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_rotation_is_applied(video: Path, degrees: int):
    rotate(video, degrees)
    with VideoReader(video) as reader:
        image = next(iter(reader)).image_rgb
    assert (reader.info.width, reader.info.height) == ((96, 64) if degrees == 180 else (64, 96))
    assert image.shape == (reader.info.height, reader.info.width, 3)
    corners = {0: (8, 8), 90: (8, -8), 180: (-8, -8), 270: (-8, 8)}
    for turn, (row, column) in corners.items():
        assert (image[row, column, 0] > 127) == (turn == degrees)
    assert reader.info.rotation_deg == degrees


def test_times_of_a_variable_frame_rate_are_the_containers(video: Path):
    factors = [1, 1, 5, 1, 2] * 8
    set_durations(video, factors)
    times = [frame.timestamp_s for frame in VideoReader(video)]
    np.testing.assert_allclose(times, np.concatenate([[0], np.cumsum(factors)[:-1]]) / 25, atol=1e-6)


def test_clock_goes_on_where_the_container_has_no_times():
    clock = _FrameClock(10.0)
    assert [clock.next_timestamp_s(index, -1.0) for index in range(3)] == pytest.approx([0.0, 0.1, 0.2])


@pytest.mark.parametrize("container_s", [[0, 0.1, 0.1, 0.05, 0.4], [0.3, 0.1, 0.2, 0.2, np.nan]])
def test_times_always_increase(container_s: list[float]):
    clock = _FrameClock(10.0)
    times = [clock.next_timestamp_s(index, time) for index, time in enumerate(container_s)]
    assert (np.diff(times) > 0).all()


def test_missing_file_is_named(tmp_path: Path):
    with pytest.raises(VideoError, match=r"nothing\.mp4 does not exist"):
        VideoReader(tmp_path / "nothing.mp4")


def test_folder_is_refused(tmp_path: Path):
    with pytest.raises(VideoError, match="is a folder"):
        VideoReader(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files.")
def test_a_pipe_and_a_name_that_cannot_be_are_refused(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe.mp4")
    for name, words in (("pipe.mp4", "is a pipe or a device"), ("n" * 300 + ".mp4", "cannot be opened .*too long")):
        with pytest.raises(VideoError, match=words):
            VideoReader(tmp_path / name)


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="The administrator may read anything.")
def test_a_video_without_permission_is_named(video: Path):
    video.chmod(0)
    with pytest.raises(VideoError, match=r"clip\.mp4 cannot be opened \(Permission denied\)"):
        VideoReader(video)


@pytest.mark.parametrize("content", [b"", b"This is a letter, not a video.\n" * 50, bytes(range(256)) * 64])
def test_file_that_is_no_video_is_refused(tmp_path: Path, content: bytes):
    path = tmp_path / "letter.mp4"
    path.write_bytes(content)
    with pytest.raises(VideoError, match=r"letter\.mp4 is not a video"):
        VideoReader(path)


def test_video_cut_before_its_first_frame_is_refused(video: Path):
    move_index_first(video)
    data = video.read_bytes()
    video.write_bytes(data[: data.index(b"mdat") + 6])
    with pytest.raises(VideoError, match=r"No frame of clip\.mp4 can be decoded"):
        VideoReader(video)


def test_video_without_its_index_is_refused(video: Path):
    data = video.read_bytes()
    video.write_bytes(data[: len(data) // 2])
    with pytest.raises(VideoError, match=r"clip\.mp4"):
        VideoReader(video)


def test_video_cut_half_way_gives_what_decodes_and_a_warning(video: Path):
    move_index_first(video)
    data = video.read_bytes()
    start = data.index(b"mdat")
    video.write_bytes(data[: (start + len(data)) // 2])
    with VideoReader(video) as reader:
        count = len(list(reader))
    assert 10 <= count < 40
    assert [warning.code for warning in reader.warnings] == ["video_truncated"]
    assert f"{count} of about 40 frames" in reader.warnings[0].message


def test_cut_beyond_the_range_is_no_matter(video: Path):
    move_index_first(video)
    data = video.read_bytes()
    video.write_bytes(data[: int(len(data) * 0.8)])
    reader = VideoReader(video, 0, 5)
    assert len(list(reader)) == 5
    assert reader.warnings == []


@pytest.mark.parametrize(("start", "end"), [(5, 5), (9, 3), (-1, 4)])
def test_empty_range_is_refused_at_once(video: Path, start: int, end: int):
    with pytest.raises(OptionError, match="is empty"):
        VideoReader(video, start, end)


def test_start_beyond_the_end_is_refused(video: Path):
    with pytest.raises(OptionError, match=r"starts at frame 40, but clip\.mp4 has 40 frames"):
        list(VideoReader(video, 40))


def test_nothing_is_said_on_stderr(tmp_path: Path):
    path = tmp_path / "broken.mp4"
    path.write_bytes(EXCERPT.read_bytes()[:700_000])
    code = "import sys, pathlib, core.video as v; print(len(list(v.VideoReader(pathlib.Path(sys.argv[1])))))"
    command = [sys.executable, "-c", code, str(path)]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True)
    assert 0 < int(done.stdout) < 96
    assert done.stderr == ""


def test_playlist_named_mp4_reaches_no_address(tmp_path: Path):
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    path = tmp_path / "list.mp4"
    path.write_text(f"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:{server.server_port}/a.ts\n#EXT-X-ENDLIST\n")
    with pytest.raises(VideoError):
        VideoReader(path)
    server.shutdown()
    assert asked == []


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (np.full((2, 3), 7, np.uint8), (7, 7, 7)),
        (np.full((2, 3, 1), 7, np.uint8), (7, 7, 7)),
        (np.full((2, 3, 3), (1, 2, 3), np.uint8), (3, 2, 1)),
        (np.full((2, 3, 4), (1, 2, 3, 128), np.uint8), (3, 2, 1)),
        (np.full((2, 3, 3), (256, 512, 65535), np.uint16), (255, 2, 1)),
    ],
)
def test_any_picture_becomes_rgb(image: np.ndarray, expected: tuple[int, int, int]):
    rgb = to_rgb(image)
    assert rgb.dtype == np.uint8
    assert rgb.shape == (2, 3, 3)
    assert tuple(rgb[0, 0]) == expected
