"""The error of BlazePose's landmarks as it was measured on rendered people (docs/rendered_benchmark.md).

Unlike the model of one real clip (`landmark_noise.py`) it says that the error in the picture and the error across the
line of sight of the 3-D guess are mostly the same error, that the 3-D guess tells nothing of how tall somebody is,
that landmarks are other points than ours, and that what is reported as hidden is often not far off.
"""

from dataclasses import dataclass, field
from typing import Final

import torch
from torch import Tensor

from ..landmark_places import BLAZEPOSE_FROM_BODY
from ..skeleton import LANDMARK_COUNT
from .cameras import PERSON_HEIGHT_M
from .guessed_depth import CHAIN_PARTS, guessed_depth
from .landmark_noise import mixed_noise
from .observation import Observation, Scene, hip_middle
from .occlusion import swap_sides
from .rendered_hiding import HidingSettings, hidden_landmarks
from .torch_camera import project
from .torch_rotations import rotvec_to_rotmat

CHAIN_SHARE: Final = 0.764
"""Shoulders to hips to knees to ankles over the standing height; 0.75 to 0.77 on the open body in all sizes."""


@dataclass(frozen=True)
class RenderedNoise:
    """Spreads of the error; lengths are those of somebody 1.65 m tall."""

    hiding: HidingSettings = field(default_factory=HidingSettings)
    seen_height_m: float = 1.57
    """How tall everybody is in the 3-D guess."""
    height_log_std: float = 0.04
    clip_log_std: float = 0.27
    limb_log_std: float = 0.2
    turn_bias_rad: tuple[float, float, float] = (0.03, 0.03, 0.02)
    turn_slow_rad: tuple[float, float, float] = (0.03, 0.04, 0.03)
    root_bias: float = 0.007
    root_slow: float = 0.007
    """Of the whole person in the picture, person heights."""
    swap_rate: float = 0.005


# Shares of the variance and time constants in seconds; what is left of 1 has no memory.
_TURN_PARTS: Final = ((0.40, 0.17), (0.42, 0.06))
_POINT_PARTS: Final = ((0.45, 0.045),)

# Landmark, the one it hangs on; mm across the line of sight: in the picture and the guess (bias, slow), of the guess
# alone (slow).
_CHAIN: Final[tuple[tuple[int, int | None, float, float, float], ...]] = (
    (0, None, 8, 11, 15), (7, 0, 2, 2, 3), (8, 0, 2, 2, 3),
    (11, None, 8, 11, 13), (12, None, 8, 11, 13),
    (13, 11, 8, 9, 11), (14, 12, 8, 9, 11),
    (15, 13, 7, 8, 15), (16, 14, 7, 8, 15),
    (17, 15, 6, 5, 8), (18, 16, 6, 5, 8), (19, 15, 6, 6, 9), (20, 16, 6, 6, 9),
    (21, 15, 8, 4, 6), (22, 16, 8, 4, 6),
    (23, None, 6, 4, 4), (24, None, 6, 4, 4),
    (25, 23, 9, 10, 14), (26, 24, 9, 10, 14),
    (27, 25, 8, 14, 13), (28, 26, 8, 14, 13),
    (29, 27, 8, 6, 7), (30, 28, 8, 6, 7), (31, 27, 9, 12, 14), (32, 28, 9, 12, 14),
)  # fmt: skip
_GUESS_SHARE, _GUESS_POINT_SHARE = 0.85, 0.5
"""Of the picture's error that is in the guess too: of the limbs', and of each landmark's own."""

