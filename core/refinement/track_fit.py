"""The whole-track fit: spline offsets on rotations and root, found by Levenberg and Marquardt's method.

The unknowns are coefficients of cubic B-splines: a rotation vector for each joint, in the joint's own axes, and for the
pelvis the direction it is seen in (x / z, y / z) and the logarithm of its distance. A spline can only add a smooth
offset, so the start's own movement stays, and a few coefficients a second describe a track of any frame rate. The
normal equations are banded in time, so the cost grows with the length and no faster.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..body_model import BodyModel
from ..rotations import rotvec_to_rotmat
from .fit_evidence import ACTIVE_JOINTS, BODY, FEET, HIPS, JOINT_STIFFNESS, LANDMARKS, FitEvidence, turn_onto
from .fit_options import FitOptions
from .fit_terms import (
    REFERENCE_RATE_HZ,
    PointTerms,
    add_second_difference,
    point_terms,
    second_difference,
)
from .landmark_chain import LandmarkChain, PosedChain
from .rotation_offsets import right_jacobian
from .spline_basis import ORDER, SplineBasis, solve_blocks

FloatArray = NDArray[np.floating[Any]]

ROTATIONS: Final = slice(0, 3 * len(ACTIVE_JOINTS))
ROOT: Final = slice(3 * len(ACTIVE_JOINTS), 3 * len(ACTIVE_JOINTS) + 3)
OFFSET_COUNT: Final = 3 * len(ACTIVE_JOINTS) + 3

ROOT_STIFFNESS: Final = 1e-3
"""Just enough to make the root's offset unique where nothing is seen."""
ROOT_SCALE_M: Final = 0.01
FIRST_DAMPING, LEAST_DAMPING, MOST_TRIES = 1e-3, 1e-6, 4
SMALL_GAIN: Final = 1e-4


@dataclass(frozen=True)
class FitState:
    """Where the fit is.

    Attributes:
        offsets: (T, P) rotation vectors of the active joints, then the root's.
        rotmat: (T, 24, 3, 3). root: (T, 3) x / z, y / z, log z. pelvis_cam: (T, 3) metres.
        energy: all terms together.
        offset_gradient: (T, P) of the terms that act on the offsets themselves.
    """

    offsets: FloatArray
    rotmat: FloatArray
    posed: PosedChain
    root: FloatArray
    pelvis_cam: FloatArray
    terms: PointTerms
    energy: float
    offset_gradient: FloatArray


