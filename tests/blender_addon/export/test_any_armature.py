"""What moves an armature besides its own keys, where it hides, and that all of it stays as it is."""

import bpy
import numpy as np
import pytest
from blender_addon_export_rigs import SWINGING, add_rig, add_skin, angle_deg, bone_motion, scene_state
from jointwise_ext.blender_addon.export.skeleton import kept_bones, read_skeleton


@pytest.fixture
def rig(scene):
    rig = add_rig()
    bpy.context.view_layer.objects.active = rig
    return rig


def reimport(path):
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.context.scene.render.fps = 30
    bpy.ops.import_scene.fbx(filepath=str(path), ignore_leaf_bones=False)
    return next(item for item in bpy.data.objects if item.type == "ARMATURE")


def export_and_compare(rig, tmp_path, frames=range(1, 29), **options):
    """Export and re-import; the bones must be where they are now, and the scene as it is now."""
    heads, turns = bone_motion(rig, frames, SWINGING)
    before = scene_state()
    assert bpy.ops.jointwise.export_fbx(filepath=str(tmp_path / "rig.fbx"), **options) == {"FINISHED"}
    assert scene_state() == before
    again = reimport(tmp_path / "rig.fbx")
    got_heads, got_turns = bone_motion(again, np.arange(1, len(heads) + 1), SWINGING)
    assert np.abs(got_heads - heads).max() < 1e-3
    assert angle_deg(got_turns, turns) < 0.1
    return again


def test_what_constraints_do_is_in_the_file(rig, tmp_path):
    target = bpy.data.objects.new("target", None)
    bpy.context.scene.collection.objects.link(target)
    for frame, place in ((1, (1, 0, 1)), (28, (-1, 1, 0.5))):
        target.location = place
        target.keyframe_insert("location", frame=frame)
    rig.pose.bones["tip"].constraints.new("DAMPED_TRACK").target = target
    follow = rig.pose.bones["base"].constraints.new("COPY_ROTATION")
    follow.target, follow.subtarget = rig, "control"
    export_and_compare(rig, tmp_path)


def test_an_armature_that_only_constraints_move_goes_by_the_scenes_range(rig, tmp_path):
    follower = add_rig("follower")
    follower.animation_data_clear()
    for name in SWINGING:
        follow = follower.pose.bones[name].constraints.new("COPY_TRANSFORMS")
        follow.target, follow.subtarget = rig, name
    bpy.context.scene.frame_start, bpy.context.scene.frame_end = 1, 20
    with pytest.raises(RuntimeError, match=r"no keys to export\. Key it, or export the scene's frame range"):
        bpy.ops.jointwise.export_fbx(filepath=str(tmp_path / "rig.fbx"))
    assert list(tmp_path.iterdir()) == []
    export_and_compare(follower, tmp_path, range(1, 21), frame_range="SCENE")


def test_a_moving_object_is_in_the_file(rig, tmp_path):
    for frame, x in ((1, 0.0), (28, 3.0)):
        rig.location.x, rig.rotation_euler.z = x, x / 2
        rig.keyframe_insert("location", frame=frame)
        rig.keyframe_insert("rotation_euler", frame=frame)
    export_and_compare(rig, tmp_path, preset="UNREAL")


def test_bones_that_inherit_less_come_out_the_same(rig, tmp_path):
    for name in ("lower", "tip"):
        rig.data.bones[name].use_inherit_rotation = False
        rig.data.bones[name].inherit_scale = "NONE"
    for frame, scale in ((1, 1.0), (28, 1.3)):
        rig.pose.bones["base"].scale = (scale,) * 3
        rig.pose.bones["base"].keyframe_insert("scale", frame=frame)
    export_and_compare(rig, tmp_path)


def test_a_stretching_bone_leaves_its_children_in_place(rig, tmp_path):
    upper = rig.pose.bones["upper"]
    for frame, scale in ((1, (1.0, 1.0, 1.0)), (28, (0.8, 1.5, 0.8))):
        upper.scale = scale
        upper.keyframe_insert("scale", frame=frame)
    for name in ("lower", "tip"):
        rig.data.bones[name].inherit_scale = "NONE"
    bpy.context.scene.frame_set(1)
    heads, turns = bone_motion(rig, range(1, 29), SWINGING)
    bpy.context.scene.frame_set(1)
    # Blender's FBX importer connects bones that touch at rest, and connected ones ignore their locations.
    bpy.ops.jointwise.export_gltf(filepath=str(tmp_path / "rig.glb"))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.context.scene.render.fps = 30
    bpy.ops.import_scene.gltf(filepath=str(tmp_path / "rig.glb"))
    again = next(item for item in bpy.data.objects if item.type == "ARMATURE")
    got_heads, got_turns = bone_motion(again, range(28), SWINGING)
    assert np.abs(got_heads - heads).max() < 1e-3
    assert angle_deg(got_turns, turns) < 0.1