# Landmarks; mm of a fast error of their own in the picture; how much more is wrong when hidden; reported
# visibility as mean and std of its logit, seen and hidden.
_GROUPS: Final = (
    (tuple(range(11)), 5, 0.7, (7.0, 0.5), (6.0, 1.5)),
    ((11, 12), 5, 0.7, (7.0, 0.5), (7.0, 0.5)),
    ((13, 14), 10, 1.2, (3.2, 1.8), (-0.4, 2.5)),
    ((15, 16), 12, 2.9, (3.4, 1.8), (-1.6, 2.2)),
    ((17, 18, 19, 20, 21, 22), 15, 2.9, (3.2, 1.8), (-1.6, 2.2)),
    ((23, 24), 3, 0.5, (7.0, 0.5), (7.0, 0.5)),
    ((25, 26), 9, 1.9, (2.7, 1.9), (-0.7, 1.8)),
    ((27, 28), 14, 1.9, (3.0, 1.8), (-1.6, 1.9)),
    ((29, 30, 31, 32), 17, 1.7, (2.6, 1.9), (-0.9, 2.2)),
)
_HIDDEN_LOG_STD: Final = 0.7
_OUTSIDE_FACTOR: Final = 1.4
"""How much further off what lies outside the picture is than what is hidden."""
_LIMB_OF: Final = {13: 0, 15: 0, 14: 1, 16: 1, 25: 2, 27: 2, 29: 2, 31: 2, 26: 3, 28: 3, 30: 3, 32: 3}
_TRUNK_LIMB: Final = 4


def _per_landmark(column: int) -> Tensor:
    """Return (33, ...) a column of `_GROUPS`."""
    rows: dict[int, object] = {landmark: group[column] for group in _GROUPS for landmark in group[0]}
    return torch.tensor([rows[landmark] for landmark in range(LANDMARK_COUNT)], dtype=torch.float32)


def _chain_matrix() -> Tensor:
    """Return (33, steps): which steps of the chain each landmark's error sums up."""
    matrix = torch.zeros(LANDMARK_COUNT, len(_CHAIN))
    for step, (landmark, parent, *_) in enumerate(_CHAIN):
        if parent is not None:
            matrix[landmark] = matrix[parent]
        matrix[landmark, step] = 1.0
    matrix[1:7] = matrix[0]
    matrix[9:11] = matrix[0]
    return matrix


def _limbs() -> Tensor:
    """Return (33,) which limb each landmark belongs to."""
    limbs = [_LIMB_OF.get(landmark, _TRUNK_LIMB) for landmark in range(LANDMARK_COUNT)]
    for hand in range(17, 23):
        limbs[hand] = limbs[15 + (hand - 17) % 2]
    return torch.tensor(limbs)


_STEPS = torch.tensor([row[2:] for row in _CHAIN], dtype=torch.float32) / 1000
_CHAIN_MATRIX, _LIMBS = _chain_matrix(), _limbs()
_POINT_M = _per_landmark(1) / 1000
_HIDDEN_ACROSS = _per_landmark(2)
_SEEN_LOGIT, _HIDDEN_LOGIT = _per_landmark(3), _per_landmark(4)
_PLACES = torch.as_tensor(BLAZEPOSE_FROM_BODY, dtype=torch.float32)


def observe_rendered(scene: Scene, noise: RenderedNoise, generator: torch.Generator) -> Observation:
    """Return what BlazePose would report of a scene."""
    rate = scene.frame_rate_hz
    places = _PLACES @ scene.landmarks
    behind, outside = hidden_landmarks(scene, noise.hiding, generator)
    hidden = torch.maximum(behind, outside)
    mood = torch.randn(len(places), 1, _TRUNK_LIMB + 1, generator=generator)[..., _LIMBS]
    amplitude = torch.exp(noise.clip_log_std * torch.randn(len(places), 1, 1, generator=generator))
    across = amplitude * _factor(hidden, outside, mood, noise, generator)
    size = standing_height(scene.landmarks) / PERSON_HEIGHT_M
    in_picture, of_guess = _errors(places, rate, generator)
    point = _POINT_M[:, None] * mixed_noise(places[..., :2].shape, _POINT_PARTS, rate, generator)
    root = _root_error(places, noise, rate, generator)
    image_m = ((in_picture + point) * across[..., None] + root) * size
    keypoints2d = project(places, scene.pelvis, scene.focal) + image_m * scene.metre2d[..., None]
    guess = (_GUESS_SHARE * in_picture + _GUESS_POINT_SHARE * point + of_guess) * across[..., None]
    world = _guessed(places, size, noise, rate, generator)
    depth = guessed_depth(world[..., 2], amplitude, rate, generator)
    world = torch.cat([world[..., :2] + guess, depth[..., None]], dim=-1)
    visibility = _reported(hidden, mood, rate, generator)
    swapped = swap_sides([keypoints2d, world, visibility], rate, noise.swap_rate, generator)
    keypoints2d, world, visibility = swapped
    return Observation(keypoints2d, world - hip_middle(world), visibility, scene.metre2d)


