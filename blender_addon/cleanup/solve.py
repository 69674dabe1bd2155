"""From the raw capture to the keys: the whole cleanup in its order, always from the start, so nothing adds up.

numpy only; called by `live`. The same capture, settings and contacts give the same numbers bit for bit.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.skeleton import JOINT_COUNT
from ..axes import FloatArray, keyed_location, keyed_quat_wxyz
from ..pins.feet import Ground, keep_feet
from ..pins.pin import NO_PINS, PinPlan
from ..pins.solve import pin_motion
from ..solved_camera.path import CameraPath
from .capture import RawCapture, capture_digest
from .feet import correct_feet, standing_feet
from .filters import smooth_quats, smooth_series
from .legs import BodyMotion
from .prior import blend_joints
from .settings import CleanupSettings
from .timing import close_loop, scaled_times, trimmed_rows, without_travel

_LAST: dict[Any, tuple[BodyMotion, int]] = {}
"""What `_unpinned_motion` has made last, by all that it was made from."""


@dataclass(frozen=True)
class CleanMotion:
    """What to key, M frames.

    Attributes:
        first_row: row of the capture that the first frame comes from; the others follow without a gap.
        times_s: (M,) seconds from the video's start.
        quats_wxyz: (M, 24, 4) local rotations of the bones.
        location: (M, 3) metres, the root bone's, in its rest frame.
        notes: what the artist should know.
    """

    first_row: int
    times_s: NDArray[np.float64]
    quats_wxyz: FloatArray
    location: FloatArray
    notes: list[str]

    @property
    def rows(self) -> slice:
        """The capture's rows that are keyed."""
        return slice(self.first_row, self.first_row + len(self.times_s))


def solve(
    capture: RawCapture,
    settings: CleanupSettings,
    feet_stand: NDArray[np.bool_],
    unseen: Collection[int],
    plan: PinPlan = NO_PINS,
    camera_path: CameraPath | None = None,
) -> CleanMotion:
    """Return the cleaned motion.

    Args:
        feet_stand: (T, 2) left and right.
        unseen: joints that are not keyed.
        plan: the artist's pins.
        camera_path: the moving camera that places the motion in the world; None for the capture's own placement.
    Raises:
        OptionError: the trim leaves no frame.
    """
    rows = trimmed_rows(capture.frame_ids, settings.first_frame, settings.end_frame)
    motion, refused_count = posed_motion(capture, settings, feet_stand, unseen, plan, camera_path)
    motion = motion.rows(rows)
    if settings.loop:
        blend_rows = round(settings.loop_blend_s * capture.frame_rate_hz)
        motion = close_loop(motion, blend_rows, settings.loop_travel)
    pelvis = without_travel(motion.pelvis) if settings.in_place else motion.pelvis
    pelvis = pelvis if camera_path is None else camera_path.above_floor(pelvis)
    times_s = capture.timestamps[rows][: len(pelvis)]
    return CleanMotion(
        first_row=rows.start,
        times_s=scaled_times(times_s, settings.speed),
        quats_wxyz=motion.quats_wxyz,
        location=keyed_location(pelvis, capture.heads[0]),
        notes=_notes(refused_count),
    )


def posed_motion(
    capture: RawCapture,
    settings: CleanupSettings,
    feet_stand: NDArray[np.bool_],
    unseen: Collection[int],
    plan: PinPlan,
    camera_path: CameraPath | None = None,
) -> tuple[BodyMotion, int]:
    """Return the whole motion before Trim, Loop and In Place, floor at z = 0, and how many contacts were left out."""
    motion, refused_count = _unpinned_motion(capture, settings, feet_stand, unseen, camera_path)
    pinned = pin_motion(motion, capture, plan)
    if plan.keep_feet and plan.pins:
        stands = standing_feet(motion, settings.contact_mode, feet_stand, capture)
        ground = Ground(stands, settings.contact_mode != "never", frozenset(unseen))
        pinned = keep_feet(motion, pinned, capture, plan, ground)
    return pinned, refused_count


def _unpinned_motion(
    capture: RawCapture,
    settings: CleanupSettings,
    feet_stand: NDArray[np.bool_],
    unseen: Collection[int],
    camera_path: CameraPath | None,
) -> tuple[BodyMotion, int]:
    """Return the motion with its feet corrected, and how many contacts were left out; the last one is remembered.

    Pins and the settings of time are changed one after the other, and what comes before them takes the longest.
    """
    before = (settings.prior, settings.joint_prior, settings.smoothing_s, settings.root_smoothing_s)
    way = camera_path.digest if camera_path else b""
    key = (capture_digest(capture), way, before, settings.contact_mode, feet_stand.tobytes(), frozenset(unseen))
    if key not in _LAST:
        motion, refused_count = correct_feet(
            smoothed_motion(capture, settings, camera_path), settings.contact_mode, feet_stand, capture, unseen
        )
        motion.quats_wxyz.flags.writeable = motion.pelvis.flags.writeable = False
        _LAST.clear()
        _LAST[key] = motion, refused_count
    return _LAST[key]


def smoothed_motion(
    capture: RawCapture, settings: CleanupSettings, camera_path: CameraPath | None = None
) -> BodyMotion:
    """Return the motion in the scene, its floor at z = 0, with its prior blended and smoothed."""
    placement = capture.placement if camera_path is None else camera_path.placement()
    per_frame, estimate = (
        poses.reshape(-1, JOINT_COUNT, 3).astype(np.float64) for poses in (capture.poses_per_frame, capture.poses)
    )
    local = blend_joints(per_frame, estimate, settings.prior * np.array(settings.joint_prior))
    quats = keyed_quat_wxyz(local, placement)
    pelvis = placement.to_world(capture.pelvis_cam.astype(np.float64))
    ids, rate_hz = capture.frame_ids, capture.frame_rate_hz
    return BodyMotion(
        smooth_quats(quats, ids, rate_hz, settings.smoothing_s),
        smooth_series(pelvis, ids, rate_hz, settings.root_smoothing_s),
    )


def _notes(refused_count: int) -> list[str]:
    if not refused_count:
        return []
    what = "1 contact was" if refused_count == 1 else f"{refused_count} contacts were"
    return [f"{what} left out, because the foot moves more than 15 cm in it: shorten it in the contact curves."]
