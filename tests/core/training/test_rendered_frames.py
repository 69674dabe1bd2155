"""Rendered frames: read and checked, varied so that everything still fits together, and a stage that learns on them."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.command_line import main
from core.errors import MotionDataError, WeightsError
from core.models.open_weights import load_lifter, read_weights
from core.rotations import rotmat_to_rotvec
from core.training.open_preset import LifterOptions, OpenPreset, RenderedOptions
from core.training.rendered_frames import load_rendered_frames, roll_views, swapped_sides
from core.training.simulator import BENCHMARK, simulate
from core.training.torch_camera import project
from core.training.train import train

SMALL = OpenPreset(
    lifter=LifterOptions(batch_frames=32, warmup_iterations=2),
    rendered=RenderedOptions(batch_frames=32, warmup_iterations=2, iterations=3),
    iterations=3,
)


@pytest.fixture(scope="module")
def frames_file(library, torch_body, tmp_path_factory):
    """What the real file holds, with simulated people in the place of rendered ones."""
    windows = library.windows(np.arange(1, 61), 1, 30.0)
    settings = replace(BENCHMARK, camera=replace(BENCHMARK.camera, focal_error_std=0.0))
    views = simulate(windows, 30.0, torch_body, settings, torch.Generator().manual_seed(0))
    path = tmp_path_factory.mktemp("rendered") / "rendered.npz"
    np.savez(
        path, poses=rotmat_to_rotvec(views.rotmat[:, 0].numpy().astype(np.float64)), pelvis_cam=views.pelvis[:, 0],
        landmarks=views.landmarks[:, 0], true_keypoints2d=views.true_keypoints2d[:, 0],
        keypoints2d=views.keypoints2d[:, 0], world_landmarks=views.world_landmarks[:, 0],
        visibility=views.visibility[:, 0], hidden=np.zeros((60, 33), bool), focal=views.focal[:, 0, 0],
        shot=np.arange(60) // 3, frame=np.arange(60) % 3, is_mirrored=np.zeros(60, bool),
        between=np.zeros((60, 3, 24, 3)), shot_count=np.array(20),
    )  # fmt: skip
    return path


def changed(path, folder, **changes):
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files} | changes
    np.savez(folder / "changed.npz", **arrays)
    return folder / "changed.npz"


def assert_consistent(views, body):
    """The truth's landmarks belong to its rotations (betas are zero), and fall on its points."""
    posed, _ = body.pose_landmarks(views.rotmat[:, 0], views.betas[:, 0])
    direction = (posed - views.landmarks[:, 0])[:, 11:29].norm(dim=-1).mean()
    assert direction < 0.1
    seen = project(views.landmarks, views.pelvis, views.focal)
    assert torch.allclose(seen, views.true_keypoints2d, atol=1e-4)


def test_rolled_frames_still_fit_together(frames_file, torch_body):
    views = load_rendered_frames(frames_file).part(np.arange(20))
    assert_consistent(views, torch_body)
    rolled = roll_views(views, 0.2 * torch.randn(20, generator=torch.Generator().manual_seed(1)), views.focal)
    assert_consistent(rolled, torch_body)
    errors = [(v.keypoints2d - v.true_keypoints2d).norm(dim=-1) for v in (views, rolled)]
    assert torch.allclose(errors[0], errors[1], atol=1e-5)


def test_varied_frames_are_told_a_focal_length_that_is_off(frames_file):
    frames = load_rendered_frames(frames_file)
    views = frames.varied(np.zeros(400, np.int64), torch.Generator().manual_seed(2))
    log_error = torch.log(views.focal / frames.focal[0]).std()
    assert 0.12 < log_error < 0.18
    assert not torch.equal(views.rotmat[0], views.rotmat[1])


def test_frames_with_swapped_sides_are_left_out(frames_file, tmp_path):
    with np.load(frames_file) as archive:
        true, points = archive["true_keypoints2d"].copy(), archive["keypoints2d"].copy()
    true[:, [13, 15, 25, 27], 0] += 0.5
    points = true.copy()
    points[5] = true[5][[*range(13), 14, 13, 16, 15, *range(17, 25), 26, 25, 28, 27, *range(29, 33)]]
    assert np.flatnonzero(swapped_sides(points, true)).tolist() == [5]
    kept = load_rendered_frames(changed(frames_file, tmp_path, keypoints2d=points, true_keypoints2d=true))
    assert len(kept.shot) == 59


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"landmarks": np.zeros((60, 32, 3))}, r"landmarks has the shape \(60, 32, 3\)"),
        ({"visibility": np.array(["pickle"], object)}, "not a file of rendered frames"),
    ],
)
def test_other_files_are_named(frames_file, tmp_path, changes, sentence):
    with pytest.raises(MotionDataError, match=sentence):
        load_rendered_frames(changed(frames_file, tmp_path, **changes))
    with pytest.raises(MotionDataError, match="does not exist"):
        load_rendered_frames(tmp_path / "nothing.npz")


def test_the_stage_goes_on_from_the_lifter_and_ends_with_the_same_bits_after_a_stop(motion_file, frames_file, tmp_path):
    train([motion_file], tmp_path, replace(SMALL, stage="lifter"), report=lambda _: None)
    before = load_lifter(tmp_path / "open_lifter.safetensors").heads.weight.clone()
    said = []
    preset = replace(SMALL, stage="rendered", save_every_s=-1.0)
    train([motion_file], tmp_path, preset, rendered=frames_file, report=said.append)
    assert any("rendered_PA-MPJPE_mm" in line for line in said)
    path = tmp_path / "open_lifter.safetensors"
    whole = path.read_bytes()
    assert not torch.equal(load_lifter(path).heads.weight, before)
    assert read_weights(path)[1]["iterations"] == "3"
    # Resumed from its end, nothing changes; the lifter that it started from is still stage 1's.
    train([motion_file], tmp_path, preset, rendered=frames_file, resume=True, report=lambda _: None)
    assert path.read_bytes() == whole


def test_the_stage_needs_a_lifter_and_frames(motion_file, frames_file, tmp_path, capsys):
    with pytest.raises(WeightsError, match="Train the stage lifter first"):
        train([motion_file], tmp_path / "a", replace(SMALL, stage="rendered"), rendered=frames_file)
    options = ["train", "--motions", str(motion_file), "--stage", "rendered", "--output", str(tmp_path / "b")]
    assert main(options) == 2
    assert "needs a file of rendered frames" in capsys.readouterr().err