def test_a_bone_scaled_to_nothing_is_no_obstacle(rig, tmp_path):
    rig.pose.bones["upper"].scale = (0.0, 0.0, 0.0)
    bpy.context.scene.frame_set(1)
    for kind in ("fbx", "bvh"):
        operator = getattr(bpy.ops.jointwise, f"export_{kind}")
        assert operator(filepath=str(tmp_path / f"rig.{kind}")) == {"FINISHED"}
    assert "nan" not in (tmp_path / "rig.bvh").read_text().lower()


def push_down(rig, start, mute=False):
    track = rig.animation_data.nla_tracks.new()
    track.strips.new("strip", start, rig.animation_data.action)
    rig.animation_data.action = None
    track.mute = mute


def test_the_nla_is_exported_as_it_plays(rig, tmp_path):
    push_down(rig, 11)
    export_and_compare(rig, tmp_path, range(11, 38), source="NLA")


def test_the_action_alone_ignores_the_nla(rig, tmp_path):
    action, slot = rig.animation_data.action, getattr(rig.animation_data, "action_slot", None)
    heads, turns = bone_motion(rig, range(1, 29), SWINGING)
    push_down(rig, 5)
    rig.animation_data.nla_tracks[0].strips[0].blend_type = "COMBINE"
    rig.animation_data.action = action
    if slot is not None:
        rig.animation_data.action_slot = slot
    before = scene_state()
    bpy.ops.jointwise.export_fbx(filepath=str(tmp_path / "rig.fbx"), source="ACTION")
    assert scene_state() == before
    got_heads, got_turns = bone_motion(reimport(tmp_path / "rig.fbx"), range(1, 29), SWINGING)
    assert np.abs(got_heads - heads).max() < 1e-3
    assert angle_deg(got_turns, turns) < 0.1


def add_actions(rig):
    """Push two actions down to the same frames; return what each shows alone, by name."""
    truth = {}
    first = rig.animation_data.action
    slot = getattr(rig.animation_data, "action_slot", None)
    for name, amount in (("wave", 0.5), ("nod", 1.5)):
        action = first.copy()
        action.name = name
        rig.animation_data.action = action
        if slot is not None:
            rig.animation_data.action_slot = action.slots[0]
        for frame in (1, 13 if name == "wave" else 22):
            rig.pose.bones["tip"].rotation_euler = (amount * frame / 20, 0.2, 0.0)
            rig.pose.bones["tip"].keyframe_insert("rotation_euler", frame=frame)
        span = range(1, 29)
        truth[name] = bone_motion(rig, span, SWINGING)
    for name in truth:
        rig.animation_data.nla_tracks.new().strips.new(name, 5, bpy.data.actions[name])
    rig.animation_data.action = first
    if slot is not None:
        rig.animation_data.action_slot = slot
    bpy.context.scene.frame_set(1)
    return truth


@pytest.mark.parametrize("kind", ["fbx", "gltf"])
def test_each_action_of_the_nla_becomes_a_take(rig, tmp_path, kind):
    truth = add_actions(rig)
    before = scene_state()
    path = tmp_path / ("rig.fbx" if kind == "fbx" else "rig.glb")
    assert getattr(bpy.ops.jointwise, f"export_{kind}")(filepath=str(path), source="TAKES") == {"FINISHED"}
    assert scene_state() == before
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.context.scene.render.fps = 30
    (bpy.ops.import_scene.fbx if kind == "fbx" else bpy.ops.import_scene.gltf)(filepath=str(path))
    again = next(item for item in bpy.data.objects if item.type == "ARMATURE")
    for track in list(again.animation_data.nla_tracks):
        again.animation_data.nla_tracks.remove(track)
    for name, (heads, turns) in truth.items():
        action = next(action for action in bpy.data.actions if name in action.name)
        again.animation_data.action = action
        if hasattr(again.animation_data, "action_slot"):
            again.animation_data.action_slot = action.slots[0]
        start = action.frame_range[0]
        got_heads, got_turns = bone_motion(again, start + np.arange(28), SWINGING)
        assert np.abs(got_heads - heads).max() < 1e-3
        assert angle_deg(got_turns, turns) < 0.1


