"""The cleanup on an armature in the scene: keep its raw motion, and make its keys anew whenever a setting changes.

Called by the scene assembly, the settings' update callbacks and the operators; plain arguments, no settings of its own.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.errors import JointwiseError
from ..axes import FloatArray
from ..capture_tags import read_tag
from ..compat import ActionCurves
from ..keyframes import scene_frames
from ..pins.store import load_plan
from ..scene_rate import scene_rate_hz
from ..solved_camera.path import load_path
from .capture import RawCapture
from .contacts import read_contacts, write_contacts
from .edits import keep_edited_keys, values_digest
from .feet import detected_feet
from .keys import drop_keys, keyed_frames, own_curves, write_motion
from .settings import CleanupSettings, to_cleanup_settings
from .solve import CleanMotion, solve
from .store import CleanedState, keep_capture, load_capture, load_state, save_problem, save_state
from .timing import scaled_times
from .unseen import Limb, joints_of, unseen_limbs

_PAUSES: list[object] = []


@contextmanager
def paused() -> Iterator[None]:
    """Change many settings at once: nothing is made anew inside; call `apply_cleanup` once afterwards."""
    token = object()
    _PAUSES.append(token)
    try:
        yield
    finally:
        _PAUSES.remove(token)


def start_cleanup(scene: Any, armature: Any, capture: RawCapture) -> list[str]:
    """Keep the raw motion of a freshly keyed and tagged armature, show its contacts, and leave unseen limbs at rest.

    Returns:
        Sentences about what is not keyed.
    """
    keep_capture(armature, capture)
    limbs = unseen_limbs(capture.confidence)
    curves = own_curves(armature)
    drop_keys(armature, curves, joints_of(limbs))
    feet_stand = detected_feet(capture.contacts, capture.frame_rate_hz)
    write_contacts(armature, curves, _frames(scene, armature, capture.timestamps), feet_stand)
    state = CleanedState(feet_stand, 0, capture.frame_count, joints_of(limbs), _unseen_notes(limbs))
    state.digest = values_digest(curves, state.unkeyed)
    save_state(armature, state)
    return state.notes


def hold_feet(scene: Any, armature: Any) -> list[str]:
    """Set the foot contacts of a fresh armature to `auto`: where the floor is known, feet are expected to stand on it.

    Returns:
        Sentences about what is not keyed or not held.
    Raises:
        SceneError: as `apply_cleanup`.
    """
    with paused():
        armature.jointwise_cleanup.contact_mode = "auto"
    clean_anew(scene, armature)
    return load_state(armature, load_capture(armature)).notes


def clean_anew(scene: Any, armature: Any) -> None:
    """Make the armature's keys anew with the settings that it has.

    Raises:
        SceneError, OptionError: as `apply_cleanup`.
    """
    apply_cleanup(scene, armature, to_cleanup_settings(armature.jointwise_cleanup))


def apply_cleanup(scene: Any, armature: Any, settings: CleanupSettings) -> None:
    """Make the armature's keys anew from its raw motion, the settings and the contact curves as they are now.

    Raises:
        SceneError: no raw motion is kept, or it is linked from another file.
        OptionError: the trim leaves no frame; the keys stay.
    """
    capture = load_capture(armature)
    state = load_state(armature, capture)
    _take_edited_contacts(scene, armature, state, capture)
    limbs = [] if settings.key_unseen else unseen_limbs(capture.confidence)
    unkeyed = joints_of(limbs)
    frame_count = capture.frame_count
    clean = solve(
        capture,
        settings,
        state.feet_stand,
        unkeyed,
        load_plan(armature, frame_count),
        load_path(armature, frame_count),
    )
    curves = own_curves(armature)
    kept = keep_edited_keys(curves, state.digest, state.unkeyed, unkeyed)
    digest = _write(scene, armature, curves, clean, state, unkeyed)
    save_state(
        armature,
        CleanedState(
            feet_stand=state.feet_stand,
            first_row=clean.first_row,
            row_count=len(clean.times_s),
            unkeyed=unkeyed,
            notes=[*_unseen_notes(limbs), *clean.notes],
            speed=settings.speed,
            digest=digest,
            kept_action=kept.name if kept else state.kept_action,
        ),
    )


def follow_change(group: Any, context: Any) -> None:
    """Follow a change of a setting; a failure becomes the panel's sentence.

    Nothing happens while `paused`, nor on objects that are not ours.

    Args:
        group: the property group of an object, with the names of `CleanupSettings`.
    """
    armature = group.id_data
    if _PAUSES or read_tag(armature) is None:
        return
    with paused():
        try:
            apply_cleanup(context.scene, armature, to_cleanup_settings(group))
        except JointwiseError as error:
            save_problem(armature, str(error))


def reset_contacts(scene: Any, armature: Any, settings: CleanupSettings) -> None:
    """Give the contact curves what was detected, and make the keys anew.

    Raises:
        SceneError, OptionError: as `apply_cleanup`.
    """
    capture = load_capture(armature)
    state = load_state(armature, capture)
    state.feet_stand = detected_feet(capture.contacts, capture.frame_rate_hz)
    frames = current_frames(scene, armature, state, capture)
    write_contacts(armature, own_curves(armature), frames, state.feet_stand[state.rows])
    save_state(armature, state)
    apply_cleanup(scene, armature, settings)


def _write(
    scene: Any,
    armature: Any,
    curves: ActionCurves,
    clean: CleanMotion,
    state: CleanedState,
    unkeyed: frozenset[int],
) -> int:
    """Write the keys and return their digest; the artist's own keys on limbs that were not keyed before stay."""
    frames = _frames(scene, armature, clean.times_s)
    drop_keys(armature, curves, unkeyed - state.unkeyed)
    digest = write_motion(curves, frames, clean.quats_wxyz, clean.location, unkeyed)
    write_contacts(armature, curves, frames, state.feet_stand[clean.rows])
    scene.frame_end = max(scene.frame_end, math.ceil(frames[-1]))
    return digest


def _take_edited_contacts(scene: Any, armature: Any, state: CleanedState, capture: RawCapture) -> None:
    """Take what the contact curves say now into the state, for the frames that are keyed."""
    edited = read_contacts(armature, current_frames(scene, armature, state, capture))
    if edited is not None:
        state.feet_stand[state.rows] = edited


def current_frames(scene: Any, armature: Any, state: CleanedState, capture: RawCapture) -> FloatArray:
    """Return the scene frames of the rows that are keyed: where the keys are, even if somebody moved them all."""
    frames = keyed_frames(armature)
    if frames is not None and len(frames) == state.row_count:
        return frames
    return _frames(scene, armature, scaled_times(capture.timestamps[state.rows], state.speed))


def _frames(scene: Any, armature: Any, times_s: NDArray[np.float64]) -> FloatArray:
    tag = read_tag(armature)
    first_frame = tag.first_frame if tag else scene.frame_start
    return scene_frames(times_s, first_frame, scene_rate_hz(scene))


def _unseen_notes(limbs: list[Limb]) -> list[str]:
    if not limbs:
        return []
    names = ", ".join(limb.name for limb in limbs)
    return [f"Hardly ever seen, so not keyed and left at rest: {names}. Key Unseen Limbs under Cleanup keys them."]
