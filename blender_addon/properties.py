"""What the user chooses for an estimate, kept in the scene as `scene.jointwise`."""

from pathlib import Path
from typing import Any

import bpy

from ..core.errors import OptionError
from ..core.settings import EstimateSettings
from .clip_queue.properties import JointwiseQueuedClip
from .export.properties import JointwiseExportSettings
from .network_files import NetworkFiles, check_files, used_files
from .people.callback import when_video_changed, when_who_changed
from .people.properties import JointwisePerson, ticked_people
from .retarget.properties import JointwiseRetargetSettings
from .scene_assembly import AssemblyOptions
from .solved_camera.placing import solved_camera
from .solved_camera.properties import JointwiseSolvedCamera


class JointwiseSettings(bpy.types.PropertyGroup):
    """Settings of the scene; names follow the command line of the core.

    Note: a registered property group with methods makes the module bpy 4.2 crash, and 4.5 hang, when Python ends;
    so what belongs to it stands beside it as functions.
    """

    filepath: bpy.props.StringProperty(
        name="Video",
        description="The video to estimate the motion from",
        subtype="FILE_PATH",
        update=when_video_changed,
    )
    motion_path: bpy.props.StringProperty(
        name="Motion File",
        description="Where to keep the motion file (.npz); empty: it is not kept",
        subtype="FILE_PATH",
    )
    start: bpy.props.IntProperty(
        name="First Frame",
        description="First frame of the video to use, counted from 0",
        min=0,
    )
    end: bpy.props.IntProperty(
        name="End Frame",
        description="First frame of the video that is not used any more; 0 for the whole video",
        min=0,
    )
    people: bpy.props.EnumProperty(
        name="Who",
        description="Whose motion to estimate; people are numbered by size times time on screen",
        items=[
            ("main", "Main Person", "The person who is largest for longest"),
            ("all", "Everybody", "Every person, an armature each"),
            ("numbers", "By Number", "The people with these numbers"),
        ],
        update=when_who_changed,
    )
    people_numbers: bpy.props.StringProperty(
        name="Numbers",
        description="Numbers of the people, separated by commas, such as 1,3",
        default="1",
        update=when_who_changed,
    )
    found_people: bpy.props.CollectionProperty(
        name="Found People", description="Everybody in the video, when they were looked for", type=JointwisePerson
    )
    found_in: bpy.props.StringProperty(
        name="Found In", description="The video in which these people were found", options={"HIDDEN"}
    )
    queue: bpy.props.CollectionProperty(
        name="Queue", description="Clips that are estimated one after the other", type=JointwiseQueuedClip
    )
    backbone: bpy.props.EnumProperty(
        name="Backbone",
        description="The network that looks at each frame",
        items=[
            ("blazepose", "Jointwise", "Bundled; may be used commercially"),
            ("pare", "PARE", "Your PARE weights and SMPL body, set in the preferences; research licence"),
            ("onnx", "Own Network", "Your network, described by the file set in the preferences"),
        ],
    )
    quality: bpy.props.EnumProperty(
        name="Quality",
        description="Exactness against time",
        items=[
            ("fast", "Fast", "Looks at about eight frames a second and fills the rest; for a first look"),
            ("balanced", "Balanced", "Exact, in little more time than the clip lasts"),
            ("best", "Best", "Looks at each person twice; takes up to twice as long"),
        ],
        default="balanced",
    )
    lens: bpy.props.EnumProperty(
        name="Lens",
        description="Where the focal length comes from",
        items=[
            ("auto", "Automatic", "From the video's metadata, else a usual value"),
            ("mm", "35 mm Equivalent", "Focal length in millimetres, as for a full-frame camera"),
            ("pixels", "Pixels", "Focal length in pixels of the video"),
        ],
    )
    focal_length_35mm: bpy.props.FloatProperty(
        name="Focal Length", description="Millimetres, 35 mm equivalent", default=28.0, min=1.0, soft_max=300.0
    )
    focal_length_px: bpy.props.FloatProperty(
        name="Focal Length", description="Pixels of the video", default=1500.0, min=1.0, soft_max=20000.0
    )
    add_body: bpy.props.BoolProperty(name="Body Mesh", description="Make a skinned body for the armature", default=True)
    add_camera: bpy.props.BoolProperty(
        name="Camera", description="Make the camera that filmed, with the video behind the scene", default=True
    )
    match_render_size: bpy.props.BoolProperty(
        name="Match Render Size",
        description="Give the scene the video's size, unless you have changed the size already",
        default=True,
    )
    solved_camera: bpy.props.PointerProperty(type=JointwiseSolvedCamera)
    export: bpy.props.PointerProperty(type=JointwiseExportSettings)
    retarget: bpy.props.PointerProperty(type=JointwiseRetargetSettings)


def to_settings(group: JointwiseSettings, video: Path, output: Path, files: NetworkFiles) -> EstimateSettings:
    """Return the core's settings for a video and a motion file; people who are ticked for this video go first.

    Args:
        files: all that the preferences name; only those of the chosen backbone are passed on.
    Raises:
        OptionError: two of the settings do not go together, or the backbone lacks a file.
    """
    ticked = ticked_people(group, video)
    if not ticked and group.people == "numbers" and not group.people_numbers.strip():
        raise OptionError("No person is named.", "Type the numbers of the people, such as 1,3.")
    check_files(group.backbone, files)
    used = used_files(group.backbone, files)
    return EstimateSettings(
        video=video,
        output=output,
        start=group.start,
        end=group.end or None,
        people=ticked or (group.people_numbers.replace(" ", "") if group.people == "numbers" else group.people),
        backbone=group.backbone,
        quality=group.quality,
        checkpoint=used.pare_checkpoint,
        smpl=used.smpl_file,
        temporal_weights=used.temporal_weights,
        network=used.network_file,
        detector_weights=used.detector_weights,
        focal_length_35mm=group.focal_length_35mm if group.lens == "mm" else None,
        focal_length_px=group.focal_length_px if group.lens == "pixels" else None,
    )


def to_assembly_options(group: JointwiseSettings, files: NetworkFiles) -> AssemblyOptions:
    """Return what to make in the scene."""
    solved = solved_camera(group.solved_camera)
    return AssemblyOptions(group.add_body, group.add_camera, group.match_render_size, files.smpl_file, solved)


def estimate_arguments(settings: EstimateSettings) -> list[str]:
    """Return the core's command line for the settings that the panel offers."""
    arguments = ["estimate", str(settings.video), "--output", str(settings.output)]
    arguments += ["--start", str(settings.start), "--people", settings.people, "--quality", settings.quality]
    optional: tuple[tuple[str, Any], ...] = (
        ("--end", settings.end),
        ("--focal-length", settings.focal_length_px),
        ("--focal-length-35mm", settings.focal_length_35mm),
        ("--backbone", settings.backbone if settings.backbone != "blazepose" else None),
        ("--checkpoint", settings.checkpoint),
        ("--smpl", settings.smpl),
        ("--temporal-weights", settings.temporal_weights),
        ("--network", settings.network),
        ("--detector-weights", settings.detector_weights),
    )
    for option, value in optional:
        if value is not None:
            arguments += [option, str(value)]
    return [*arguments, "--json"]


def register_settings() -> None:
    """Give every scene its settings."""
    bpy.types.Scene.jointwise = bpy.props.PointerProperty(type=JointwiseSettings)


def unregister_settings() -> None:
    """Take them away."""
    del bpy.types.Scene.jointwise
