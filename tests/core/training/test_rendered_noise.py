"""The simulator's error of rendered people: what was measured of the real network holds for it too."""

import math

import numpy as np
import pytest
import torch

from core.landmark_places import blazepose_places
from core.training.landmark_noise import mixed_noise
from core.training.observation import Scene, hip_middle
from core.training.rendered_hiding import HidingSettings, behind_own_body, hidden_landmarks
from core.training.rendered_noise import RenderedNoise, observe_rendered, standing_height
from core.training.torch_camera import project

NOTHING_IN_FRONT = HidingSettings(0.0, 0.0, 0.0)


def standing_people(torch_body, count, frames, size=1.0):
    landmarks, _ = torch_body.pose_landmarks(torch.eye(3).expand(1, 24, 3, 3), torch.zeros(1, 10))
    # The body faces +Z with Y up; the camera's axes have y down and z away.
    landmarks = size * landmarks * torch.tensor([1.0, -1.0, -1.0])
    landmarks = landmarks.expand(count, frames, 33, 3)
    pelvis = torch.tensor([0.0, 0.0, 4.0]).expand(count, frames, 3)
    focal = torch.full((count, 1, 1), 1.6)
    return Scene(landmarks, pelvis, project(landmarks, pelvis, focal), focal, 30.0)


def test_everybody_is_as_tall_in_the_guess(torch_body):
    heights = []
    for size in (0.9, 1.1):
        scene = standing_people(torch_body, 200, 1, size)
        seen = observe_rendered(scene, RenderedNoise(hiding=NOTHING_IN_FRONT), torch.Generator().manual_seed(0))
        heights.append(float(standing_height(seen.world_landmarks).mean()))
    assert heights[0] == pytest.approx(heights[1], rel=0.01)
    assert heights[0] == pytest.approx(1.57, rel=0.04)


def test_landmarks_are_the_networks_own_points_on_average(torch_body):
    scene = standing_people(torch_body, 4000, 1)
    seen = observe_rendered(scene, RenderedNoise(hiding=NOTHING_IN_FRONT), torch.Generator().manual_seed(1))
    places = torch.as_tensor(blazepose_places(scene.landmarks.numpy()), dtype=torch.float32)
    expected = project(places, scene.pelvis, scene.focal)[0, 0]
    body = [11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28]
    off = (seen.keypoints2d.median(dim=0).values[0] - expected)[body] / scene.metre2d[0, 0]
    assert off.norm(dim=-1).max() < 0.008


def test_the_guess_errs_across_the_line_of_sight_where_the_picture_errs(torch_body):
    scene = standing_people(torch_body, 600, 1)
    seen = observe_rendered(scene, RenderedNoise(hiding=NOTHING_IN_FRONT), torch.Generator().manual_seed(2))
    image = (seen.keypoints2d - hip_middle(seen.keypoints2d)) / scene.metre2d[..., None]
    world = seen.world_landmarks[..., :2]
    for landmark in (13, 15, 25, 27):
        pair = np.stack([values[:, 0, landmark, 0].numpy() for values in (image, world)])
        assert 0.5 < np.corrcoef(pair)[0, 1] < 0.96


def test_depth_is_the_worst_and_hidden_limbs_are_worse_across(torch_body):
    scene = standing_people(torch_body, 500, 1)
    noise = RenderedNoise(hiding=NOTHING_IN_FRONT)
    clear = observe_rendered(scene, noise, torch.Generator().manual_seed(3))
    std = clear.world_landmarks[:, 0].std(dim=0)
    assert (std[[15, 16, 27, 28], 2] > 1.4 * std[[15, 16, 27, 28], 0]).all()
    below = RenderedNoise(hiding=HidingSettings(lower_edge=0.0, low_thing=1.0, band=0.0))
    poor = observe_rendered(scene, below, torch.Generator().manual_seed(3))
    hidden_std = poor.keypoints2d[:, 0, [27, 28], 0].std(dim=0)
    assert (hidden_std > 1.5 * clear.keypoints2d[:, 0, [27, 28], 0].std(dim=0)).all()
    assert poor.visibility[:, 0, [27, 28]].mean() < 0.45
    assert clear.visibility[:, 0, [27, 28]].mean() > 0.8
    assert poor.visibility[:, 0, [11, 12]].mean() > 0.95


def test_mixed_noise_has_unit_variance_and_the_stated_memory():
    parts = ((0.35, 0.17), (0.55, 0.06))
    noise = mixed_noise(torch.Size((20000, 5)), parts, 30.0, torch.Generator().manual_seed(4))
    assert (noise.var(dim=0) - 1).abs().max() < 0.05

    def expected(lag_s):
        return sum(share * math.exp(-lag_s / tau) * (1 + lag_s / tau) for share, tau in parts)

    for lag in (1, 3):
        assert float((noise[:, 0] * noise[:, lag]).mean()) == pytest.approx(expected(lag / 30), abs=0.04)


def test_what_is_behind_the_trunk_or_the_other_leg_is_hidden(torch_body):
    landmarks = standing_people(torch_body, 1, 1).landmarks.clone()
    assert not behind_own_body(landmarks)[..., 13:33].any()
    trunk = landmarks[0, 0, [11, 12, 23, 24]].mean(dim=0)
    landmarks[0, 0, 15] = trunk + torch.tensor([0.0, 0.0, 0.2])
    landmarks[0, 0, 28] = landmarks[0, 0, [25, 27]].mean(dim=0) + torch.tensor([0.0, 0.0, 0.3])
    hidden = behind_own_body(landmarks)[0, 0]
    assert hidden[15] == 1 and hidden[28] == 1 and hidden[16] == 0 and hidden[27] == 0
    in_front = landmarks.clone()
    in_front[0, 0, 15, 2] = trunk[2] - 0.2
    assert behind_own_body(in_front)[0, 0, 15] == 0


def test_edges_things_and_bands_hide_what_they_should(torch_body):
    scene = standing_people(torch_body, 300, 4)
    behind, outside = hidden_landmarks(scene, HidingSettings(1.0, 0.0, 0.0), torch.Generator().manual_seed(5))
    assert outside[..., 29:33].any(-1).all() and not behind[..., 0].any()
    assert (outside[..., 31] >= outside[..., 25]).all()
    behind, outside = hidden_landmarks(scene, HidingSettings(0.0, 0.0, 1.0), torch.Generator().manual_seed(6))
    assert not outside.any() and behind.flatten(1).any(-1).all()
    assert (behind.mean(dim=(1, 2)) < 0.9).any()
