"""The terms of the whole-track fit: energy, gradient and curvature by the landmarks' places.

Each frame of a term weighs by its duration, so the result does not depend on the frame rate. Curvatures are those of
Gauss and Newton: never negative.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .fit_evidence import BODY, FEET, HIPS, FitEvidence
from .fit_options import FitOptions

FloatArray = NDArray[np.floating[Any]]

REFERENCE_RATE_HZ: Final = 30.0
PERSON_HEIGHT_M: Final = 1.65
NEAREST_M: Final = 0.2
_WORLD_TURN: Final = 4.0
_CONTACT_TURN: Final = 9.0
"""Squared errors, in sigmas, at which robust terms have turned from a parabola to a plateau."""


@dataclass(frozen=True)
class PointTerms:
    """Sum of the terms that act on the landmarks of T frames.

    Attributes:
        energy: of each term by name.
        gradient: (T, L, 3) by the landmarks' places.
        place_curvature: (T, L, 3, 3) of the image term, by the places.
        rooted_curvature: (T, L, 3) of the world term, by the places relative to the hips.
        bend_curvature: by the second differences of body landmarks relative to the hips.
        contact_curvature: (T, 4) by the feet's movement from frame to frame.
    """

    energy: dict[str, float]
    gradient: FloatArray
    place_curvature: FloatArray
    rooted_curvature: FloatArray
    bend_curvature: float
    contact_curvature: FloatArray


def point_terms(places: FloatArray, evidence: FitEvidence, options: FitOptions) -> PointTerms:
    """Return the terms of landmarks at places (T, L, 3), metres, camera axes."""
    rooted = places - places[:, HIPS].mean(axis=1, keepdims=True)
    image, gradient, place_curvature = image_term(places, evidence, options)
    world, rooted_gradient, rooted_curvature = world_term(rooted, evidence, options)
    acceleration, body_gradient, bend_curvature = acceleration_term(rooted[:, BODY], evidence, options)
    rooted_gradient[:, BODY] += body_gradient
    contact, feet_gradient, contact_curvature = contact_term(places[:, FEET], evidence, options)
    gradient[:, FEET] += feet_gradient
    gradient += rooted_gradient
    # What moves relative to the hips pushes the hips the other way.
    gradient[:, HIPS] -= rooted_gradient.sum(axis=1, keepdims=True) / len(HIPS)
    energy = {"image": image, "world": world, "acceleration": acceleration, "contact": contact}
    return PointTerms(energy, gradient, place_curvature, rooted_curvature, bend_curvature, contact_curvature)


def image_term(places: FloatArray, evidence: FitEvidence, options: FitOptions) -> tuple[float, FloatArray, FloatArray]:
    """Return energy, gradient (T, L, 3) and curvature (T, L, 3, 3) of the reprojection error.

    Geman and McClure's e^2 / (1 + e^2), with e in sigmas: what is far off does not pull.
    """
    depth = np.maximum(places[..., 2], NEAREST_M)
    projected = places[..., :2] / depth[..., None]
    per_unit = evidence.pelvis_cam[:, None, 2] / PERSON_HEIGHT_M / options.image_sigma
    error = (projected - evidence.image) * per_unit[..., None]
    squared = np.square(error).sum(axis=-1)
    weight = evidence.trust * options.image * _duration(evidence)
    slope = 2 * weight / np.square(1 + squared) * per_unit
    across = slope[..., None] * error / depth[..., None]
    gradient = np.concatenate([across, -(across * projected).sum(axis=-1, keepdims=True)], axis=-1)
    # Columns of the derivative of the projection by the place, times the depth: (1, 0, -u) and (0, 1, -v).
    stiff = slope * per_unit / np.square(depth)
    curvature = np.zeros((*places.shape, 3))
    curvature[..., 0, 0] = curvature[..., 1, 1] = stiff
    curvature[..., :2, 2] = curvature[..., 2, :2] = -stiff[..., None] * projected
    curvature[..., 2, 2] = stiff * np.square(projected).sum(axis=-1)
    return float((weight * squared / (1 + squared)).sum()), gradient, curvature


def world_term(rooted: FloatArray, evidence: FitEvidence, options: FitOptions) -> tuple[float, FloatArray, FloatArray]:
    """Return energy, gradient (T, L, 3) and diagonal curvature (T, L, 3) of the distance to the 3-D guess."""
    sigma = np.array(options.world_sigma_m)
    error = (rooted - evidence.world) / sigma
    squared = np.square(error).sum(axis=-1)
    weight = 2 * evidence.trust * options.world * _duration(evidence)
    curvature = (2 * weight * _WORLD_TURN / np.square(squared + _WORLD_TURN))[..., None] / np.square(sigma)
    energy = (weight * squared / (squared + _WORLD_TURN)).sum()
    return float(energy), curvature * (rooted - evidence.world), curvature


def acceleration_term(
    rooted: FloatArray, evidence: FitEvidence, options: FitOptions
) -> tuple[float, FloatArray, float]:
    """Return energy, gradient (T, K, 3) and curvature of the second differences of points (T, K, 3)."""
    rate = np.square(evidence.frame_rate_hz / REFERENCE_RATE_HZ)
    stiffness = 2 * options.acceleration * _duration(evidence) * np.square(rate / options.acceleration_scale_m)
    gradient = np.zeros_like(rooted)
    if len(rooted) < 3:
        return 0.0, gradient, 0.0
    bend = second_difference(rooted)
    add_second_difference(gradient, stiffness * bend)
    return float(stiffness * np.square(bend).sum() / 2), gradient, float(stiffness)


def contact_term(feet: FloatArray, evidence: FitEvidence, options: FitOptions) -> tuple[float, FloatArray, FloatArray]:
    """Return energy, gradient (T, 4, 3) and curvature (T, 4) of the movement of standing feet (T, 4, 3)."""
    gradient, curvature = np.zeros_like(feet), np.zeros(feet.shape[:2])
    if len(feet) < 2:
        return 0.0, gradient, curvature
    step = np.diff(feet, axis=0)
    per_m = evidence.frame_rate_hz / options.contact_speed_m_s
    squared = np.square(step * per_m).sum(axis=-1)
    stands = np.sqrt(evidence.contacts[1:] * evidence.contacts[:-1])
    weight = stands * options.contact * _duration(evidence)
    stiffness = 2 * weight * np.square(_CONTACT_TURN / (squared + _CONTACT_TURN) * per_m)
    pull = stiffness[..., None] * step
    gradient[1:] += pull
    gradient[:-1] -= pull
    # A step belongs to the frames at both of its ends, half to each.
    curvature[1:] += stiffness / 2
    curvature[:-1] += stiffness / 2
    return float((weight * _CONTACT_TURN * squared / (squared + _CONTACT_TURN)).sum()), gradient, curvature


def second_difference(values: FloatArray) -> FloatArray:
    """Return x[t + 1] - 2 x[t] + x[t - 1] (T - 2, ...) of values (T, ...)."""
    return values[2:] - 2 * values[1:-1] + values[:-2]


def add_second_difference(gradient: FloatArray, pull: FloatArray) -> None:
    """Add to a gradient (T, ...) what a gradient (T - 2, ...) by the second differences amounts to."""
    gradient[2:] += pull
    gradient[1:-1] -= 2 * pull
    gradient[:-2] += pull


def _duration(evidence: FitEvidence) -> float:
    """Return a frame's duration in frames at 30 frames a second."""
    return REFERENCE_RATE_HZ / evidence.frame_rate_hz
