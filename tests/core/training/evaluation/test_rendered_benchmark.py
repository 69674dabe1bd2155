import dataclasses
import json

import numpy as np
import pytest

from core.command_line import main
from core.contacts import detect_contacts
from core.errors import MotionDataError
from core.motion import Motion
from core.rotations import rotmat_to_rotvec
from core.training.evaluation import rendered_benchmark, rendered_command
from core.training.evaluation.rendered_benchmark import RenderedOptions, find_videos, score_videos
from core.training.evaluation.rendered_estimates import estimate_video
from core.training.evaluation.rendered_look import arrange
from core.training.evaluation.rendered_truth import truth_path
from tests.core.mp4_writing import numbered_frames, write_video
from tests.core.training.evaluation.rendered_shots import FOCAL_PX, SIZE, make_shot, write_truth


def motion_of(shot, frames):
    """A motion file's content that says the truth on some frames."""
    count = len(frames)
    return Motion(
        poses=rotmat_to_rotvec(shot.rotmat[frames]).reshape(count, 72), trans=np.zeros((count, 3), np.float32),
        betas=np.zeros(10, np.float32), body="open", gender="neutral", mocap_framerate=30.0, frame_ids=frames,
        timestamps=frames / 30.0, joints=shot.joints[frames], keypoints=shot.landmarks[frames],
        keypoints_2d=shot.keypoints2d_px[frames], visibility=np.ones((count, 33)),
        contacts=detect_contacts(shot.landmarks[frames], frames / 30.0), poses_per_frame=np.zeros((count, 72)),
        confidence=np.ones((count, 24)), focal_length=FOCAL_PX, image_size=SIZE,
    )  # fmt: skip


@pytest.fixture
def videos(tmp_path):
    """Two shots, in the second of which another person stands in front; the videos' frames do not matter."""
    folder = tmp_path / "videos"
    folder.mkdir()
    for name, people in {"run1": [make_shot()], "walk1": [make_shot(), make_shot(shift_m=1.0)]}.items():
        write_video(folder / f"{name}.mp4", numbered_frames(40, (192, 108)), 30.0)
        write_truth(truth_path(folder / f"{name}.mp4"), [dataclasses.replace(p, kind=name[:-1]) for p in people])
    return folder


@pytest.fixture
def found(monkeypatch):
    """What our command is said to have found: the second person, but for some frames; nobody who runs."""
    asked = []

    def estimate(video, output, options):
        asked.append((video.stem, output.name, options))
        return None if video.stem == "run1" else (motion_of(make_shot(shift_m=1.0), np.arange(4, 40)), 2.0)

    monkeypatch.setattr(rendered_benchmark, "estimate_video", estimate)
    return asked


def test_each_shot_is_scored_against_the_person_who_was_followed(videos, found, tmp_path):
    options = RenderedOptions(videos, tmp_path / "out", estimate_options=("--quality", "fast"), look=tmp_path / "look")
    text = score_videos(options, lambda _: None)
    assert found == [(name, f"{name}.npz", ("--quality", "fast")) for name in ("run1", "walk1")]
    content = json.loads((tmp_path / "out" / "rendered.json").read_text())
    walk, run = (content["scores"]["Jointwise"]["by_shot"][name] for name in ("walk1", "run1"))
    assert walk["coverage"] == pytest.approx(0.9) and walk["frames_per_second"] == pytest.approx(18)
    assert walk["mpjpe_mm"] == pytest.approx(0, abs=1e-2) and walk["root_mm"] == pytest.approx(0, abs=1e-2)
    assert run["coverage"] == 0 and run["mpjpe_mm"] is None
    assert "baselines were left out" in text and "baselines were left out" in content["note"]
    assert "| walk (1) | 90.0 |" in (tmp_path / "out" / "rendered.md").read_text()
    assert [path.name for path in (tmp_path / "look").iterdir()] == ["walk1.jpg"]


def test_only_videos_with_a_truth_are_taken(videos):
    (videos / "notes.mp4").write_bytes(b"")
    assert [video.stem for video in find_videos(videos)] == ["run1", "walk1"]
    assert [video.stem for video in find_videos(videos, ["walk1"])] == ["walk1"]
    with pytest.raises(MotionDataError, match="does not hold the rendered video notes"):
        find_videos(videos, ["notes"])
    with pytest.raises(MotionDataError, match="does not hold a rendered video"):
        find_videos(videos / "none")


def test_nobody_in_a_video_is_a_result(tmp_path):
    """The released command line, in its own process, on pictures without people."""
    video = write_video(tmp_path / "empty.mp4", numbered_frames(5), 30.0)
    assert estimate_video(video, tmp_path / "out.npz", ("--model", "full")) is None


def test_a_failure_of_our_command_says_its_sentence(tmp_path):
    video = write_video(tmp_path / "empty.mp4", numbered_frames(5), 30.0)
    with pytest.raises(Exception, match=r"Estimating empty\.mp4 failed: .*window"):
        estimate_video(video, tmp_path / "out.npz", ("--window", "1.5"))


RENDERED = ["evaluate", "--benchmark", "rendered"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (RENDERED, "needs the folder --videos"),
        ([*RENDERED, "--videos", "a"], "needs the folder --results"),
        ([*RENDERED, "--videos", "a", "--results", "b", "--motions", "m.npz"], "--makehuman and --panoramas too"),
        (
            [*RENDERED, "--videos", "a", "--results", "b", "--motions", "m.npz", "--makehuman", "w", "--panoramas", "p",
             "--shots", "swim_1"],
            "no shot swim_1",
        ),
        (["evaluate"], "needs one motion file"),
    ],
)  # fmt: skip
def test_the_command_says_what_it_lacks(capsys, arguments, words):
    assert main(arguments) == 2
    assert words in capsys.readouterr().err


def test_missing_shots_are_rendered_before_they_are_scored(videos, found, tmp_path, monkeypatch, capsys):
    rendered = []
    monkeypatch.setattr(rendered_command, "render_shots", lambda *given: rendered.append(given[:3]))
    wanted = ["--motions", "m.npz", "n.npz", "--makehuman", "w", "--panoramas", "p", "--shots", "walk_1"]
    folders = ["--videos", str(videos), "--results", str(tmp_path / "out")]
    # The folder's videos have other names.
    assert main([*RENDERED, *folders, *wanted]) == 2
    ((sources, folder, shots),) = rendered
    assert (len(sources.motions), folder, [shot.name for shot in shots]) == (2, videos, ["walk_1"])
    assert main([*RENDERED, *folders]) == 0 and len(rendered) == 1
    assert "Jointwise" in capsys.readouterr().out


def test_pictures_are_arranged_row_by_row():
    cells = [np.full((2, 3, 3), number, np.uint8) for number in range(1, 6)]
    sheet = arrange(cells, 3)
    assert sheet.shape == (4, 9, 3)
    assert sheet[::2, ::3, 0].tolist() == [[1, 2, 3], [4, 5, 0]]
