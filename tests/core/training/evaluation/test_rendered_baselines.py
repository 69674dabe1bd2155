"""MediaPipe itself is not needed: a stand-in for its interpreter writes what the script would write."""

import stat
import sys

import numpy as np
import pytest

from core.errors import EngineError
from core.training.evaluation.rendered_baselines import baseline_names, baseline_tracks, mediapipe_landmarks
from tests.core.training.evaluation.rendered_shots import make_shot

STAND_IN = """#!{python}
import sys
import numpy as np
script, video, output, _, model = sys.argv[1:]
if "bad" in video:
    sys.exit("the video is bad")
rows = np.arange({rows})[:, None, None] * np.ones((1, 33, 4)) + (model == "full")
rows[3] = np.nan
np.savez(output, landmarks=rows, world_landmarks=-rows[..., :3], seconds=np.array(4.0))
with open(video + ".log", "a") as log:
    log.write(model + "\\n")
"""


def stand_in(folder, rows=40):
    path = folder / "python"
    path.write_text(STAND_IN.format(python=sys.executable, rows=rows))
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.fixture
def video(tmp_path):
    path = tmp_path / "walk1.mp4"
    path.write_bytes(b"frames")
    return path


def test_each_model_is_a_baseline_with_and_without_smoothing(video, tmp_path):
    tracks = baseline_tracks(video, make_shot(), stand_in(tmp_path))
    assert tuple(tracks) == baseline_names() and len(tracks) == 4
    raw, smooth = tracks["MediaPipe full"], tracks["MediaPipe full, Savitzky-Golay 350 ms"]
    assert raw.landmarks[5] == pytest.approx(-6.0) and raw.keypoints2d_px.shape == (40, 33, 2)
    assert raw.frames_per_second == 10 and raw.pelvis_cam is None and raw.rotmat is None
    # A straight line stays as it is.
    assert np.allclose(smooth.landmarks, raw.landmarks, equal_nan=True) and not smooth.has_pose[3]


@pytest.mark.parametrize("rows", [38, 42])
def test_a_decoder_may_count_other_frames(video, tmp_path, rows):
    track = baseline_tracks(video, make_shot(), stand_in(tmp_path, rows))["MediaPipe heavy"]
    assert len(track.landmarks) == 40 and track.has_pose.sum() == min(rows, 40) - 1


def test_a_video_is_looked_at_once_until_it_changes(video, tmp_path):
    python, log = stand_in(tmp_path), tmp_path / "walk1.mp4.log"
    first = mediapipe_landmarks(video, "heavy", python)
    again = mediapipe_landmarks(video, "heavy", python)
    assert all(np.array_equal(first[name], again[name], equal_nan=True) for name in first)
    assert log.read_text() == "heavy\n"
    video.write_bytes(b"other frames")
    mediapipe_landmarks(video, "heavy", python)
    assert log.read_text() == "heavy\nheavy\n"


def test_a_failure_is_one_sentence_and_leaves_no_file(tmp_path):
    video = tmp_path / "bad.mp4"
    video.write_bytes(b"frames")
    with pytest.raises(EngineError, match=r"MediaPipe failed on bad\.mp4: the video is bad"):
        mediapipe_landmarks(video, "heavy", stand_in(tmp_path))
    with pytest.raises(EngineError, match="cannot be started"):
        mediapipe_landmarks(video, "heavy", tmp_path / "nowhere")
    assert list(tmp_path.glob("*.npz")) == []
