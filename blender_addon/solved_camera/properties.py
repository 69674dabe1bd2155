"""Which camera was solved and how its scale is found; kept in the scene's settings."""

import bpy

from .callback import is_camera


class JointwiseSolvedCamera(bpy.types.PropertyGroup):
    """Settings of the scene, at `scene.jointwise.solved_camera`."""

    camera: bpy.props.PointerProperty(
        name="Solved Camera",
        description="A moving camera that you solved or keyed for this video: new motions are placed in the world "
        "through it. Empty: the camera is taken for still",
        type=bpy.types.Object,
        poll=is_camera,
    )
    fits_scale: bpy.props.BoolProperty(
        name="Fit Scale",
        description="Find how many metres a unit of the camera's way is: the scale at which standing feet slide least",
        default=True,
    )
    scale: bpy.props.FloatProperty(
        name="Scale",
        description="Metres in a unit of the camera's way",
        default=1.0,
        min=1e-6,
        soft_min=0.01,
        soft_max=100.0,
        precision=4,
    )
    has_floor: bpy.props.BoolProperty(
        name="Known Floor",
        description="The floor's height in the camera's solved scene is known (0 where you set the floor in the Clip "
        "editor); the scale is then found much better",
    )
    floor_height: bpy.props.FloatProperty(
        name="Floor Height", description="Height of the floor in the world, metres", subtype="DISTANCE"
    )
