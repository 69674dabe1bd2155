"""Windows of rendered frames: what is known between the frames, and what is taken to lie between their errors."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.rotations import rotmat_to_rotvec
from core.training.open_preset import OpenPreset, TemporalOptions
from core.training.rendered_frames import load_rendered_frames
from core.training.rendered_windows import (
    KEYFRAMES,
    STEPS,
    WINDOW_FRAMES,
    WINDOW_RATE_HZ,
    RenderedWindows,
    flicker,
    smooth_between,
)
from core.training.simulator import BENCHMARK, simulate
from core.training.train import train
from core.training.transplanted_errors import seen_places

SHOTS, FRAMES = 12, 16


@pytest.fixture(scope="module")
def shots(library, torch_body):
    """Simulated people at the rate of the windows: what is true between the frames of the file, too."""
    windows = library.windows(np.arange(1, 1 + SHOTS), FRAMES * STEPS, WINDOW_RATE_HZ)
    settings = replace(BENCHMARK, camera=replace(BENCHMARK.camera, focal_error_std=0.0))
    return simulate(windows, WINDOW_RATE_HZ, torch_body, settings, torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def write_shots(shots, tmp_path_factory):
    """Writes a file of the shots, whose network sees everything where the given offset from the truth lies."""

    def write(off=0.0, without=()):
        poses = rotmat_to_rotvec(shots.rotmat.numpy().astype(np.float64)).reshape(SHOTS, FRAMES, STEPS, 24, 3)

        def frames(values):
            return values[:, ::STEPS].flatten(0, 1).numpy()

        focal = shots.focal[:, 0, 0]
        points = seen_places(shots.landmarks, shots.pelvis, shots.focal)
        points = points + off * (shots.focal / shots.pelvis[..., 2:])[..., None]
        number = np.arange(SHOTS * FRAMES)
        arrays = {
            "poses": poses[:, :, 0].reshape(-1, 24, 3), "between": poses[:, :, 1:].reshape(-1, STEPS - 1, 24, 3),
            "pelvis_cam": frames(shots.pelvis), "landmarks": frames(shots.landmarks),
            "true_keypoints2d": frames(shots.true_keypoints2d), "keypoints2d": frames(points),
            "world_landmarks": frames(shots.world_landmarks), "visibility": frames(shots.visibility),
            "hidden": np.zeros((len(number), 33), bool), "focal": np.repeat(focal.numpy(), FRAMES),
            "shot": number // FRAMES, "frame": number % FRAMES, "is_mirrored": np.zeros(len(number), bool),
        }  # fmt: skip
        kept = ~np.isin(number, without)
        path = tmp_path_factory.mktemp("shots") / "rendered.npz"
        np.savez(path, shot_count=np.array(SHOTS), **{name: values[kept] for name, values in arrays.items()})
        return path

    return write


def windows_of(path, body):
    frames = load_rendered_frames(path)
    return RenderedWindows(frames, np.arange(len(frames.shot)), body)


def test_between_the_frames_the_truth_is_the_shots_own(write_shots, shots, torch_body):
    views = windows_of(write_shots(), torch_body).views(np.array([0]))
    assert views.frame_rate_hz == WINDOW_RATE_HZ
    assert views.rotmat.shape == (1, WINDOW_FRAMES, 24, 3, 3)
    assert torch.allclose(views.rotmat[0], shots.rotmat[0, :WINDOW_FRAMES], atol=1e-5)
    # Between them the person is told by another body, and the pelvis by a curve.
    assert torch.allclose(views.landmarks[0, ::STEPS], shots.landmarks[0, :WINDOW_FRAMES:STEPS], atol=1e-6)
    assert (views.landmarks[0] - shots.landmarks[0, :WINDOW_FRAMES]).norm(dim=-1).max() < 0.004
    assert (views.pelvis[0] - shots.pelvis[0, :WINDOW_FRAMES]).norm(dim=-1).max() < 0.004


def test_an_error_that_all_frames_share_is_there_between_them_too(write_shots, torch_body):
    clean, off = (windows_of(write_shots(offset), torch_body).views(np.array([0, 3])) for offset in (0.0, 0.03))
    metre2d = (off.focal / off.pelvis[..., 2:])[..., None]
    assert torch.allclose((off.keypoints2d - clean.keypoints2d) / metre2d, torch.tensor(0.03), atol=1e-4)
    assert torch.equal(off.landmarks, clean.landmarks)


def test_no_window_reaches_over_a_missing_frame_or_into_another_shot(write_shots, torch_body):
    per_shot = FRAMES - KEYFRAMES + 1
    assert len(windows_of(write_shots(), torch_body)) == SHOTS * per_shot
    # Without its third frame the first shot has 13 in a row once; without the eighth the second shot has none.
    missing = (2, FRAMES + 7)
    windows = windows_of(write_shots(without=missing), torch_body)
    assert len(windows) == (SHOTS - 2) * per_shot + 1


def test_flicker_has_no_memory_and_is_larger_where_nothing_is_seen(write_shots, torch_body):
    views = windows_of(write_shots(), torch_body).views(np.zeros(64, np.int64))
    half = torch.ones_like(views.visibility)
    half[..., 17:] = 0.0
    shaken = flicker(replace(views, visibility=half), torch.Generator().manual_seed(0))
    off = shaken.world_landmarks - views.world_landmarks
    assert abs((off[:, 1:] * off[:, :-1]).mean()) < 0.02 * off.square().mean()
    seen, hidden = off[..., :17, :].std(), off[..., 17:, :].std()
    assert hidden / seen == pytest.approx(3.0, rel=0.05)


def test_a_curve_through_keyframes_is_straight_where_they_are(write_shots):
    line = torch.arange(5.0)[None, :, None] * torch.tensor([1.0, -2.0])
    dense = smooth_between(line)
    assert torch.allclose(dense[0, :, 0], torch.linspace(0, 4, 4 * STEPS + 1), atol=1e-6)


def test_the_temporal_stage_learns_from_windows_and_says_how_it_does_on_others(motion_file, write_shots, tmp_path):
    small = TemporalOptions(batch_windows=2, window_frames=12, warmup_iterations=1, iterations=2)
    preset = OpenPreset(temporal=small, iterations=2, save_every_s=-1.0)
    train([motion_file], tmp_path, replace(preset, stage="lifter"), report=lambda _: None)
    results = []
    for name, rendered in (("without", None), ("with", write_shots())):
        said, folder = [], tmp_path / name
        folder.mkdir()
        (folder / "open_lifter.safetensors").write_bytes((tmp_path / "open_lifter.safetensors").read_bytes())
        train([motion_file], folder, replace(preset, stage="temporal"), rendered=rendered, report=said.append)
        assert any("rendered_ACC_ERR" in line for line in said) == (rendered is not None)
        results.append((folder / "open_temporal.safetensors").read_bytes())
    assert results[0] != results[1]
