"""Makes the armature: 24 bones named as SMPL's joints, every rest frame SMPL's axes stood up."""

from typing import Any, Final

import bpy
from mathutils import Vector

from ..core.skeleton import JOINT_NAMES, PARENTS
from .axes import ARMATURE_FROM_SMPL
from .rest_pose import FloatArray

BONE_LENGTH_M: Final = 0.08
"""The tail lies straight above the head, whatever the limb's direction: the rest frames stay SMPL's axes."""


def create_armature(context: Any, name: str, heads: FloatArray) -> Any:
    """Return a new armature object in the active collection, identity transforms, T-pose facing -Y, quaternion mode.

    Args:
        context: Blender's context; left in object mode with the armature active.
        heads: (24, 3) rest joints, metres, armature axes (z up).
    """
    data = bpy.data.armatures.new(name)
    armature = bpy.data.objects.new(name, data)
    context.collection.objects.link(armature)
    _add_bones(context, armature, heads)
    data.display_type = "STICK"
    armature.show_in_front = True
    for bone in armature.pose.bones:
        bone.rotation_mode = "QUATERNION"
    return armature


def _add_bones(context: Any, armature: Any, heads: FloatArray) -> None:
    """Add the bones; edit bones exist only in edit mode, which needs the object to be the active one."""
    context.view_layer.objects.active = armature
    # The window may show another scene than the one that is built, and would name that scene's active object.
    with context.temp_override(active_object=armature, object=armature):
        bpy.ops.object.mode_set(mode="EDIT")
        try:
            _fill_edit_bones(armature.data.edit_bones, heads)
        finally:
            bpy.ops.object.mode_set(mode="OBJECT")


def _fill_edit_bones(edit_bones: Any, heads: FloatArray) -> None:
    forward = Vector(ARMATURE_FROM_SMPL[:, 2])
    for name, parent, head in zip(JOINT_NAMES, PARENTS, heads, strict=True):
        bone = edit_bones.new(name)
        bone.head = head
        bone.tail = Vector(head) + Vector((0.0, 0.0, BONE_LENGTH_M))
        bone.align_roll(forward)
        if parent >= 0:
            bone.parent = edit_bones[JOINT_NAMES[parent]]