class TrackFit:
    """The fit of T even frames."""

    def __init__(self, evidence: FitEvidence, body: BodyModel, betas: FloatArray, options: FitOptions) -> None:
        self._options = options
        self._chain = LandmarkChain(body, betas, LANDMARKS, ACTIVE_JOINTS)
        start = self._chain.pose(evidence.rotmat).points
        rooted = start - start[:, HIPS].mean(axis=1, keepdims=True)
        self._evidence = replace(evidence, world=turn_onto(evidence.world, rooted, evidence.trust))
        self._basis = SplineBasis(len(evidence.rotmat), evidence.frame_rate_hz, options.knot_spacing_s)
        pelvis = evidence.pelvis_cam
        self._root = np.concatenate([pelvis[:, :2] / pelvis[:, 2:], np.log(pelvis[:, 2:])], axis=1)
        duration = REFERENCE_RATE_HZ / evidence.frame_rate_hz
        stay = np.concatenate([JOINT_STIFFNESS.reshape(-1) * options.pose, np.full(3, ROOT_STIFFNESS)])
        self._stay = 2 * stay * duration
        weights = np.array([options.root_acceleration, options.root_acceleration, options.depth_acceleration])
        per_root = float(np.median(pelvis[:, 2])) / ROOT_SCALE_M / duration**2
        self._root_bend = 2 * weights * duration * per_root**2

    def solve(self) -> FitState:
        """Return the best state found; never worse than the start."""
        coefficients = np.zeros((self._basis.size, OFFSET_COUNT))
        state, damping = self.state(coefficients), FIRST_DAMPING
        for _ in range(self._options.iterations):
            gradient, blocks = self.linearise(state)
            for _ in range(MOST_TRIES):
                step = _damped_step(gradient, blocks, damping)
                following = self.state(coefficients + step)
                if following.energy < state.energy:
                    break
                damping *= 10
            else:
                break
            gain = state.energy - following.energy
            coefficients, state = coefficients + step, following
            damping = max(damping / 10, LEAST_DAMPING)
            if gain < SMALL_GAIN * state.energy:
                break
        return state

    def state(self, coefficients: FloatArray) -> FitState:
        """Return the state of coefficients (K, P)."""
        offsets = self._basis.values(coefficients)
        rotmat = self._evidence.rotmat.copy()
        active = list(ACTIVE_JOINTS)
        turns = offsets[:, ROTATIONS].reshape(len(offsets), -1, 3)
        rotmat[:, active] = rotmat[:, active] @ rotvec_to_rotmat(turns)
        root = self._root + offsets[:, ROOT]
        depth = np.exp(root[:, 2:])
        pelvis_cam = np.concatenate([root[:, :2] * depth, depth], axis=1)
        posed = self._chain.pose(rotmat)
        terms = point_terms(posed.points + pelvis_cam[:, None], self._evidence, self._options)
        energy, gradient = self._offset_terms(offsets, root)
        total = energy + sum(terms.energy.values())
        return FitState(offsets, rotmat, posed, root, pelvis_cam, terms, total, gradient)

    def _offset_terms(self, offsets: FloatArray, root: FloatArray) -> tuple[float, FloatArray]:
        """Return energy and gradient (T, P) of staying near the start, and of a root that moves evenly."""
        gradient = self._stay * offsets
        energy = float((gradient * offsets).sum() / 2)
        if len(root) > 2:
            bend = second_difference(root)
            add_second_difference(gradient[:, ROOT], self._root_bend * bend)
            energy += float((self._root_bend * np.square(bend)).sum() / 2)
        return energy, gradient

    def linearise(self, state: FitState) -> tuple[FloatArray, FloatArray]:
        """Return the gradient (K, P) by the coefficients, and the curvature in blocks (K, 4, P, P)."""
        terms = state.terms
        by_offset = self._landmark_jacobian(state)
        frame_count = len(by_offset)
        gradient = (
            state.offset_gradient
            + (terms.gradient.reshape(frame_count, 1, -1) @ by_offset.reshape(frame_count, -1, OFFSET_COUNT))[:, 0]
        )
        blocks = np.zeros((self._basis.size, ORDER, OFFSET_COUNT, OFFSET_COUNT))
        self._basis.add_curvature(blocks, self._place_curvature(terms, by_offset), self._basis.weights)
        self._basis.add_curvature(blocks, self._bend_curvature(terms, by_offset), self._basis.bends)
        feet = by_offset[:, FEET]
        stiff = _products(feet, terms.contact_curvature[..., None, None] * feet)
        self._basis.add_curvature(blocks, stiff, self._basis.slopes)
        return self._basis.gather(gradient), blocks

    def _landmark_jacobian(self, state: FitState) -> FloatArray:
        """Return the derivatives (T, L, 3, P) of the landmarks' places by a frame's offsets."""
        turns = state.offsets[:, ROTATIONS].reshape(len(state.offsets), -1, 3)
        in_axes = state.posed.global_rotmat[:, list(ACTIVE_JOINTS)] @ right_jacobian(turns)
        jacobian = np.zeros((len(turns), len(LANDMARKS), 3, OFFSET_COUNT))
        by_turn = self._chain.jacobian(state.posed, in_axes)
        jacobian[..., ROTATIONS] = by_turn.reshape(*by_turn.shape[:3], -1)
        depth = state.pelvis_cam[:, None, 2]
        jacobian[:, :, 0, ROOT.start] = jacobian[:, :, 1, ROOT.start + 1] = depth
        jacobian[..., ROOT.start + 2] = state.pelvis_cam[:, None]
        return jacobian

    def _place_curvature(self, terms: PointTerms, by_offset: FloatArray) -> FloatArray:
        """Return the curvature (T, P, P) of the terms on places, and of staying near the start."""
        rooted = terms.rooted_curvature[..., None] * by_offset
        curvature = _products(by_offset, terms.place_curvature @ by_offset + rooted)
        # Relative to the hips: sum of (J - Jh)^T B (J - Jh).
        hips, total = by_offset[:, HIPS].mean(axis=1), terms.rooted_curvature.sum(axis=1)[..., None]
        cross = np.swapaxes(hips, 1, 2) @ (rooted.sum(axis=1) - total * hips / 2)
        curvature -= cross + np.swapaxes(cross, 1, 2)
        diagonal = np.arange(OFFSET_COUNT)
        curvature[:, diagonal, diagonal] += self._stay
        return curvature

    def _bend_curvature(self, terms: PointTerms, by_offset: FloatArray) -> FloatArray:
        """Return the curvature (T, P, P) of the terms on second differences."""
        rooted = by_offset[:, BODY] - by_offset[:, HIPS].mean(axis=1, keepdims=True)
        curvature = terms.bend_curvature * _products(rooted, rooted)
        diagonal = np.arange(ROOT.start, ROOT.stop)
        curvature[:, diagonal, diagonal] += self._root_bend
        return curvature


def _products(first: FloatArray, second: FloatArray) -> FloatArray:
    """Return sums over points and axes (T, P, P) of derivatives (T, N, 3, P)."""
    flat = [values.reshape(len(values), -1, OFFSET_COUNT) for values in (first, second)]
    product: FloatArray = np.swapaxes(flat[0], 1, 2) @ flat[1]
    return product


def _damped_step(gradient: FloatArray, blocks: FloatArray, damping: float) -> FloatArray:
    """Return the step (K, P) of Levenberg and Marquardt."""
    damped, diagonal = blocks.copy(), np.arange(OFFSET_COUNT)
    damped[:, 0, diagonal, diagonal] *= 1 + damping
    damped[:, 0, diagonal, diagonal] += 1e-9
    return solve_blocks(damped, -gradient)
