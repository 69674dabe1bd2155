"""Pins what the artist has posed on the current frame. Called by the operators; plain arguments."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core.errors import SceneError
from ...core.skeleton import JOINT_NAMES
from ..axes import ARMATURE_FROM_SMPL, FloatArray
from ..cleanup.capture import RawCapture
from ..cleanup.edits import values_digest
from ..cleanup.keys import own_curves, read_motion
from ..cleanup.legs import PELVIS
from ..cleanup.live import apply_cleanup, current_frames
from ..cleanup.settings import CleanupSettings
from ..cleanup.solve import posed_motion, solve
from ..cleanup.store import CleanedState, load_capture, load_state
from ..cleanup.timing import trimmed_rows
from ..compat import ActionCurves
from ..solved_camera.path import CameraPath, load_path
from .listing import bone_names
from .pin import Pin, PinPlan
from .pose import POSED_M, ShownPose, carry_over, keyed_pose, row_near, shown_pose, take_keys_back
from .store import load_plan, save_pin


@dataclass(frozen=True)
class _Keyed:
    """An armature with its keys as the cleanup wrote them, M frames, wherever the artist has changed them since."""

    armature: Any
    settings: CleanupSettings
    capture: RawCapture
    state: CleanedState
    plan: PinPlan
    camera_path: CameraPath | None
    curves: ActionCurves
    frames: FloatArray
    keys: ShownPose


def pin_pose(scene: Any, armature: Any, settings: CleanupSettings, selected: Collection[int]) -> str:
    """Pin the bones that are posed on the current frame and those selected, and make the keys anew around them.

    Args:
        selected: joints to pin even if they stand as they are keyed.
    Returns:
        A sentence that says what is pinned.
    Raises:
        SceneError: nothing is posed, or it cannot be pinned here; the pose stays as it is.
        OptionError: the trim leaves no frame.
    """
    keyed = _read(scene, armature, settings)
    frame = float(scene.frame_current_final)
    row = row_near(keyed.frames, frame)
    _refuse_blend(keyed, row)
    at_frame, shown = keyed_pose(keyed.frames, keyed.keys, frame), shown_pose(armature)
    at_row = ShownPose(keyed.keys.quats_wxyz[row].astype(np.float64), keyed.keys.location[row].astype(np.float64))
    unkeyed = keyed.state.unkeyed
    joints = (shown.turned(at_frame) | set(selected)) - unkeyed
    places = shown.is_moved(at_frame) or PELVIS in selected
    if not joints and not places:
        raise _nothing_to_pin(frame, set(selected) & unkeyed)
    if abs(keyed.frames[row] - frame) > 1e-3:
        shown = carry_over(shown, at_frame, at_row)
    pelvis = _pinned_place(keyed, row, shown.location - at_row.location) if places else None
    pin = Pin(keyed.state.first_row + row, {joint: shown.quats_wxyz[joint] for joint in joints}, pelvis)
    take_keys_back(keyed.curves, joints, keyed.keys, keyed.frames, row)
    armature.jointwise_pins.active = save_pin(armature, pin)
    apply_cleanup(scene, armature, settings)
    return _said(pin, float(keyed.frames[row]), set(selected) & unkeyed)


def _read(scene: Any, armature: Any, settings: CleanupSettings) -> _Keyed:
    capture = load_capture(armature)
    state = load_state(armature, capture)
    plan, camera_path = load_plan(armature, capture.frame_count), load_path(armature, capture.frame_count)
    trimmed_rows(capture.frame_ids, settings.first_frame, settings.end_frame)
    curves = own_curves(armature)
    frames = current_frames(scene, armature, state, capture)
    kept = read_motion(curves, state.row_count)
    # Of keys edited by hand since, those that the cleanup wrote count.
    if kept is None or values_digest(curves, state.unkeyed) != state.digest:
        clean = solve(capture, settings, state.feet_stand, state.unkeyed, plan, camera_path)
        kept = clean.quats_wxyz.astype(np.float32), clean.location.astype(np.float32)
    return _Keyed(armature, settings, capture, state, plan, camera_path, curves, frames, ShownPose(*kept))


def _refuse_blend(keyed: _Keyed, row: int) -> None:
    """Refuse frames at the start of a loop: each is a mix of two frames of the video."""
    settings, capture = keyed.settings, keyed.capture
    if not settings.loop:
        return
    rows = trimmed_rows(capture.frame_ids, settings.first_frame, settings.end_frame)
    if row < rows.stop - rows.start - keyed.state.row_count:
        raise SceneError(
            "This frame is where the end of the loop goes over into its start, so a pose here belongs to two frames.",
            "Switch Loop off, pin, and switch it on again.",
        )


def _pinned_place(keyed: _Keyed, row: int, moved: FloatArray) -> FloatArray:
    """Return where the pelvis is pinned (3,), world, of how far it is moved from its key, in the root's rest frame."""
    capture, settings = keyed.capture, keyed.settings
    move = ARMATURE_FROM_SMPL @ moved
    if settings.in_place and np.linalg.norm(move[:2]) > POSED_M:
        raise SceneError(
            "In Place takes sideways moves of the pelvis away.",
            "Switch In Place off to pin where the pelvis stands; up and down can be pinned with it.",
        )
    if not (settings.in_place or settings.loop or keyed.camera_path):
        location = keyed.keys.location[row].astype(np.float64)
        key_place: FloatArray = capture.heads[PELVIS] + ARMATURE_FROM_SMPL @ location
        return key_place + move
    motion, _ = posed_motion(
        capture, settings, keyed.state.feet_stand, keyed.state.unkeyed, keyed.plan, keyed.camera_path
    )
    place: FloatArray = motion.pelvis[keyed.state.first_row + row] + move
    return place


def _nothing_to_pin(frame: float, unkeyed: Collection[int]) -> SceneError:
    if unkeyed:
        return SceneError(_not_keyed(unkeyed), "Switch Key Unseen Limbs on to pin them.")
    return SceneError(
        f"Nothing is posed on frame {frame:g}: all bones stand as they are keyed.",
        "Pose a bone, or select bones in pose mode to pin them as they are.",
    )


def _said(pin: Pin, frame: float, unkeyed: Collection[int]) -> str:
    joints = sorted(pin.quats_wxyz)
    sentence = f"Pinned on frame {frame:g}: {bone_names(joints, pin.pelvis is not None)}."
    return f"{sentence} {_not_keyed(unkeyed)}" if unkeyed else sentence


def _not_keyed(joints: Collection[int]) -> str:
    names = ", ".join(JOINT_NAMES[joint] for joint in sorted(joints))
    return f"Hardly ever seen, so not keyed and not pinned: {names}."
