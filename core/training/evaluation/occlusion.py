"""How wrong the joints are that cannot be seen: a limb or the whole body is hidden for 5, 15 or 30 frames.

The paper's claim (its Fig. 4) is that time and the motion prior bridge occlusions, so the prior stands against the
per-frame estimate and against that estimate smoothed, which needs no learning.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...skeleton import BODY_LANDMARKS, LANDMARK_COUNT
from ..cameras import PERSON_HEIGHT_M
from ..landmark_noise import NoiseSettings, image_error, noisy_world_landmarks
from ..metrics import rooted_body
from ..observation import hip_middle
from ..occlusion import LEAST_VISIBILITY, LIMB_ANCHORS, LIMBS, OcclusionSettings
from ..simulator import SimulatedViews
from .metrics import hidden_error_mm
from .table import Table

FloatArray = NDArray[np.floating[Any]]
HiddenPart = Literal["limb", "body"]

LENGTHS: Final = (5, 15, 30)
"""Frames at the benchmark's 30 frames a second."""
PARTS: Final[tuple[HiddenPart, ...]] = ("limb", "body")
MARGIN_FRAMES: Final = 4
"""Seen before and after, at least."""
_VISIBILITY_LOSS: Final = 0.6


@dataclass(frozen=True)
class OccludedViews:
    """Views whose evidence is partly gone.

    Attributes:
        hidden: (N, T, 33) which landmarks are hidden.
    """

    views: SimulatedViews
    hidden: NDArray[np.bool_]


def hide(views: SimulatedViews, part: HiddenPart, length: int, seed: int) -> OccludedViews:
    """Return the views with one occlusion of `length` frames in each window.

    A hidden landmark tells nothing of where it really is: it stays where it was last seen, a limb's carried along by
    the shoulder or hip that it hangs on, wanders by the simulator's own dropout noise, and is reported with low
    visibility. A whole hidden body stands for somebody who passes in front.

    Args:
        part: one random arm or leg from the elbow or knee on, or everything.
        length: frames; shortened where the window is too short for the margins.
    """
    generator = torch.Generator().manual_seed(seed)
    count, frames = views.visibility.shape[:2]
    hidden = _hidden_spell(count, frames, part, length, generator)
    last_seen = hidden.any(dim=-1).float().argmax(dim=1) - 1
    anchors = _anchors(hidden) if part == "limb" else None
    noise, rate = NoiseSettings(), views.frame_rate_hz
    degradation = torch.full((count, frames, LANDMARK_COUNT), 1 + OcclusionSettings().dropout_factor)
    held_world = held_points(views.world_landmarks, last_seen, anchors)
    guessed_world = noisy_world_landmarks(held_world, degradation, rate, noise, generator)
    depth = views.pelvis[torch.arange(count), last_seen, 2]
    person_height = (views.focal.reshape(count) * PERSON_HEIGHT_M / depth)[:, None, None, None]
    drift = image_error(degradation, rate, noise, generator) * person_height
    guessed2d = held_points(views.keypoints2d, last_seen, anchors) + drift
    keypoints2d = torch.where(hidden[..., None], guessed2d, views.keypoints2d)
    world = torch.where(hidden[..., None], guessed_world, views.world_landmarks)
    visibility = torch.where(
        hidden, (views.visibility - _VISIBILITY_LOSS).clamp_min(LEAST_VISIBILITY), views.visibility
    )
    occluded = replace(views, keypoints2d=keypoints2d, world_landmarks=world - hip_middle(world), visibility=visibility)
    return OccludedViews(occluded, hidden.numpy())


def held_points(points: Tensor, last_seen: Tensor, anchors: Tensor | None) -> Tensor:
    """Return points (N, T, 33, A) as they would be had they stood still since a frame.

    Args:
        points: (N, T, 33, A).
        last_seen: (N,) the frame.
        anchors: (N,) the landmark that carries all others along, None where everything stands.
    """
    rows = torch.arange(len(points))
    held = points[rows, last_seen][:, None].expand_as(points)
    if anchors is None:
        return held
    carrier = points[rows, :, anchors]
    return held + (carrier - carrier[rows, last_seen][:, None])[:, :, None]


def _anchors(hidden: Tensor) -> Tensor:
    """Return (N,) the shoulder or hip that each window's hidden limb hangs on; hidden is (N, T, 33)."""
    is_hidden = hidden.any(dim=1)
    chosen = torch.stack([is_hidden[:, limb[0]] for limb in LIMBS], dim=1).float().argmax(dim=1)
    return torch.tensor(LIMB_ANCHORS)[chosen]


def _hidden_spell(count: int, frames: int, part: HiddenPart, length: int, generator: torch.Generator) -> Tensor:
    """Return (N, T, 33): one spell of a random place, and for limbs of a random limb, in each window."""
    length = max(1, min(length, frames - 2 * MARGIN_FRAMES))
    room = max(frames - length - 2 * MARGIN_FRAMES, 0)
    first = MARGIN_FRAMES + torch.randint(0, room + 1, (count, 1), generator=generator)
    time = torch.arange(frames)
    spell = (time >= first) & (time < first + length)
    landmarks = torch.ones(count, LANDMARK_COUNT, dtype=torch.bool)
    if part == "limb":
        landmarks = torch.zeros(count, LANDMARK_COUNT, dtype=torch.bool)
        for row, limb in enumerate(torch.randint(0, len(LIMBS), (count,), generator=generator).tolist()):
            landmarks[row, list(LIMBS[limb])] = True
    return spell[..., None] & landmarks[:, None]


Estimate = Callable[[SimulatedViews], Mapping[str, FloatArray]]
"""Views to named landmarks (N, T, 33, 3): one entry for each way of estimating that is compared."""


def hidden_joint_errors(views: SimulatedViews, estimate: Estimate, seed: int = 0) -> dict[str, dict[str, float]]:
    """Return for each way of estimating the error in mm of hidden body landmarks, by part and length.

    Keys of the inner mapping: `limb 5`, ..., `body 30`, and `limb 5 seen`, ...: the same joints in the same frames with
    nothing hidden, which is what the occlusion's cost is measured from.
    """
    true = rooted_body(views.landmarks.numpy())
    seen = {name: rooted_body(landmarks) for name, landmarks in estimate(views).items()}
    errors: dict[str, dict[str, float]] = {name: {} for name in seen}
    for part in PARTS:
        for length in LENGTHS:
            occluded = hide(views, part, length, seed)
            mask = occluded.hidden[..., list(BODY_LANDMARKS)]
            for name, landmarks in estimate(occluded.views).items():
                errors[name][f"{part} {length}"] = hidden_error_mm(rooted_body(landmarks), true, mask)
                errors[name][f"{part} {length} seen"] = hidden_error_mm(seen[name], true, mask)
    return errors


def occlusion_table(errors: Mapping[str, Mapping[str, float]]) -> Table:
    """Return the errors as a table: hidden, and in brackets what the same joints cost when seen."""
    columns = tuple(f"{part} {length}" for part in PARTS for length in LENGTHS)
    rows = tuple(
        (name, tuple(f"{row[column]:.1f} ({row[f'{column} seen']:.1f})" for column in columns))
        for name, row in errors.items()
    )
    notes = ("mm, hidden joints only, rooted between the hips; frames hidden; in brackets the same joints when seen.",)
    return Table("Error of hidden joints (paper, Fig. 4)", columns, rows, notes)