def standing_height(landmarks: Tensor) -> Tensor:
    """Return the height (N, 1, 1, 1) in metres of whoever has the landmarks (N, T, 33, 3), whatever the pose."""
    left, right = landmarks[:, 0, [11, 23, 25, 27]], landmarks[:, 0, [12, 24, 26, 28]]
    middle = (left + right) / 2
    trunk = (middle[:, 0] - middle[:, 1]).norm(dim=-1)
    legs = [side[:, 1:].diff(dim=1).norm(dim=-1).sum(dim=-1) for side in (left, right)]
    height: Tensor = ((trunk + (legs[0] + legs[1]) / 2) / CHAIN_SHARE)[:, None, None, None]
    return height


def _errors(places: Tensor, rate: float, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return errors across the line of sight in metres (N, T, 33, 2): of picture and guess, and of the guess alone."""
    count, frames = places.shape[:2]
    steps = len(_CHAIN)
    slow = mixed_noise(torch.Size((count, frames, steps, 4)), CHAIN_PARTS, rate, generator)
    bias = torch.randn(count, 1, steps, 2, generator=generator)
    picture = _STEPS[:, :1] * bias + _STEPS[:, 1:2] * slow[..., :2]
    guess = _STEPS[:, 2:3] * slow[..., 2:]
    summed = _CHAIN_MATRIX @ torch.cat([picture, guess], dim=-1)
    return summed[..., :2], summed[..., 2:]


def _root_error(places: Tensor, noise: RenderedNoise, rate: float, generator: torch.Generator) -> Tensor:
    """Return (N, T, 1, 2) the shift of the whole person in the picture, metres."""
    count, frames = places.shape[:2]
    slow = mixed_noise(torch.Size((count, frames, 1, 2)), CHAIN_PARTS, rate, generator)
    bias = torch.randn(count, 1, 1, 2, generator=generator)
    return PERSON_HEIGHT_M * (noise.root_bias * bias + noise.root_slow * slow)


def _factor(hidden: Tensor, outside: Tensor, mood: Tensor, noise: RenderedNoise, generator: torch.Generator) -> Tensor:
    """Return a factor (N, T, 33) on the error across the line of sight."""
    worse = torch.exp(_HIDDEN_LOG_STD * torch.randn(len(hidden), 1, LANDMARK_COUNT, generator=generator))
    worse = hidden * worse * (1 + (_OUTSIDE_FACTOR - 1) * outside)
    factor: Tensor = torch.exp(-noise.limb_log_std * mood) * (1 + _HIDDEN_ACROSS * worse)
    return factor


def _guessed(places: Tensor, size: Tensor, noise: RenderedNoise, rate: float, generator: torch.Generator) -> Tensor:
    """Return the 3-D guess (N, T, 33, 3) without its landmarks' own errors: everybody as tall, and turned a little."""
    count, frames = places.shape[:2]
    slow = mixed_noise(torch.Size((count, frames, 3)), _TURN_PARTS, rate, generator)
    bias = torch.randn(count, 1, 3, generator=generator)
    turn = torch.tensor(noise.turn_bias_rad) * bias + torch.tensor(noise.turn_slow_rad) * slow
    log_scale = noise.height_log_std * torch.randn(count, 1, 1, 1, generator=generator)
    scale = noise.seen_height_m / (PERSON_HEIGHT_M * size) * torch.exp(log_scale)
    rooted = places - hip_middle(places)
    return scale * (rooted @ rotvec_to_rotmat(turn).transpose(-1, -2))


def _reported(hidden: Tensor, mood: Tensor, rate: float, generator: torch.Generator) -> Tensor:
    """Return the visibility (N, T, 33) that is reported: two heaps, near 0 and near 1, that overlap."""
    wander = 0.6 * mood + 0.8 * mixed_noise(hidden.shape, CHAIN_PARTS, rate, generator)
    seen, gone = (logit[:, 0] + logit[:, 1] * wander for logit in (_SEEN_LOGIT, _HIDDEN_LOGIT))
    return torch.sigmoid(torch.lerp(seen, gone, hidden))