@pytest.mark.parametrize("kind", ["bvh", "usd"])
def test_formats_of_one_motion_refuse_takes(rig, tmp_path, kind):
    with pytest.raises(RuntimeError, match="holds one motion"):
        getattr(bpy.ops.jointwise, f"export_{kind}")(filepath=str(tmp_path / "rig"), source="TAKES")


def test_takes_without_an_nla_are_refused(rig, tmp_path):
    with pytest.raises(RuntimeError, match="has no actions in the NLA"):
        bpy.ops.jointwise.export_fbx(filepath=str(tmp_path / "rig"), source="TAKES")


@pytest.mark.parametrize("mode", ["POSE", "EDIT"])
def test_the_mode_is_kept(rig, tmp_path, mode):
    add_skin(rig)
    bpy.ops.object.mode_set(mode=mode)
    before = scene_state()
    bpy.ops.jointwise.export_fbx(filepath=str(tmp_path / "rig.fbx"))
    assert scene_state() == before
    assert rig.mode == mode
    bpy.ops.object.mode_set(mode="OBJECT")


def test_a_hidden_armature_shown_at_rest_is_exported_posed(rig, tmp_path):
    heads, turns = bone_motion(rig, range(1, 29), SWINGING)
    add_skin(rig)
    rig.data.pose_position = "REST"
    rig.hide_viewport = True
    before = scene_state()
    bpy.ops.jointwise.export_fbx(filepath=str(tmp_path / "rig.fbx"))
    assert scene_state() == before
    got_heads, got_turns = bone_motion(reimport(tmp_path / "rig.fbx"), range(1, 29), SWINGING)
    assert np.abs(got_heads - heads).max() < 1e-3
    assert angle_deg(got_turns, turns) < 0.1


@pytest.mark.parametrize("has_nla", [False, True])
def test_an_unkeyed_pose_in_progress_is_not_lost(rig, tmp_path, has_nla):
    if has_nla:
        rig.animation_data.nla_tracks.new().strips.new("strip", 1, rig.animation_data.action)
        bpy.context.scene.frame_set(1)
    rig.pose.bones["control"].location = (0.3, 0.2, 0.1)
    rig.pose.bones["tip"].rotation_euler = (1.0, 0.5, 0.2)
    bpy.context.view_layer.update()
    before = scene_state()
    bpy.ops.jointwise.export_fbx(filepath=str(tmp_path / "rig.fbx"))
    assert scene_state() == before
    assert np.allclose(rig.pose.bones["tip"].rotation_euler, (1.0, 0.5, 0.2))


def test_a_linked_armature_is_exported(rig, tmp_path):
    heads, turns = bone_motion(rig, range(1, 29), SWINGING)
    add_skin(rig)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "character.blend"))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.context.scene.render.fps = 30
    with bpy.data.libraries.load(str(tmp_path / "character.blend"), link=True) as (_, wanted):
        wanted.objects = ["rig", "skin"]
    for item in bpy.data.objects:
        bpy.context.scene.collection.objects.link(item)
    linked = bpy.data.objects["rig"]
    bpy.context.view_layer.objects.active = linked
    bpy.context.scene.frame_set(1)
    before = scene_state()
    bpy.ops.jointwise.export_fbx(filepath=str(tmp_path / "rig.fbx"))
    assert scene_state() == before
    again = reimport(tmp_path / "rig.fbx")
    got_heads, got_turns = bone_motion(again, range(1, 29), SWINGING)
    assert np.abs(got_heads - heads).max() < 1e-3
    assert angle_deg(got_turns, turns) < 0.1
    assert {item.name for item in bpy.data.objects} == {"rig", "skin"}


def test_a_library_override_is_exported_and_stays_one(rig, tmp_path):
    heads, turns = bone_motion(rig, range(1, 29), SWINGING)
    add_skin(rig).modifiers.new("Mirror", "MIRROR")
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "character.blend"))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.context.scene.render.fps = 30
    with bpy.data.libraries.load(str(tmp_path / "character.blend"), link=True) as (_, wanted):
        wanted.objects = ["skin"]
    bpy.context.scene.collection.objects.link(bpy.data.objects["rig"])
    bpy.context.scene.collection.objects.link(bpy.data.objects["skin"])
    overridden = bpy.data.objects["skin"].override_hierarchy_create(bpy.context.scene, bpy.context.view_layer)
    assert overridden.override_library is not None
    bpy.context.view_layer.objects.active = overridden
    bpy.context.scene.frame_set(1)
    before = scene_state()
    bpy.ops.jointwise.export_fbx(filepath=str(tmp_path / "rig.fbx"), preset="UNREAL")
    assert scene_state() == before
    assert overridden.override_library is not None
    got_heads, got_turns = bone_motion(reimport(tmp_path / "rig.fbx"), range(1, 29), SWINGING)
    assert np.abs(got_heads - heads).max() < 1e-3
    assert angle_deg(got_turns, turns) < 0.1


