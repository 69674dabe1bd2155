import numpy as np
import pytest
import torch

from core.errors import MotionDataError
from core.skeleton import MIRROR_JOINTS
from core.training.clips import (
    WindowSampler,
    catmull_rom_weights,
    load_motion_library,
    mirror_windows,
    source_frames_for,
)


def test_windows_at_the_source_rate_are_the_frames_themselves(library):
    windows = library.windows(np.array([5, 100]), 10, 30.0)
    assert torch.equal(windows.pelvis[0], library.pelvis[5:15])
    assert windows.rotmat.shape == (2, 10, 24, 3, 3)


@pytest.mark.parametrize("frame_rate", [24.0, 41.7, 60.0])
def test_resampled_windows_follow_the_motion_at_any_rate(library, frame_rate):
    count = 20
    windows = library.windows(np.array([10]), count, frame_rate)
    times = (10 + np.arange(count) * 30.0 / frame_rate) / 30.0
    expected = np.stack([0.2 * np.sin(times), np.full(count, 0.95), 0.2 * np.cos(times)], axis=1)
    assert np.abs(windows.pelvis[0].numpy() - expected).max() < 1e-4
    identity = windows.rotmat @ windows.rotmat.transpose(-1, -2)
    assert torch.allclose(identity, torch.eye(3).expand_as(identity), atol=1e-5)


def test_interpolation_weights_sum_to_one_and_meet_the_frames():
    fraction = torch.linspace(0, 1, 11)
    weights = catmull_rom_weights(fraction)
    assert torch.allclose(weights.sum(-1), torch.ones(11), atol=1e-6)
    assert torch.allclose(weights[0], torch.tensor([0.0, 1.0, 0.0, 0.0]))
    assert torch.allclose(weights[-1], torch.tensor([0.0, 0.0, 1.0, 0.0]), atol=1e-6)


def test_no_window_holds_an_invalid_frame_or_leaves_its_clip(tmp_path, motion_writer):
    valid = np.ones(6 * 90, bool)
    valid[40] = False
    library = load_motion_library(motion_writer(tmp_path / "m.npz", valid=valid))
    starts = library.window_starts("train", 30)
    assert 11 not in starts[0] and 40 not in starts[0] and 41 in starts[0] and 10 in starts[0]
    for clip, first in enumerate(starts):
        assert first.min() >= 90 * clip and first.max() + 30 <= 90 * (clip + 1)


def test_a_subject_with_ten_times_the_frames_is_not_drawn_ten_times_as_often(tmp_path, motion_writer):
    changes = {
        "clip_len": np.array([450, 0, 0, 0, 45, 45]),
        "clip_start": np.array([0, 0, 0, 0, 450, 495]),
        "clip_split": np.array(["train"] * 6),
        "clip_subject": np.array([0, 0, 0, 0, 1, 1]),
    }
    sampler = WindowSampler(load_motion_library(motion_writer(tmp_path / "m.npz", **changes)), "train", 10)
    starts = sampler.starts(4000, np.random.default_rng(0))
    assert 0.6 < (starts < 450).mean() < 0.8


def test_mirroring_twice_changes_nothing_and_swaps_sides(library):
    windows = library.windows(np.array([3, 4]), 5, 30.0)
    chosen = torch.tensor([True, False])
    once = mirror_windows(windows, chosen)
    twice = mirror_windows(once, chosen)
    assert torch.allclose(twice.rotmat, windows.rotmat) and torch.allclose(twice.pelvis, windows.pelvis)
    assert torch.equal(once.rotmat[1], windows.rotmat[1])
    assert torch.equal(once.pelvis[0, :, 0], -windows.pelvis[0, :, 0])


def test_a_mirrored_pose_gives_mirrored_joints(library, torch_body):
    windows = library.windows(np.array([33]), 1, 30.0)
    mirrored = mirror_windows(windows, torch.tensor([True]))
    betas = torch.zeros(1, 10)
    _, joints = torch_body.pose_landmarks(windows.rotmat[0], betas)
    _, flipped = torch_body.pose_landmarks(mirrored.rotmat[0], betas)
    expected = joints[:, list(MIRROR_JOINTS)] * torch.tensor([-1.0, 1.0, 1.0])
    # The open body is symmetric to a millimetre.
    assert (flipped - expected).abs().max() < 2e-3


def test_the_span_of_a_window_covers_its_last_frame():
    assert source_frames_for(1, 30.0, 30.0) == 1
    assert source_frames_for(31, 60.0, 30.0) == 16
    assert source_frames_for(25, 24.0, 30.0) == 31


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"poses": None}, "lacks poses"),
        ({"poses": np.zeros((540, 22, 3))}, "poses has the shape"),
        ({"trans": np.full((540, 3), np.nan)}, "not finite"),
        ({"clip_len": np.full(6, 91)}, "outside"),
        ({"clip_split": np.array(["train"] * 5 + ["exam"])}, "exam"),
        ({"clip_name": np.array([None] * 6)}, "not a motion-capture npz"),
    ],
)
def test_bad_motion_files_are_named(tmp_path, motion_writer, changes, words):
    with pytest.raises(MotionDataError, match=words):
        load_motion_library(motion_writer(tmp_path / "m.npz", **changes))


def test_files_that_are_no_npz_are_named(tmp_path):
    (tmp_path / "text.npz").write_text("not a zip")
    for name in ("text.npz", "missing.npz"):
        with pytest.raises(MotionDataError, match=name):
            load_motion_library(tmp_path / name)


def test_a_split_without_a_long_enough_clip_is_an_error(library):
    with pytest.raises(MotionDataError, match="test clip"):
        WindowSampler(library, "test", 10)
    with pytest.raises(MotionDataError, match="203 valid frames"):
        WindowSampler(library, "train", 200)
