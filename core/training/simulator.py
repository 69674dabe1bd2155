"""From motion capture to what the landmark network would see: camera, body, visibility, noise. On the fly, no cache."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from ..skeleton import BETA_COUNT, JOINT_COUNT
from .cameras import CameraSettings, tilt_windows, view_windows
from .clip_observation import observe_clip
from .clips import MotionWindows, mirror_windows
from .landmark_noise import NoiseSettings
from .lost_limbs import LostLimbSettings, lose_limbs
from .observation import OBSERVED, Observation, Scene, hip_middle
from .occlusion import OcclusionSettings
from .pose_variety import bend_limbs, mix_limbs
from .rendered_noise import RenderedNoise, observe_rendered
from .torch_body import TorchBody
from .torch_camera import project

Observer = Callable[[Scene, torch.Generator], Observation]
"""What is reported of a scene."""

_BETA_STD = (1.0, 1.0, 1.0, *(0.7,) * (BETA_COUNT - 3))


@dataclass(frozen=True)
class SimulatorSettings:
    """Everything random about a simulated view."""

    camera: CameraSettings = field(default_factory=CameraSettings)
    rendered: RenderedNoise = field(default_factory=RenderedNoise)
    rendered_share: float = 0.0
    """Of the windows whose landmarks err as on rendered people; the others err as in the one real clip."""
    noise: NoiseSettings = field(default_factory=NoiseSettings)
    occlusion: OcclusionSettings = field(default_factory=OcclusionSettings)
    lost_limbs: LostLimbSettings = field(default_factory=LostLimbSettings)
    mirror: bool = True
    limb_mix_probability: float = 0.0
    """Chance of each limb to come from another window."""
    bend_probability: float = 0.0
    """Share of windows with limbs bent anew."""
    legs_scale_root: bool = False
    """Whether somebody with longer legs takes longer steps, so that standing feet stand."""
    bone_scale_std: float = 0.0
    """Spread of each bone's length against the body's own proportions (left and right alike)."""


BENCHMARK = SimulatorSettings(mirror=False)
"""The fixed benchmark: the noise of one real clip and plain cameras."""

TRAINING = replace(
    SimulatorSettings(),
    camera=CameraSettings(
        distance_m=(1.9, 7.0),
        height_m=(0.3, 2.8),
        field_of_view_deg=(32.0, 80.0),
        focal_error_std=0.15,
        tilt_probability=0.12,
    ),
    rendered_share=0.75,
    occlusion=OcclusionSettings(crop_probability=0.05),
    lost_limbs=LostLimbSettings(share=0.03, both_legs_probability=0.02, body_share=0.03),
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
    observer: Observer | None = None,
) -> SimulatedViews:
    """Return one random view of each window; `observer` takes the place of the settings' landmark errors."""
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
    bone_scale = _bone_scale(count, frames, settings, generator)
    if settings.legs_scale_root:
        windows = _scale_root(windows, betas, bone_scale, body)
    views = view_windows(windows, settings.camera, generator)
    landmarks = _pose(views.rotmat, betas, bone_scale, body)
    true_keypoints2d = project(landmarks, views.pelvis, views.focal)
    scene = Scene(landmarks, views.pelvis, true_keypoints2d, views.focal, frame_rate_hz)
    seen = observer(scene, generator) if observer else observe(scene, settings, generator)
    if settings.lost_limbs.share > 0:
        seen = lose_limbs(seen, frame_rate_hz, settings.lost_limbs, generator)
    world = seen.world_landmarks - hip_middle(seen.world_landmarks)
    return SimulatedViews(
        views.rotmat, betas, landmarks, views.pelvis, true_keypoints2d,
        seen.keypoints2d, world, seen.visibility, views.believed_focal, frame_rate_hz,
    )  # fmt: skip


def observe(scene: Scene, settings: SimulatorSettings, generator: torch.Generator) -> Observation:
    """Return what is reported: of the first windows by the error of rendered people, of the others by one clip's."""
    split = round(settings.rendered_share * len(scene.landmarks))
    parts = []
    if split:
        parts.append(observe_rendered(scene.windows(slice(split)), settings.rendered, generator))
    if split < len(scene.landmarks):
        rest = scene.windows(slice(split, None))
        parts.append(observe_clip(rest, settings.noise, settings.occlusion, generator))
    return Observation(*(torch.cat([getattr(part, name) for part in parts]) for name in OBSERVED))


def _bone_scale(count: int, frames: int, settings: SimulatorSettings, generator: torch.Generator) -> Tensor | None:
    """Return a factor (N * T, 24) on each bone, the same left and right, or None where proportions are fixed."""
    if settings.bone_scale_std == 0:
        return None
    drawn = torch.exp(settings.bone_scale_std * torch.randn(count, JOINT_COUNT, generator=generator))
    left, right = [1, 4, 7, 10, 13, 16, 18, 20, 22], [2, 5, 8, 11, 14, 17, 19, 21, 23]
    drawn[:, right] = drawn[:, left]
    return drawn[:, None].expand(count, frames, JOINT_COUNT).reshape(-1, JOINT_COUNT)


def _scale_root(windows: MotionWindows, betas: Tensor, bone_scale: Tensor | None, body: TorchBody) -> MotionWindows:
    """Return the windows with the pelvis's way and height in proportion to the legs."""
    one_scale = None if bone_scale is None else bone_scale.unflatten(0, betas.shape[:2])[:, 0]
    ratio = leg_length(body, betas[:, 0], one_scale) / leg_length(body, torch.zeros(1, BETA_COUNT), None)
    return MotionWindows(windows.rotmat, windows.pelvis * ratio[:, None, None])


def leg_length(body: TorchBody, betas: Tensor, bone_scale: Tensor | None) -> Tensor:
    """Return the length (N,) in metres of the left thigh and shin of betas (N, 10), bones scaled by (N, 24)."""
    rest = body.rest_joints(betas)
    bones = torch.stack([(rest[:, end] - rest[:, start]).norm(dim=-1) for start, end in ((1, 4), (4, 7))], dim=1)
    length: Tensor = (bones if bone_scale is None else bones * bone_scale[:, [4, 7]]).sum(dim=1)
    return length


def _pose(rotmat: Tensor, betas: Tensor, bone_scale: Tensor | None, body: TorchBody) -> Tensor:
    """Return landmarks (N, T, 33, 3) of (N, T, ...) rotations and betas."""
    count, frames = rotmat.shape[:2]
    landmarks, _ = body.pose_landmarks(rotmat.flatten(0, 1), betas.reshape(count * frames, -1), bone_scale)
    unflattened: Tensor = landmarks.unflatten(0, (count, frames))
    return unflattened
