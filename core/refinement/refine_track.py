"""Refines one person's motion: root by least squares, then the whole-track fit, in segments and blocks."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..body_model import BodyModel
from ..landmark_places import blazepose_places
from ..rotations import rot6d_to_rotmat, rotmat_to_rot6d
from ..segments import Segment, split_at_gaps
from ..smoothing import smooth_root
from ..tracks import Track
from ..view import View
from .fit_evidence import LANDMARKS, FitEvidence, as_body_landmarks, track_fit_evidence
from .fit_options import DEFAULT_FIT, FitOptions
from .least_squares_root import least_squares_root
from .track_fit import TrackFit

FloatArray = NDArray[np.floating[Any]]

FRAMES_PER_BLOCK: Final = 300
BLOCK_OVERLAP: Final = 40
"""Frames that two blocks share; the result passes from one to the other within them."""
NEAREST_PELVIS_M: Final = 0.3

Contacts = Callable[[FloatArray], FloatArray]
"""Landmarks (T, 33, 3) of the posed body in camera axes to contacts (T, 4)."""


@dataclass(frozen=True)
class Refined:
    """T frames of one person.

    Attributes:
        rotmat: (T, 24, 3, 3) local rotations. pelvis_cam: (T, 3) metres, camera axes.
    """

    rotmat: FloatArray
    pelvis_cam: FloatArray


def refine_track(
    track: Track,
    rotmat: FloatArray,
    betas: FloatArray,
    pelvis_cam: FloatArray,
    view: View,
    body: BodyModel,
    contacts: Contacts,
    options: FitOptions = DEFAULT_FIT,
    check: Callable[[], None] = lambda: None,
) -> Refined:
    """Return the motion that lies nearest to landmarks and prior both.

    Args:
        track: T rows, sides repaired.
        rotmat: (T, 24, 3, 3) the prior's local rotations, smooth in time.
        pelvis_cam: (T, 3) metres, camera axes; the start where the picture says nothing better.
        contacts: finds standing feet.
        check: called between blocks; may raise to cancel.
    Note: a track whose fit fails to be found, numerically, keeps the start.
    """
    rotmat = np.asarray(rotmat, np.float64)
    to_origin = np.broadcast_to(-body.rest_joints(np.asarray(betas, np.float64))[0], (len(rotmat), 3))
    landmarks = body.pose_landmarks(rotmat, betas, to_origin)
    evidence = track_fit_evidence(track, view, rotmat, pelvis_cam, np.zeros((len(rotmat), 4)))
    places = blazepose_places(landmarks)[:, list(LANDMARKS)]
    found = least_squares_root(places, evidence.image, np.square(evidence.trust))
    usable = np.isfinite(found).all(axis=1) & (found[:, 2] > NEAREST_PELVIS_M)
    root = smooth_root(np.where(usable[:, None], found, pelvis_cam), track.frame_ids, view.frame_rate_hz)
    standing = contacts(landmarks + root[:, None])
    evidence = replace(evidence, pelvis_cam=root, contacts=standing)
    evidence = as_body_landmarks(evidence, landmarks[:, list(LANDMARKS)], places)
    result = Refined(rotmat.copy(), root.copy())
    for segment in split_at_gaps(track.frame_ids, view.frame_rate_hz):
        fitted = _fit_segment(_bridged(evidence, segment), body, betas, options, check)
        result.rotmat[segment.rows] = segment.pick(fitted.rotmat)
        result.pelvis_cam[segment.rows] = segment.pick(fitted.pelvis_cam)
    return result


def _bridged(evidence: FitEvidence, segment: Segment) -> FitEvidence:
    """Return the evidence of one segment for every frame of it; in its short gaps nothing is seen."""
    rot6d = segment.bridge(rotmat_to_rot6d(evidence.rotmat).reshape(len(evidence.rotmat), -1, 6))
    return FitEvidence(
        rot6d_to_rotmat(rot6d),
        segment.bridge(evidence.pelvis_cam),
        segment.bridge(evidence.image),
        segment.bridge(evidence.trust) * segment.is_row[:, None],
        segment.bridge(evidence.world),
        segment.bridge(evidence.contacts),
        evidence.frame_rate_hz,
    )


def _fit_segment(
    evidence: FitEvidence, body: BodyModel, betas: FloatArray, options: FitOptions, check: Callable[[], None]
) -> Refined:
    """Return the fit of a segment; long ones in overlapping blocks, so that memory does not grow with them."""
    frame_count = len(evidence.rotmat)
    rot6d, pelvis_cam = np.zeros((frame_count, 24, 6)), np.zeros((frame_count, 3))
    weight = np.zeros(frame_count)
    for start, end in block_bounds(frame_count):
        check()
        part = evidence.frames(slice(start, end))
        fitted = _fit_block(part, body, betas, options)
        share = _block_share(end - start, has_before=start > 0, has_after=end < frame_count)
        rot6d[start:end] += share[:, None, None] * rotmat_to_rot6d(fitted.rotmat)
        pelvis_cam[start:end] += share[:, None] * fitted.pelvis_cam
        weight[start:end] += share
    return Refined(rot6d_to_rotmat(rot6d / weight[:, None, None]), pelvis_cam / weight[:, None])


def _fit_block(evidence: FitEvidence, body: BodyModel, betas: FloatArray, options: FitOptions) -> Refined:
    try:
        state = TrackFit(evidence, body, betas, options).solve()
    except np.linalg.LinAlgError:
        return Refined(evidence.rotmat, evidence.pelvis_cam)
    return Refined(state.rotmat, state.pelvis_cam)


def block_bounds(frame_count: int) -> list[tuple[int, int]]:
    """Return first and end frames of blocks that overlap by `BLOCK_OVERLAP` and cover all frames."""
    step = FRAMES_PER_BLOCK - BLOCK_OVERLAP
    count = max(1, -(-(frame_count - BLOCK_OVERLAP) // step))
    return [(index * step, min(index * step + FRAMES_PER_BLOCK, frame_count)) for index in range(count)]


def _block_share(length: int, *, has_before: bool, has_after: bool) -> NDArray[np.float64]:
    """Return (length,) weights that rise and fall over the overlaps and are 1 between."""
    share = np.ones(length)
    ramp = (np.arange(min(BLOCK_OVERLAP, length)) + 1.0) / (BLOCK_OVERLAP + 1.0)
    if has_before:
        share[: len(ramp)] = np.minimum(share[: len(ramp)], ramp)
    if has_after:
        share[-len(ramp) :] = np.minimum(share[-len(ramp) :], ramp[::-1])
    return share
