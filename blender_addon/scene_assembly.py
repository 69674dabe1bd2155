"""Motion files become a scene: per person an armature with keys and a body, one camera, all in one collection.

All or nothing: a failure removes whatever was made. Called by the operators; plain arguments, no settings.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import bpy

from ..core.errors import JointwiseError, MotionFileError
from ..core.motion import Motion, load_motion
from .armature import create_armature
from .axes import ScenePlacement
from .body_mesh import create_body_mesh
from .camera import add_background_video, create_camera, match_render_size, time_background
from .capture_tags import tag_armature, tag_camera
from .cleanup.capture import capture_motion
from .cleanup.live import hold_feet, start_cleanup
from .floor import known_floor, place_on_floor
from .keyframes import key_motion, key_range, scene_frames
from .motion_body import MotionBody, find_bodies
from .object_mode import leave_edit_mode
from .rest_pose import stand_up
from .scene_rate import scene_rate_hz
from .solved_camera.placing import SolvedCamera, place_through_camera, scale_notes

TRACKED_DATA: Final = (
    "objects", "collections", "armatures", "meshes", "materials", "cameras", "actions", "images",
)  # fmt: skip


@dataclass(frozen=True)
class AssemblyOptions:
    """What to make besides the armature.

    Attributes:
        add_body: the skinned mesh.
        add_camera: the camera that filmed, with the video behind it where the video is given.
        match_render_size: give an untouched scene the video's size.
        smpl_file: the user's SMPL file, for the mesh of motions on that body; None where there is none.
        solved_camera: a moving camera of the scene to place the motions through; none is made then.
    """

    add_body: bool = True
    add_camera: bool = True
    match_render_size: bool = True
    smpl_file: Path | None = None
    solved_camera: SolvedCamera | None = None


@dataclass
class Assembly:
    """What was made.

    Attributes:
        armatures: one a person, the main person first.
        camera: the camera object, or None.
        notes: sentences about what the user should know.
    """

    armatures: list[Any] = field(default_factory=list)
    camera: Any = None
    notes: list[str] = field(default_factory=list)


def assemble_motion(
    context: Any,
    motion_path: Path | str,
    video_path: Path | str | None = None,
    smpl_file: Path | str | None = None,
) -> Any:
    """Build one motion file into the current scene and return the armature object, active and selected.

    Args:
        video_path: shown behind the camera; None for a plain camera.
        smpl_file: the user's SMPL file, for the mesh of a motion on that body.
    Raises:
        MotionFileError: not a motion file, or one without frames.
    """
    options = AssemblyOptions(smpl_file=Path(smpl_file) if smpl_file else None)
    return assemble_motions(context, [motion_path], video_path, options).armatures[0]


def assemble_motions(
    context: Any,
    motion_paths: Sequence[Path | str],
    video_path: Path | str | None,
    options: AssemblyOptions,
) -> Assembly:
    """Build the motion files of one video into the current scene.

    Raises:
        MotionFileError: a file is not a motion file, or has no frames.
        SceneError: the scene does not allow it.
    """
    motions = [_load_checked(Path(path)) for path in motion_paths]
    video = Path(video_path) if video_path else None
    name = video.stem if video else Path(motion_paths[0]).stem
    leave_edit_mode(context)
    with _nothing_left_on_failure(), _collection_named(context, name):
        assembly = _build(context, name, motions, video, options)
    _finish_scene(context, assembly, motions[0], options)
    return assembly


def _load_checked(path: Path) -> Motion:
    motion = load_motion(path)
    if motion.frame_count == 0:
        raise MotionFileError(f"The motion file {path.name} has no frames.")
    return motion


def _build(context: Any, name: str, motions: list[Motion], video: Path | None, options: AssemblyOptions) -> Assembly:
    """Make all objects in the active collection."""
    bodies = find_bodies(motions, options.smpl_file)
    placement = place_on_floor(motions, bodies[0].shaped.foot_landmark_heights)
    assembly = Assembly()
    for position, (motion, body) in enumerate(zip(motions, bodies, strict=True)):
        person_name = name if position == 0 else f"{name}_person{position + 1}"
        armature, notes = _build_person(context, person_name, motion, placement, body, options)
        if known_floor(motions[0].metadata) is not None:
            notes = hold_feet(context.scene, armature)
        assembly.armatures.append(armature)
        assembly.notes += [f"{person_name}: {note}" for note in notes]
        if options.add_body and body.problem:
            assembly.notes.append(f"The motion of {person_name} {body.problem}")
    if options.solved_camera is not None:
        assembly.notes += _place(context, assembly.armatures, options.solved_camera)
    elif options.add_camera and motions[0].has_camera:
        assembly.camera = create_camera(context, f"{name}_camera", motions[0], placement)
        tag_camera(assembly.camera, motions[0], context.scene.frame_start)
        if video and add_background_video(assembly.camera, video, motions[0]):
            time_background(assembly.camera, _frames(context.scene, motions[0]), motions[0].frame_ids)
        elif video:
            assembly.notes.append(f"Blender cannot show the video {video.name} behind the scene.")
    return assembly


def _build_person(
    context: Any,
    name: str,
    motion: Motion,
    placement: ScenePlacement,
    body: MotionBody,
    options: AssemblyOptions,
) -> tuple[Any, list[str]]:
    """Return a keyed armature, with its mesh where the body is here and wanted, and what the user should know."""
    joints, shaped = body.joints, body.shaped
    rest = stand_up(joints, shaped.sole_height + joints[:, 1].min() - shaped.joints[:, 1].min())
    armature = create_armature(context, name, rest.heads)
    if options.add_body and body.body_file is not None:
        create_body_mesh(context, f"{name}_body", body.body_file, rest.to_armature(shaped.vertices), armature)
    key_motion(armature, motion, rest, placement, _frames(context.scene, motion))
    tag_armature(armature, motion, context.scene.frame_start)
    return armature, start_cleanup(context.scene, armature, capture_motion(motion, rest, shaped, placement))


def _place(context: Any, armatures: list[Any], solved: SolvedCamera) -> list[str]:
    """Place the motions through a solved camera; why that cannot be is a note: the estimate took its time."""
    try:
        scale = place_through_camera(context, armatures, solved)
    except JointwiseError as error:
        return [f"{error} The motion is placed as if the camera had not moved."]
    return scale_notes(solved, scale)


def _frames(scene: Any, motion: Motion) -> Any:
    return scene_frames(motion.timestamps, scene.frame_start, scene_rate_hz(scene))


def _finish_scene(context: Any, assembly: Assembly, motion: Motion, options: AssemblyOptions) -> None:
    """Change what belongs to the user's scene, last, when nothing can fail any more."""
    scene = context.scene
    for selected in context.view_layer.objects.selected:
        selected.select_set(False)
    assembly.armatures[0].select_set(True)
    context.view_layer.objects.active = assembly.armatures[0]
    last_key = max(span[1] for armature in assembly.armatures if (span := key_range(armature)))
    scene.frame_end = max(scene.frame_end, math.ceil(last_key))
    if assembly.camera is None:
        return
    if scene.camera is None:
        scene.camera = assembly.camera
    if options.match_render_size and not match_render_size(scene, motion):
        width, height = motion.image_size
        assembly.notes.append(f"The render size was left as it is; the video's is {width} x {height}.")


@contextmanager
def _collection_named(context: Any, name: str) -> Iterator[None]:
    """Make a new collection of the scene the active one, and the former one again afterwards."""
    layer = context.view_layer
    former = layer.active_layer_collection
    collection = bpy.data.collections.new(name)
    context.scene.collection.children.link(collection)
    layer.active_layer_collection = layer.layer_collection.children[collection.name]
    try:
        yield
    finally:
        layer.active_layer_collection = former


@contextmanager
def _nothing_left_on_failure() -> Iterator[None]:
    """Remove all data that came into being inside, should anything go wrong."""
    before = {kind: {item.as_pointer() for item in getattr(bpy.data, kind)} for kind in TRACKED_DATA}
    try:
        yield
    except BaseException:
        created = [
            item for kind in TRACKED_DATA for item in getattr(bpy.data, kind) if item.as_pointer() not in before[kind]
        ]
        bpy.data.batch_remove(created)
        raise
