import math

import pytest
import torch

from core.training.landmark_noise import NoiseSettings, damped_noise, image_error, noisy_world_landmarks


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(("frame_rate", "time_constant"), [(30.0, 0.085), (60.0, 0.085), (24.0, 0.1)])
def test_damped_noise_has_unit_variance_from_the_first_frame_on(frame_rate, time_constant):
    noise = damped_noise((20000,), 12, frame_rate, time_constant, generator())
    assert noise.shape == (20000, 12)
    assert (noise.var(dim=0) - 1).abs().max() < 0.05
    assert noise.mean(dim=0).abs().max() < 0.03


@pytest.mark.parametrize("frame_rate", [30.0, 60.0])
def test_damped_noise_has_the_stated_autocorrelation(frame_rate):
    noise = damped_noise((40000,), 8, frame_rate, 0.085, generator(1))
    r = math.exp(-1 / (frame_rate * 0.085))
    for lag in (1, 2, 5):
        measured = (noise[:, 0] * noise[:, lag]).mean()
        expected = r**lag * (1 + lag * (1 - r * r) / (1 + r * r))
        assert abs(measured - expected) < 0.03


def test_damped_noise_is_far_smoother_than_ar1_of_the_same_memory():
    noise = damped_noise((5000,), 30, 60.0, 0.085, generator(2))
    jitter = noise.diff(n=2, dim=1).std()
    correlation = (noise[:, 0] * noise[:, 1]).mean()
    ar1_jitter = math.sqrt(6 - 8 * correlation + 2 * correlation**2)
    assert jitter < 0.6 * ar1_jitter


def test_depth_is_about_three_times_worse_than_in_plane():
    landmarks = torch.zeros(400, 10, 33, 3)
    noisy = noisy_world_landmarks(landmarks, torch.ones(400, 10, 33), 30.0, NoiseSettings(), generator())
    std = noisy[:, :, 15].std(dim=(0, 1))
    assert 2.2 < std[2] / std[0] < 3.2
    assert 0.08 < std[2] < 0.16


def test_errors_grow_along_the_arm():
    landmarks = torch.zeros(400, 5, 33, 3)
    noisy = noisy_world_landmarks(landmarks, torch.ones(400, 5, 33), 30.0, NoiseSettings(), generator())
    shoulder, elbow, wrist = (noisy[:, :, index].norm(dim=-1).mean() for index in (11, 13, 15))
    assert shoulder < elbow < wrist


def test_degraded_landmarks_are_worse_in_both():
    landmarks, clear = torch.zeros(300, 4, 33, 3), torch.ones(300, 4, 33)
    poor = clear * 3
    for error in (
        lambda d: noisy_world_landmarks(landmarks, d, 30.0, NoiseSettings(), generator(5)),
        lambda d: image_error(d, 30.0, NoiseSettings(), generator(5)),
    ):
        assert torch.isclose(error(poor).std() / error(clear).std(), torch.tensor(3.0), rtol=0.05)
