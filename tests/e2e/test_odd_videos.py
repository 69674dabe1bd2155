"""Videos as cameras, editors and accidents make them: a result, or one clear sentence; never half of something."""

import cv2
import numpy as np
import pytest

from core.cancellation import Cancellation
from core.errors import VideoError
from core.motion import load_motion
from core.pipeline import estimate
from core.settings import EstimateSettings
from tests.core.mp4_writing import rotate, set_durations
from tests.short_videos import EXCERPT

DATA = EXCERPT.parent


def walk_frames(count, start=10):
    """Frames (994, 1768, 3) BGR of the walking woman."""
    reader = cv2.VideoCapture(str(EXCERPT))
    frames = [reader.read()[1] for _ in range(start + count)]
    reader.release()
    return frames[start:]


def write(path, frames, rate_hz=30.0, codec="mp4v"):
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), rate_hz, frames[0].shape[1::-1])
    for frame in frames:
        writer.write(frame)
    writer.release()
    return path


def small(frame, height=480):
    return cv2.resize(frame, (round(frame.shape[1] * height / frame.shape[0] / 2) * 2, height))


class Recorder:
    """Keeps the events."""

    def __init__(self):
        self.events = []

    def emit(self, event):
        self.events.append(event)


def estimated(video, tmp_path, people="main"):
    """Return the motions, estimated as the command does, without the seconds that a process takes to start."""
    settings = EstimateSettings(video, tmp_path / "out.npz", people=people, quality="fast")
    recorder = Recorder()
    estimate(settings, recorder, Cancellation())
    return [load_motion(path) for path in recorder.events[-1].paths]


def refused(video, tmp_path):
    with pytest.raises(VideoError) as caught:
        estimated(video, tmp_path)
    assert list(tmp_path.glob("*.npz")) == []
    return str(caught.value)


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_phones_video_is_turned_upright(tmp_path, degrees):
    turn = {90: cv2.ROTATE_90_COUNTERCLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_CLOCKWISE}[degrees]
    frames = [cv2.rotate(small(frame)[:, 100:700], turn) for frame in walk_frames(4)]
    (motion,) = estimated(rotate(write(tmp_path / "phone.mp4", frames), degrees), tmp_path)
    assert motion.image_size == (600, 480)
    # In camera axes y points down: she stands upright in the picture as it is shown.
    assert motion.joints[:, 15, 1].max() < motion.joints[:, [7, 8], 1].min()


@pytest.mark.parametrize("name", ["walk_hdr10.mp4", "walk_alpha.webm"])
def test_ten_bits_and_transparency_are_no_obstacle(tmp_path, name):
    (motion,) = estimated(DATA / name, tmp_path)
    assert motion.frame_count >= 4
    assert motion.confidence.mean() > 0.5


def test_4k(tmp_path):
    frames = [cv2.resize(frame, (3840, 2160)) for frame in walk_frames(2)]
    (motion,) = estimated(write(tmp_path / "uhd.mp4", frames), tmp_path)
    assert motion.image_size == (3840, 2160)


@pytest.mark.parametrize(("rate_hz", "count"), [(12, 1), (240, 2)])
def test_unusual_rates_and_one_or_two_frames(tmp_path, rate_hz, count):
    (motion,) = estimated(
        write(tmp_path / "rate.mp4", [small(frame) for frame in walk_frames(count)], rate_hz), tmp_path
    )
    assert motion.mocap_framerate == pytest.approx(rate_hz)
    assert motion.frame_count == count
    np.testing.assert_allclose(motion.timestamps, np.arange(count) / rate_hz, atol=2e-3)


def test_times_of_a_variable_rate_are_the_files_own(tmp_path):
    video = write(tmp_path / "vfr.mp4", [small(frame) for frame in walk_frames(6)])
    (motion,) = estimated(set_durations(video, [1, 3, 1, 2, 1, 1]), tmp_path)
    np.testing.assert_allclose(motion.timestamps * 30, [0, 1, 4, 5, 7, 8], atol=0.1)


def test_sound_alone_is_said(tmp_path):
    assert "not a video" in refused(DATA / "sound_only.mp4", tmp_path)


def test_a_picture_is_a_video_of_one_frame_and_its_neighbours_are_not_taken(tmp_path):
    for number, frame in enumerate(walk_frames(3)):
        cv2.imwrite(str(tmp_path / f"frame_{number:03d}.png"), small(frame))
    assert estimated(tmp_path / "frame_001.png", tmp_path)[0].frame_count == 1
    (tmp_path / "out.npz").unlink()
    assert "does not exist" in refused(tmp_path / "frame_%03d.png", tmp_path)


def test_nobody_for_a_minute_in_the_middle(tmp_path):
    frames = [small(frame, 360) for frame in walk_frames(12)]
    video = write(tmp_path / "gap.mp4", [*frames, *[np.full_like(frames[0], 90)] * 6, *frames])
    # Each of the empty frames lasts ten seconds.
    motions = estimated(set_durations(video, [*[1] * 12, *[300] * 6, *[1] * 12]), tmp_path, "all")
    # Whoever comes after a minute is somebody else; nothing is made up in between.
    for motion in motions:
        assert not np.isin(motion.frame_ids, np.arange(13, 17)).any()
        assert np.ptp(motion.timestamps) < 2
    assert max(motion.timestamps[-1] for motion in motions) > 60


def test_a_larger_poster_is_not_the_main_person(tmp_path):
    """A photo of her, a fifth larger, hangs beside; the camera's noise is on everything."""
    rng = np.random.default_rng(0)
    frames = walk_frames(24)
    poster = small(frames[-4])[:, 150:650][:, ::-1]
    images = []
    for frame in frames[::2]:
        walker = small(frame, 400)[:, 120:540]
        walker = cv2.copyMakeBorder(walker, 0, 80, 0, 80, cv2.BORDER_REPLICATE)
        image = np.hstack([walker, poster]).astype(np.int16)
        images.append(np.clip(image + rng.normal(0, 3, image.shape), 0, 255).astype(np.uint8))
    motions = estimated(write(tmp_path / "poster.mp4", images, 15), tmp_path, "all")
    assert len(motions) >= 2
    assert motions[0].keypoints_2d[:, [23, 24], 0].max() < 500


def test_a_mirror_image_beside_a_person_is_a_second_person_not_a_mix(tmp_path):
    frames = [small(frame)[:, 150:650] for frame in walk_frames(6)]
    video = write(tmp_path / "mirror.mp4", [np.hstack([frame, frame[:, ::-1]]) for frame in frames])
    one, two, *_ = estimated(video, tmp_path, "all")
    middles = sorted(float(motion.keypoints_2d[:, [23, 24], 0].mean()) for motion in (one, two))
    assert middles[0] < 500 < middles[1]
    # Neither jumps to the other's side.
    for motion in (one, two):
        assert np.ptp(motion.keypoints_2d[:, [23, 24], 0].mean(axis=1)) < 150
