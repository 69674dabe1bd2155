"""Where the camera stands and how it moves, found so that the people are in the picture as the shot wants it."""

from typing import Final

import numpy as np
from scipy.ndimage import gaussian_filter1d

from ...skeleton import LANDMARK_NAMES
from .arrays import FloatArray
from .scene_parts import CameraPath

MARGIN: Final = 0.84
"""The share of the half picture that people may reach."""

UPPER_BODY: Final = tuple(range(LANDMARK_NAMES.index("left_knee")))
ABOVE_NOSE_M: Final = 0.2
NEAREST_M: Final = 1.0
FARTHEST_M: Final = 14.0
PAN_SMOOTHING_S: Final = 0.5
HAND_RAD: Final = 0.004
HAND_M: Final = 0.012


def focal_length_px(image_size: tuple[int, int], long_side_view_deg: float) -> float:
    """Return the focal length of a lens that sees so many degrees along the picture's longer side."""
    return max(image_size) / 2 / float(np.tan(np.deg2rad(long_side_view_deg) / 2))


def look_at(position: FloatArray, target: FloatArray) -> FloatArray:
    """Return camera_from_world (4, 4) of an upright camera (x right, y down, z away) that looks at a point."""
    forward = (target - position) / np.linalg.norm(target - position)
    right = np.cross(forward, [0.0, 1.0, 0.0])
    right /= np.linalg.norm(right)
    rotation = np.stack([right, np.cross(forward, right), forward])
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = rotation, -rotation @ position
    return matrix


def still_camera(
    landmarks: FloatArray,
    image_size: tuple[int, int],
    focal_px: float,
    azimuth_rad: float,
    height_m: float,
    is_half_body: bool = False,
) -> CameraPath:
    """Return a camera on a tripod, as near as it can be with everything in the picture.

    Args:
        landmarks: (T, 33, 3) of all people (their frames one after the other is fine), world metres.
        azimuth_rad: 0 looks from +Z at the origin, towards -Z. height_m: of the lens, world.
    """
    shown = landmarks[:, list(UPPER_BODY)] if is_half_body else landmarks
    # Landmarks end at the eyes; hair and the top of the head belong into the picture too.
    points = np.concatenate([shown.reshape(-1, 3), landmarks[:, 0] + [0.0, ABOVE_NOSE_M, 0.0]])
    target = 0.5 * (points.min(axis=0) + points.max(axis=0))
    way = np.array([np.sin(azimuth_rad), 0.0, np.cos(azimuth_rad)])

    def matrix_at(distance: float) -> FloatArray:
        position = target + distance * way
        position[1] = height_m
        return look_at(position, target)

    near, far = NEAREST_M, FARTHEST_M
    for _ in range(24):
        middle = 0.5 * (near + far)
        near, far = (near, middle) if _all_inside(points, matrix_at(middle), focal_px, image_size) else (middle, far)
    frames = len(landmarks)
    return CameraPath(np.repeat(matrix_at(far)[None], frames, axis=0), focal_px, image_size)


def hand_held_camera(
    landmarks: FloatArray,
    image_size: tuple[int, int],
    focal_px: float,
    azimuth_rad: float,
    height_m: float,
    frame_rate_hz: float,
    seed: int,
    orbit_rad_s: float = 0.12,
    follow: float = 0.9,
) -> CameraPath:
    """Return a camera held by somebody who pans with the person, walks a little, and does not stand quite still.

    Args:
        follow: how much of the person's path the camera walks along with.
    """
    centre = gaussian_filter1d(
        0.5 * (landmarks.min(axis=1) + landmarks.max(axis=1)), PAN_SMOOTHING_S * frame_rate_hz, axis=0, mode="nearest"
    )
    # One distance for all frames: that of the tripod which sees each frame's person about the path's own centre.
    fixed = still_camera(landmarks - (centre - centre[0])[:, None], image_size, focal_px, azimuth_rad, height_m)
    distance = float(np.linalg.norm((fixed.position(0) - centre[0])[[0, 2]])) * 1.12
    time = np.arange(len(centre)) / frame_rate_hz
    random = np.random.default_rng(seed)
    anchor = centre[:1] + follow * (centre - centre[:1])
    azimuth = azimuth_rad + orbit_rad_s * (time - time.mean())
    position = anchor + distance * np.stack([np.sin(azimuth), np.zeros_like(time), np.cos(azimuth)], axis=1)
    position[:, 1] = height_m
    position = position + HAND_M * np.stack([_sway(time, random) for _ in range(3)], axis=1)
    aim = centre + distance * HAND_RAD * np.stack([_sway(time, random) for _ in range(3)], axis=1)
    matrices = np.stack([look_at(eye, target) for eye, target in zip(position, aim, strict=True)])
    return CameraPath(matrices, focal_px, image_size)


def to_camera(points: FloatArray, camera_from_world: FloatArray) -> FloatArray:
    """Return points (T, N, 3) in camera axes of the matrices (T, 4, 4)."""
    result: FloatArray = np.einsum("tab,tnb->tna", camera_from_world[:, :3, :3], points)
    return result + camera_from_world[:, None, :3, 3]


def to_pixels(points_cam: FloatArray, focal_px: float, image_size: tuple[int, int]) -> FloatArray:
    """Return the pixels (..., 2) of points in camera axes; the principal point is the middle of the picture."""
    depth = np.maximum(points_cam[..., 2:], 1e-6)
    result: FloatArray = focal_px * points_cam[..., :2] / depth + np.array(image_size) / 2
    return result


def _all_inside(points: FloatArray, matrix: FloatArray, focal_px: float, image_size: tuple[int, int]) -> bool:
    seen = points @ matrix[:3, :3].T + matrix[:3, 3]
    if seen[:, 2].min() < 0.4:
        return False
    half = np.array(image_size) / 2
    return bool((np.abs(to_pixels(seen, focal_px, image_size) - half) < MARGIN * half).all())


def _sway(time: FloatArray, random: np.random.Generator) -> FloatArray:
    """Return a smooth unsteady value (T,) of about unit size."""
    total = np.zeros_like(time)
    for rate_hz, size in ((0.4, 0.8), (1.1, 0.45), (2.3, 0.2), (5.0, 0.06)):
        total += size * np.sin(2 * np.pi * rate_hz * random.uniform(0.8, 1.2) * time + random.uniform(0, 2 * np.pi))
    return total
