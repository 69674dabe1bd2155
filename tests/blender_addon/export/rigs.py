"""Rigs to export, and what Blender shows of them: naive, bone by bone. Loaded by conftest."""

import bpy
import numpy as np

SWINGING = ("base", "upper", "lower", "tip")


def add_rig(name="rig", frame_count=30, scale=1.0, location=(0.0, 0.0, 0.0), rotation=(0.0, 0.0, 0.0)):
    """Return a chain of four bones with rest rotations, keyed with locations and rotations, and a control bone."""
    data = bpy.data.armatures.new(name)
    rig = bpy.data.objects.new(name, data)
    bpy.context.scene.collection.objects.link(rig)
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    head, parent = np.zeros(3), None
    for number, bone_name in enumerate(SWINGING):
        bone = data.edit_bones.new(bone_name)
        tail = head + np.array([0.2 * np.sin(number), 0.1 * number, 0.4])
        bone.head, bone.tail, bone.roll, bone.parent = head, tail, 0.3 * number, parent
        bone.use_connect = parent is not None and number != 2
        head, parent = tail, bone
    control = data.edit_bones.new("control")
    control.head, control.tail, control.use_deform = (1, 0, 0), (1, 0, 1), False
    bpy.ops.object.mode_set(mode="OBJECT")
    rig.location, rig.rotation_euler, rig.scale = location, rotation, (scale,) * 3
    _key(rig, frame_count)
    bpy.context.scene.frame_set(bpy.context.scene.frame_current)
    return rig


def _key(rig, frame_count):
    rng = np.random.default_rng(5)
    for bone_name in SWINGING:
        bone = rig.pose.bones[bone_name]
        bone.rotation_mode = "XYZ"
        amplitude, phase = rng.uniform(0.2, 0.6, 3), rng.uniform(0, 6, 3)
        for frame in range(1, frame_count + 1, 3):
            bone.rotation_euler = amplitude * np.sin(0.2 * frame + phase)
            bone.keyframe_insert("rotation_euler", frame=frame)
    base = rig.pose.bones["base"]
    for frame in range(1, frame_count + 1, 3):
        base.location = (0.02 * frame, 0.1 * np.sin(0.1 * frame), 0.0)
        base.keyframe_insert("location", frame=frame)


def add_skin(rig, name="skin"):
    """Return a mesh with a vertex at each bone's head and tail, deformed by the rig."""
    places = [
        point for bone in SWINGING for point in (rig.data.bones[bone].head_local, rig.data.bones[bone].tail_local)
    ]
    data = bpy.data.meshes.new(name)
    data.from_pydata([list(point) for point in places], [], [(i, i + 1, i + 2) for i in range(len(places) - 2)])
    skin = bpy.data.objects.new(name, data)
    bpy.context.scene.collection.objects.link(skin)
    for index, bone in enumerate(SWINGING):
        skin.vertex_groups.new(name=bone).add([2 * index, 2 * index + 1], 1.0, "REPLACE")
    skin.modifiers.new("Armature", "ARMATURE").object = rig
    skin.parent = rig
    return skin


def bone_motion(rig, frames, names):
    """World heads (T, B, 3) and rest-relative world rotations (T, B, 3, 3) of bones at scene frames."""
    heads, turns = [], []
    for frame in frames:
        whole = int(np.floor(frame))
        bpy.context.scene.frame_set(whole, subframe=float(frame - whole))
        shown = rig.evaluated_get(bpy.context.evaluated_depsgraph_get())
        heads.append([list(shown.matrix_world @ shown.pose.bones[name].head) for name in names])
        turns.append([_turn(shown, name) for name in names])
    return np.array(heads), np.array(turns)


def _turn(rig, name):
    posed = (rig.matrix_world @ rig.pose.bones[name].matrix).to_quaternion().to_matrix()
    rest = (rig.matrix_world @ rig.data.bones[name].matrix_local).to_quaternion().to_matrix()
    return np.array(posed @ rest.transposed())


def angle_deg(first, second):
    """Largest angle, degrees, between rotations (..., 3, 3), exact for small ones."""
    return np.degrees(2 * np.arcsin(np.clip(np.linalg.norm(first - second, axis=(-2, -1)) / np.sqrt(8), 0, 1))).max()


def scene_state():
    """Everything that an export must leave alone: data, names, properties, keys, selection and frame."""
    scene, layer = bpy.context.scene, bpy.context.view_layer
    state = {
        "scene": scene.name, "scenes": sorted(bpy.data.scenes.keys()), "window": _window_scene(),
        "frame": (scene.frame_current, scene.frame_subframe, scene.frame_start, scene.frame_end),
        "rate": (scene.render.fps, scene.render.fps_base),
        "unit": (scene.unit_settings.system, scene.unit_settings.scale_length),
        "active": layer.objects.active, "selected": sorted(item.name for item in layer.objects.selected),
        "modes": {item.name: item.mode for item in bpy.data.objects},
        "hidden": {item.name: (item.hide_get(), item.hide_viewport, item.hide_render) for item in layer.objects},
    }  # fmt: skip
    kinds = ("objects", "meshes", "armatures", "actions", "materials", "images", "collections", "cameras", "worlds",
             "node_groups", "texts")  # fmt: skip
    for kind in kinds:
        state[kind] = {item.name: (item.as_pointer(), item.users) for item in getattr(bpy.data, kind)}
    for rig in (item for item in bpy.data.objects if item.type == "ARMATURE"):
        bones = rig.pose.bones
        state[rig.name] = [(bone.name, tuple(map(tuple, bone.matrix_basis)), len(bone.constraints)) for bone in bones]
        state[f"{rig.name}.rest"] = [(b.name, tuple(map(tuple, b.matrix_local)), b.use_connect) for b in rig.data.bones]
        state[f"{rig.name}.data"] = (rig.data.pose_position, tuple(map(tuple, rig.matrix_world)))
        if rig.animation_data:
            animation = rig.animation_data
            state[f"{rig.name}.animation"] = (animation.action, animation.use_nla, len(animation.nla_tracks))
    for action in bpy.data.actions:
        state[f"{action.name}.keys"] = tuple(action.frame_range)
    return state


def _window_scene():
    return bpy.context.window.scene.name if bpy.context.window else None