def test_the_active_mesh_stands_for_its_armature(rig, tmp_path):
    bpy.context.view_layer.objects.active = add_skin(rig)
    assert bpy.ops.jointwise.export_fbx(filepath=str(tmp_path / "rig.fbx")) == {"FINISHED"}


def test_a_root_bone_carries_the_movement_over_the_ground(rig, tmp_path):
    again = export_and_compare(rig, tmp_path, root_bone="MOTION")
    root = again.data.bones["root"]
    assert [bone.name for bone in again.data.bones if bone.parent is None] == ["root"]
    assert [bone.name for bone in root.children] == ["base"]
    heads, _ = bone_motion(again, (1, 28), ["root", "base"])
    assert np.allclose(heads[:, 0, :2] - heads[:, 1, :2], 0.0, atol=1e-3)
    assert np.allclose(heads[:, 0, 2], 0.0, atol=1e-4)


def test_controls_come_along_when_asked_for(rig, tmp_path):
    again = export_and_compare(rig, tmp_path, only_deform_bones=False)
    assert "control" in again.data.bones


def test_a_prop_on_a_bone_follows_it(rig, tmp_path):
    prop = bpy.data.objects.new("prop", bpy.data.meshes.new("prop"))
    prop.data.from_pydata([(0, 0, 0), (0.1, 0, 0), (0, 0.1, 0)], [], [(0, 1, 2)])
    bpy.context.scene.collection.objects.link(prop)
    prop.parent, prop.parent_type, prop.parent_bone = rig, "BONE", "control"
    prop.location = (0.2, -0.1, 0.3)
    truth = place(prop, 15)
    again = export_and_compare(rig, tmp_path, preset="UNREAL")
    assert "control" in again.data.bones
    assert np.abs(place(bpy.data.objects["prop"], 15) - truth).max() < 1e-3


def test_other_modifiers_are_applied_and_shape_keys_are_kept(rig, tmp_path):
    skin, plain = add_skin(rig), add_skin(rig, "with_keys")
    skin.modifiers.new("Mirror", "MIRROR")
    plain.shape_key_add(name="Basis")
    plain.shape_key_add(name="wide").data[0].co.x += 0.3
    export_and_compare(rig, tmp_path, preset="UNREAL")
    assert len(bpy.data.objects["skin"].data.vertices) > len(bpy.data.objects["with_keys"].data.vertices)
    assert "wide" in bpy.data.objects["with_keys"].data.shape_keys.key_blocks


def place(item, frame):
    bpy.context.scene.frame_set(frame)
    shown = item.evaluated_get(bpy.context.evaluated_depsgraph_get())
    return np.array([list(shown.matrix_world @ vertex.co) for vertex in item.data.vertices])


def test_a_rig_named_as_unreal_wants_and_a_stranger_of_that_name_keep_their_names(rig, tmp_path):
    stranger = bpy.data.objects.new("Armature", None)
    bpy.context.scene.collection.objects.link(stranger)
    again = export_and_compare(rig, tmp_path, preset="UNREAL")
    assert again.name == "Armature"


def test_deform_bones_find_their_parents_past_controls(scene):
    data = bpy.data.armatures.new("rigify")
    rig = bpy.data.objects.new("rigify", data)
    scene.collection.objects.link(rig)
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    parents = {"DEF-spine": "", "ORG-spine": "", "MCH-leg": "ORG-spine", "DEF-thigh": "MCH-leg", "ORG-thigh": "MCH-leg",
               "DEF-shin": "ORG-thigh"}  # fmt: skip
    for name, parent in parents.items():
        bone = data.edit_bones.new(name)
        bone.tail = (0, 0, 1)
        bone.use_deform = name.startswith("DEF-")
        bone.parent = data.edit_bones.get(parent)
    bpy.ops.object.mode_set(mode="OBJECT")
    skeleton = read_skeleton(rig, kept_bones(rig, [], only_deform=True))
    found = dict(zip(skeleton.names, skeleton.parents, strict=True))
    assert {name: skeleton.names[parent] if parent >= 0 else None for name, parent in found.items()} == {
        "DEF-spine": None,
        "DEF-thigh": "DEF-spine",
        "DEF-shin": "DEF-thigh",
    }
