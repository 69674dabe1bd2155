"""Errors that are carried over: of the same pose they come back as they were, of another size or lens in proportion."""

import numpy as np
import torch

from core.training.observation import Scene, hip_middle
from core.training.rendered_frames import load_rendered_frames
from core.training.simulator import TRAINING, simulate
from core.training.torch_camera import project
from core.training.transplanted_errors import ErrorBank
from tests.core.training.test_rendered_frames import frames_file  # noqa: F401  (a fixture)


def test_the_same_person_is_seen_as_they_were(frames_file):  # noqa: F811
    frames = load_rendered_frames(frames_file)
    views = frames.part(np.array([7]))
    bank = ErrorBank(frames, np.array([7]))
    scene = Scene(views.landmarks, views.pelvis, views.true_keypoints2d, views.focal, 30.0)
    seen = bank.observe(scene, torch.Generator().manual_seed(0))
    assert torch.allclose(seen.keypoints2d, views.keypoints2d, atol=1e-4)
    assert torch.allclose(seen.world_landmarks, views.world_landmarks - hip_middle(views.world_landmarks), atol=1e-4)
    assert torch.equal(seen.visibility, views.visibility)


def test_somebody_taller_has_the_same_guess_and_errors_in_proportion(frames_file):  # noqa: F811
    frames = load_rendered_frames(frames_file)
    views = frames.part(np.array([7]))
    bank = ErrorBank(frames, np.array([7]))
    taller, pelvis = 1.1 * views.landmarks, 1.1 * views.pelvis
    scene = Scene(taller, pelvis, project(taller, pelvis, views.focal), views.focal, 30.0)
    seen = bank.observe(scene, torch.Generator().manual_seed(0))
    assert torch.allclose(seen.keypoints2d, views.keypoints2d, atol=1e-4)
    assert torch.allclose(seen.world_landmarks, views.world_landmarks - hip_middle(views.world_landmarks), atol=1e-4)


def test_the_nearest_poses_are_taken_and_not_always_the_same(frames_file, library, torch_body):  # noqa: F811
    frames = load_rendered_frames(frames_file)
    bank = ErrorBank(frames, np.arange(len(frames.shot)))
    windows = library.windows(np.arange(1, 31), 1, 30.0)
    views = [
        simulate(windows, 30.0, torch_body, TRAINING, torch.Generator().manual_seed(1), bank.observe) for _ in range(2)
    ]
    assert torch.equal(views[0].keypoints2d, views[1].keypoints2d)
    plain = simulate(windows, 30.0, torch_body, TRAINING, torch.Generator().manual_seed(1))
    error, usual = (
        (v.world_landmarks - (v.landmarks - hip_middle(v.landmarks)))[:, 0, 11:29].norm(dim=-1).mean()
        for v in (views[0], plain)
    )
    assert 0.2 < error / usual < 3.0
    vary = {
        tuple(bank.observe(one_scene(views[0], 0), torch.Generator().manual_seed(seed)).visibility[0, 0, :3].tolist())
        for seed in range(20)
    }
    assert len(vary) > 2


def one_scene(views, row):
    part = slice(row, row + 1)
    return Scene(
        views.landmarks[part], views.pelvis[part], views.true_keypoints2d[part], views.focal[part], views.frame_rate_hz
    )
