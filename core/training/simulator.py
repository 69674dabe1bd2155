"""From motion capture to what the landmark network would see: camera, body, visibility, noise. On the fly, no cache."""

from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from ..skeleton import BETA_COUNT, JOINT_COUNT
from .cameras import PERSON_HEIGHT_M, CameraSettings, tilt_windows, view_windows
from .clips import MotionWindows, mirror_windows
from .landmark_noise import NoiseSettings, clip_amplitude, image_error, noisy_world_landmarks
from .lost_limbs import LostLimbSettings, Observation, lose_limbs
from .occlusion import OcclusionSettings, hide_landmarks, swap_sides
from .pose_variety import bend_limbs, mix_limbs
from .torch_body import TorchBody
from .torch_camera import project

_BETA_STD = (1.0, 1.0, 1.0, *(0.7,) * (BETA_COUNT - 3))


@dataclass(frozen=True)
class SimulatorSettings:
    """Everything random about a simulated view."""

    camera: CameraSettings = field(default_factory=CameraSettings)
    noise: NoiseSettings = field(default_factory=NoiseSettings)
    occlusion: OcclusionSettings = field(default_factory=OcclusionSettings)
    lost_limbs: LostLimbSettings = field(default_factory=LostLimbSettings)
    mirror: bool = True
    limb_mix_probability: float = 0.0
    """Chance of each limb to come from another window."""
    bend_probability: float = 0.0
    """Share of windows with limbs bent anew."""
    bone_scale_std: float = 0.0
    """Spread of each bone's length against the body's own proportions (left and right alike)."""


BENCHMARK = SimulatorSettings(mirror=False)
"""The fixed benchmark: the measured noise and plain cameras."""

TRAINING = replace(
    SimulatorSettings(),
    camera=CameraSettings(
        distance_m=(1.9, 7.0),
        height_m=(0.3, 2.8),
        field_of_view_deg=(32.0, 80.0),
        focal_error_std=0.12,
        tilt_probability=0.12,
    ),
    occlusion=OcclusionSettings(crop_probability=0.05),
    lost_limbs=LostLimbSettings(probability=0.12, both_legs_probability=0.04, body_probability=0.12),
    limb_mix_probability=0.25,
    bend_probability=0.15,
    bone_scale_std=0.03,
)
"""Wider than the benchmark in everything that a real video may do."""


@dataclass(frozen=True)
class SimulatedViews:
    """N windows of T frames: the truth, and what the estimator is given. Camera axes, metres.

    Image points are relative to the principal point, with half the longer side of the image as unit.
    """

    rotmat: Tensor
    """(N, T, 24, 3, 3) true local rotations."""
    betas: Tensor
    """(N, T, 10) true shape."""
    landmarks: Tensor
    """(N, T, 33, 3) true landmarks, pelvis at the origin."""
    pelvis: Tensor
    """(N, T, 3) true pelvis."""
    true_keypoints2d: Tensor
    """(N, T, 33, 2)"""
    keypoints2d: Tensor
    """(N, T, 33, 2) noisy."""
    world_landmarks: Tensor
    """(N, T, 33, 3) noisy, hip-rooted."""
    visibility: Tensor
    """(N, T, 33) 0..1."""
    focal: Tensor
    """(N, 1, 1) believed focal length, in the unit of the image points."""
    frame_rate_hz: float


def simulate(
    windows: MotionWindows,
    frame_rate_hz: float,
    body: TorchBody,
    settings: SimulatorSettings,
    generator: torch.Generator,
) -> SimulatedViews:
    """Return one random view of each window."""
    count, frames = windows.pelvis.shape[:2]
    if settings.mirror:
        windows = mirror_windows(windows, torch.rand(count, generator=generator) < 0.5)
    if settings.limb_mix_probability > 0:
        windows = mix_limbs(windows, settings.limb_mix_probability, generator)
    if settings.bend_probability > 0:
        windows = bend_limbs(windows, settings.bend_probability, generator)
    if settings.camera.tilt_probability > 0:
        windows = tilt_windows(windows, settings.camera, generator)
    betas = torch.randn(count, BETA_COUNT, generator=generator).clamp(-2.5, 2.5) * torch.tensor(_BETA_STD)
    betas = betas[:, None].expand(count, frames, BETA_COUNT)
    views = view_windows(windows, settings.camera, generator)
    landmarks = _pose(views.rotmat, betas, _bone_scale(count, frames, settings, generator), body)
    true_keypoints2d = project(landmarks, views.pelvis, views.focal)
    hidden = hide_landmarks(landmarks, true_keypoints2d, frame_rate_hz, settings.occlusion, generator)
    degradation = hidden.degradation(settings.occlusion) * clip_amplitude(count, settings.noise, generator)
    rooted = landmarks - hip_middle(landmarks)
    world = noisy_world_landmarks(rooted, degradation, frame_rate_hz, settings.noise, generator)
    person_height = views.focal * PERSON_HEIGHT_M / views.pelvis[..., 2:]
    error2d = image_error(degradation, frame_rate_hz, settings.noise, generator) * person_height[..., None]
    observed = [true_keypoints2d + error2d, world, hidden.visibility(generator)]
    keypoints2d, world, visibility = swap_sides(observed, frame_rate_hz, settings.occlusion, generator)
    if settings.lost_limbs.probability > 0:
        seen = Observation(keypoints2d, world, visibility, views.focal / views.pelvis[..., 2:])
        seen = lose_limbs(seen, frame_rate_hz, settings.lost_limbs, generator)
        keypoints2d, world, visibility = seen.keypoints2d, seen.world_landmarks, seen.visibility
    world = world - hip_middle(world)
    return SimulatedViews(
        views.rotmat, betas, landmarks, views.pelvis, true_keypoints2d,
        keypoints2d, world, visibility, views.believed_focal, frame_rate_hz,
    )  # fmt: skip


def hip_middle(landmarks: Tensor) -> Tensor:
    """Return the middle of the hips (..., 1, 3) of landmarks (..., 33, 3)."""
    return landmarks[..., 23:25, :].mean(-2, keepdim=True)


def _bone_scale(count: int, frames: int, settings: SimulatorSettings, generator: torch.Generator) -> Tensor | None:
    """Return a factor (N * T, 24) on each bone, the same left and right, or None where proportions are fixed."""
    if settings.bone_scale_std == 0:
        return None
    drawn = torch.exp(settings.bone_scale_std * torch.randn(count, JOINT_COUNT, generator=generator))
    left, right = [1, 4, 7, 10, 13, 16, 18, 20, 22], [2, 5, 8, 11, 14, 17, 19, 21, 23]
    drawn[:, right] = drawn[:, left]
    return drawn[:, None].expand(count, frames, JOINT_COUNT).reshape(-1, JOINT_COUNT)


def _pose(rotmat: Tensor, betas: Tensor, bone_scale: Tensor | None, body: TorchBody) -> Tensor:
    """Return landmarks (N, T, 33, 3) of (N, T, ...) rotations and betas."""
    count, frames = rotmat.shape[:2]
    landmarks, _ = body.pose_landmarks(rotmat.flatten(0, 1), betas.reshape(count * frames, -1), bone_scale)
    unflattened: Tensor = landmarks.unflatten(0, (count, frames))
    return unflattened
