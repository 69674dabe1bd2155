import dataclasses

import numpy as np
import pytest

from core.body_model import load_open_body
from core.cancellation import Cancellation
from core.errors import CancelledError, OutputError
from core.motion import Motion
from core.overlay import BodyPainter, _check_written, _overlay_size, write_overlay
from core.reporting import StageProgress
from core.video import VideoInfo, VideoReader
from tests.core.mp4_writing import numbered_frames, write_video


class Silent:
    def emit(self, event):
        pass


@pytest.fixture(scope="module")
def body():
    return load_open_body()


def standing(frame_ids: list[int], image_size: tuple[int, int]) -> Motion:
    """A body in the rest pose, upright and 3 m in front of the camera."""
    count = len(frame_ids)
    poses = np.zeros((count, 72), np.float32)
    poses[:, 0] = np.pi
    zeros = {name: np.zeros(1, np.float32) for name in ("joints", "keypoints", "keypoints_2d", "visibility")}
    return Motion(
        poses=poses, trans=np.tile(np.array([0.0, 0.0, 3.0], np.float32), (count, 1)), betas=np.zeros(10, np.float32),
        body="open", gender="neutral", mocap_framerate=25.0, frame_ids=np.array(frame_ids),
        timestamps=np.array(frame_ids) / 25, contacts=zeros["joints"], poses_per_frame=poses,
        confidence=zeros["joints"], focal_length=float(image_size[1]), image_size=image_size, **zeros,
    )  # fmt: skip


def test_the_body_is_painted_where_its_vertices_project(body):
    motion = standing([7], (320, 240))
    grey = np.full((240, 320, 3), 90, np.uint8)
    changed = (BodyPainter(motion, body, (255, 0, 0)).paint(grey, 7) != grey).any(axis=-1)
    rotmat = np.tile(np.eye(3), (1, 24, 1, 1))
    rotmat[0, 0] = np.diag([1.0, -1.0, -1.0])
    vertices = body.pose_vertices(rotmat, motion.betas, motion.trans)[0]
    points = motion.focal_length * vertices[:, :2] / vertices[:, 2:] + np.array([160, 120])
    rows, columns = np.nonzero(changed)
    np.testing.assert_allclose([columns.min(), columns.max()], [points[:, 0].min(), points[:, 0].max()], atol=2)
    np.testing.assert_allclose([rows.min(), rows.max()], [points[:, 1].min(), points[:, 1].max()], atol=2)


def test_a_frame_without_a_pose_stays_as_it_is(body):
    grey = np.full((24, 32, 3), 90, np.uint8)
    assert BodyPainter(standing([7], (32, 24)), body, (255, 0, 0)).paint(grey, 8) is grey


def write(path, video, body, cancellation=None):
    with VideoReader(video) as reader:
        motion = standing([0, 2], (reader.info.width, reader.info.height))
        progress = StageProgress(Silent(), "overlay", 5)
        write_overlay(path, reader, [(motion, body)], cancellation or Cancellation(), progress)


def test_the_overlay_has_every_frame(tmp_path, body):
    video = write_video(tmp_path / "clip.mp4", numbered_frames(5))
    write(tmp_path / "overlay.mp4", video, body)
    assert sum(1 for _ in VideoReader(tmp_path / "overlay.mp4")) == 5


@pytest.mark.parametrize("rate_hz", [0.5, 23.976023976, 119.88011988, 239.865317])
def test_any_frame_rate_can_be_written(tmp_path, body, monkeypatch, rate_hz):
    video = write_video(tmp_path / "clip.mp4", numbered_frames(3))
    monkeypatch.setattr("core.video.probe_video", lambda _: VideoInfo(96, 64, rate_hz, 3, 0))
    write(tmp_path / "overlay.mp4", video, body)
    monkeypatch.undo()
    assert VideoReader(tmp_path / "overlay.mp4").info.frame_rate_hz == pytest.approx(rate_hz, abs=0.01)


@pytest.mark.parametrize(
    ("size", "expected"),
    [((1920, 1080), (1280, 720)), ((641, 361), (640, 360)), ((64, 36), (64, 36)), ((4000, 3), (1280, 2))],
)
def test_the_overlay_is_not_too_large_and_even(size, expected):
    assert _overlay_size(*size) == expected


def test_a_video_that_lacks_frames_is_an_output_error(tmp_path):
    """So that a full disk is noticed, which OpenCV keeps to itself."""
    path = write_video(tmp_path / "clip.mp4", numbered_frames(5))
    _check_written(path, 5)
    with pytest.raises(OutputError):
        _check_written(path, 6)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(OutputError):
        _check_written(path, 5)


def test_a_cancel_stops_the_drawing(tmp_path, body):
    cancellation = Cancellation()
    cancellation.request()
    video = write_video(tmp_path / "clip.mp4", numbered_frames(5))
    with pytest.raises(CancelledError):
        write(tmp_path / "overlay.mp4", video, body, cancellation)


def test_a_body_beside_or_behind_the_camera_is_not_drawn(body):
    grey = np.full((24, 32, 3), 90, np.uint8)
    for place in ([0, 0, -3], [100, 0, 3], [0, 0, 0]):
        motion = dataclasses.replace(standing([0], (32, 24)), trans=np.array([place], np.float32))
        picture = BodyPainter(motion, body, (255, 0, 0)).paint(grey, 0)
        assert picture.shape == grey.shape
        if place != [0, 0, 0]:
            assert (picture == grey).all()
