"""Places captured motions in the world through a solved camera: samples it, finds the scale, keys anew.

Called by the operators and the scene assembly; plain arguments. The cleanup keys from raw motion and this way, so its
sliders keep working, and without the way the keys are the former ones bit for bit.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from ...core.errors import OptionError, SceneError
from ..axes import FloatArray
from ..capture_tags import read_tag
from ..cleanup.capture import RawCapture
from ..cleanup.feet import detected_parts, parts_of_feet
from ..cleanup.live import clean_anew, paused
from ..cleanup.settings import CleanupSettings
from ..cleanup.solve import smoothed_motion
from ..cleanup.store import load_capture, load_state
from ..cursor_progress import with_progress
from ..keyframes import scene_frames
from ..pins.store import load_plan
from ..scene_rate import scene_rate_hz
from .fit import BoolArray, fit_scale, found_floor_height, standing_soles
from .path import CameraPath, forget_path, keep_path

SAME_SCALE: Final = 0.02
FEET_ALONE: Final = (
    "The scale {:.4g} was found from the feet alone and may be a third off. If you know the floor's height in the "
    "solved scene, tick Known Floor and place the motion again."
)
LOOK_THROUGH: Final = (
    "The camera's own way is in other units: to see the body through it, scale the solved scene by {:.4g} (in the Clip "
    "editor, Set Scene Scale), then place the motion again."
)


@dataclass(frozen=True)
class SolvedCamera:
    """Which camera to place motions through, and how.

    Attributes:
        camera: the camera object; its animation, constraints and parents count.
        scale: metres in a unit of its way; None to find it.
        floor_height: metres, or None to take it from the feet.
    """

    camera: Any
    scale: float | None = None
    floor_height: float | None = None


def solved_camera(settings: Any) -> SolvedCamera | None:
    """Return what `scene.jointwise.solved_camera` asks for; None where no camera is chosen."""
    if settings.camera is None:
        return None
    return SolvedCamera(
        settings.camera,
        None if settings.fits_scale else settings.scale,
        settings.floor_height if settings.has_floor else None,
    )


def place_through_camera(context: Any, armatures: Sequence[Any], solved: SolvedCamera) -> float:
    """Place the motions of people of one video through a camera and return the scale; the first one decides it.

    Raises:
        SceneError: an armature has no raw motion, is linked, or has its pelvis pinned.
        OptionError: the camera is not in this scene, or the scale cannot be found; nothing was changed.
    """
    captures = [load_capture(armature) for armature in armatures]
    for armature, capture in zip(armatures, captures, strict=True):
        _refuse_pinned_places(armature, capture)
    ways = [
        _sample(context, armature, capture, solved.camera)
        for armature, capture in zip(armatures, captures, strict=True)
    ]
    scale, paths = solved.scale, []
    for armature, capture, way in zip(armatures, captures, ways, strict=True):
        stands = _standing_parts(armature, capture)
        if scale is None:
            at_origin = standing_soles(smoothed_motion(capture, CleanupSettings(), replace(way, scale=0.0)), capture)
            ids = capture.frame_ids.astype(np.int64)
            scale = fit_scale(at_origin, way.location, stands, ids, capture.frame_rate_hz, solved.floor_height)
        paths.append(_on_floor(replace(way, scale=scale), capture, stands, solved.floor_height))
    assert scale is not None
    for armature, path in zip(armatures, paths, strict=True):
        keep_path(armature, path)
        _key(context.scene, armature)
    return scale


def remove_placing(scene: Any, armature: Any) -> None:
    """Give an armature its static placement again; the keys are the former ones bit for bit.

    Raises:
        SceneError: no raw motion is kept, it is linked, or the pelvis is pinned.
    """
    _refuse_pinned_places(armature, load_capture(armature))
    forget_path(armature)
    _key(scene, armature)


def _refuse_pinned_places(armature: Any, capture: RawCapture) -> None:
    """Refuse a motion whose pelvis is pinned to a place: it would stay there while the world around it changes."""
    pins = load_plan(armature, capture.frame_count).pins
    if any(pin.pelvis is not None for pin in pins):
        raise SceneError(
            f"Pins hold the pelvis of {armature.name} where it is now.",
            "Remove the pins that name the place of the pelvis, and pin anew afterwards.",
        )


def scale_notes(solved: SolvedCamera, scale: float) -> list[str]:
    """Return what the user should know about a scale that was found."""
    if solved.scale is not None:
        return []
    unsure = [FEET_ALONE.format(scale)] if solved.floor_height is None else []
    return [*unsure, LOOK_THROUGH.format(scale)] if abs(scale - 1) > SAME_SCALE else unsure


def sample_camera(context: Any, camera: Any, frames: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return a camera's rotations (T, 4), w first, and places (T, 3) in the world at scene frames (T,).

    Raises:
        OptionError: the camera is not in this scene's view layer, where nothing would move it.
    """
    if context.view_layer.objects.get(camera.name) != camera:
        raise OptionError(
            f"The camera {camera.name} is not in this scene, or its collection is switched off.",
            "Choose a camera of this scene.",
        )
    scene = context.scene
    former, former_subframe = scene.frame_current, scene.frame_subframe
    quats, location = np.empty((len(frames), 4)), np.empty((len(frames), 3))
    try:
        for row, frame in enumerate(with_progress(context.window_manager, frames.tolist())):
            whole = math.floor(frame)
            scene.frame_set(whole, subframe=frame - whole)
            place, rotation, _ = camera.evaluated_get(context.evaluated_depsgraph_get()).matrix_world.decompose()
            quats[row], location[row] = rotation[:], place[:]
    finally:
        scene.frame_set(former, subframe=former_subframe)
    return quats, location


def _sample(context: Any, armature: Any, capture: RawCapture, camera: Any) -> CameraPath:
    tag = read_tag(armature)
    first_frame = tag.first_frame if tag else context.scene.frame_start
    frames = scene_frames(capture.timestamps, first_frame, scene_rate_hz(context.scene))
    return CameraPath(*sample_camera(context, camera, frames), scale=1.0, floor_height=0.0)


def _standing_parts(armature: Any, capture: RawCapture) -> BoolArray:
    detected = detected_parts(capture.contacts, capture.frame_rate_hz)
    return parts_of_feet(load_state(armature, capture).feet_stand, detected)


def _on_floor(path: CameraPath, capture: RawCapture, stands: BoolArray, floor_height: float | None) -> CameraPath:
    """Return the way with the height of the floor, found under the feet where it is not given."""
    if floor_height is None:
        motion = smoothed_motion(capture, CleanupSettings(), path)
        floor_height = found_floor_height(standing_soles(motion, capture), stands)
    return replace(path, floor_height=floor_height)


def _key(scene: Any, armature: Any) -> None:
    with paused():
        clean_anew(scene, armature)
