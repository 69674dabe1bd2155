"""Random static cameras around a moving person, and random tilts of the person (lying, leaning, upside down)."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from .clips import MotionWindows
from .torch_rotations import rotvec_to_rotmat

PERSON_HEIGHT_M = 1.65
MINIMUM_PELVIS_DEPTH_M = 1.2


@dataclass(frozen=True)
class CameraSettings:
    """Ranges that cameras are drawn from, evenly unless a standard deviation is named."""

    distance_m: tuple[float, float] = (2.2, 6.0)
    height_m: tuple[float, float] = (0.5, 2.2)
    field_of_view_deg: tuple[float, float] = (40.0, 75.0)
    roll_std_deg: float = 7.0
    focal_error_std: float = 0.08
    """Standard deviation of log(believed / true focal length)."""
    tilt_probability: float = 0.0
    tilt_max_deg: float = 120.0


@dataclass(frozen=True)
class Views:
    """N windows seen by one camera each; image points have the half of the longer side as unit."""

    rotmat: Tensor
    """(N, T, 24, 3, 3), the root's rotation in camera axes."""
    pelvis: Tensor
    """(N, T, 3) metres, camera axes."""
    focal: Tensor
    """(N, 1, 1) true focal length."""
    believed_focal: Tensor
    """(N, 1, 1) what the estimator is told."""


def uniform(count: int, bounds: tuple[float, float], generator: torch.Generator) -> Tensor:
    """Return (count,) even draws."""
    return bounds[0] + (bounds[1] - bounds[0]) * torch.rand(count, generator=generator)


def view_windows(windows: MotionWindows, settings: CameraSettings, generator: torch.Generator) -> Views:
    """Return the windows in the axes of one random camera each (+x right, +y down, +z away)."""
    count, frames = windows.pelvis.shape[:2]
    wander = torch.randn(count, 3, generator=generator) * torch.tensor([0.3, 0.15, 0.3])
    target = windows.pelvis[:, frames // 2] + wander
    yaw = uniform(count, (0.0, 2 * math.pi), generator)
    distance, height = (uniform(count, bounds, generator) for bounds in (settings.distance_m, settings.height_m))
    eye = torch.stack([target[:, 0] + distance * yaw.cos(), height, target[:, 2] + distance * yaw.sin()], dim=1)
    roll = torch.randn(count, generator=generator) * math.radians(settings.roll_std_deg)
    camera_from_world = look_at(eye, target, roll)
    half_angle = torch.deg2rad(uniform(count, settings.field_of_view_deg, generator)) / 2
    focal = (1 / torch.tan(half_angle))[:, None, None]
    error = torch.exp(settings.focal_error_std * torch.randn(count, 1, 1, generator=generator))
    rotmat = windows.rotmat.clone()
    rotmat[:, :, 0] = camera_from_world[:, None] @ rotmat[:, :, 0]
    pelvis = (windows.pelvis - eye[:, None]) @ camera_from_world.transpose(1, 2)
    # Nobody stands inside the lens.
    pelvis = torch.cat([pelvis[..., :2], pelvis[..., 2:].clamp_min(MINIMUM_PELVIS_DEPTH_M)], dim=-1)
    return Views(rotmat, pelvis, focal, focal * error)


def look_at(eye: Tensor, target: Tensor, roll: Tensor) -> Tensor:
    """Return rotations (N, 3, 3) from world (Y up) to camera axes that look from eye to target, rolled in radians."""
    forward = F.normalize(target - eye, dim=1)
    up = torch.tensor([0.0, 1.0, 0.0]).expand_as(forward)
    right = F.normalize(torch.linalg.cross(forward, up), dim=1)
    down = torch.linalg.cross(forward, right)
    axis = torch.zeros_like(eye)
    axis[:, 2] = roll
    return rotvec_to_rotmat(axis) @ torch.stack([right, down, forward], dim=1)


def tilt_windows(windows: MotionWindows, settings: CameraSettings, generator: torch.Generator) -> MotionWindows:
    """Return the windows, some tipped over about a random level axis through the window's mean pelvis.

    The data holds nobody who lies, sits long or gets up; a tipped walk at least shows those directions of the body.
    """
    count = len(windows.pelvis)
    chosen = torch.rand(count, generator=generator) < settings.tilt_probability
    heading = uniform(count, (0.0, 2 * math.pi), generator)
    angle = torch.deg2rad(uniform(count, (0.0, settings.tilt_max_deg), generator)) * chosen
    axis = torch.stack([heading.cos(), torch.zeros(count), heading.sin()], dim=1)
    tilt = rotvec_to_rotmat(axis * angle[:, None])[:, None]
    middle = windows.pelvis.mean(dim=1, keepdim=True)
    rotmat = windows.rotmat.clone()
    rotmat[:, :, 0] = tilt @ rotmat[:, :, 0]
    # Whoever lies is near the ground.
    ground = middle * torch.tensor([1.0, 0.0, 1.0]) + torch.tensor([0.0, 0.2, 0.0])
    lying = torch.sin(angle / 2).square()[:, None, None]
    center = torch.lerp(middle, ground, lying)
    pelvis = center + ((windows.pelvis - middle)[:, :, None] @ tilt.transpose(-1, -2))[:, :, 0]
    return MotionWindows(rotmat, pelvis)
