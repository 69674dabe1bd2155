from types import SimpleNamespace

import bpy
import numpy as np
import pytest
from blender_addon_recording_layout import RecordingLayout
from blender_addon_rest_rigs import build_rig, human_places, limb_errors_deg, rig_tables, table_bones
from jointwise_ext.blender_addon.messages import MESSAGES
from jointwise_ext.blender_addon.retarget.panel import JOINTWISE_PT_retarget, JOINTWISE_PT_retarget_mapping
from jointwise_ext.blender_addon.scene_assembly import assemble_motion

MIXAMO = rig_tables()["Mixamo"]


@pytest.fixture
def source(scene, make_motion_file):
    return assemble_motion(bpy.context, make_motion_file()[0])


@pytest.fixture
def rig(source):
    made = build_rig(table_bones("Mixamo", human_places(45.0)), "Hero")
    select(source)
    return made


def select(*items):
    for item in bpy.context.view_layer.objects:
        item.select_set(item in items)
    bpy.context.view_layer.objects.active = items[0]


def drawn(panel, scene):
    layout = RecordingLayout()
    preferences = SimpleNamespace(system=SimpleNamespace(ui_scale=1.0))
    region = SimpleNamespace(width=4000)
    context = SimpleNamespace(scene=scene, preferences=preferences, region=region, view_layer=bpy.context.view_layer)
    panel.draw(SimpleNamespace(layout=layout), context)
    return layout


def test_a_script_retargets_by_the_rigs_name(rig, source):
    assert bpy.ops.jointwise.retarget("EXEC_DEFAULT", target="Hero") == {"FINISHED"}
    assert max(limb_errors_deg(source, rig, MIXAMO, 20).values()) < 1.0


def test_choosing_a_rig_fills_the_mapping_and_the_panel_says_what_it_is(scene, rig, source):
    scene.jointwise.retarget.target = rig
    layout = drawn(JOINTWISE_PT_retarget, scene)
    assert layout.labels == ["Mixamo  ·  100%", "22 of 22 joints have a bone", f"Motion: {source.name}"]
    assert set(layout.buttons) == {"jointwise.retarget"}
    mapping = drawn(JOINTWISE_PT_retarget_mapping, scene)
    assert mapping.props == ["bone"] * 22
    assert mapping.labels[:2] == ["Pelvis", "Left Hip"]
    assert set(mapping.buttons) == {
        "jointwise.recognise_rig", "jointwise.load_bone_map", "jointwise.save_bone_map",
    }  # fmt: skip
    assert bpy.ops.jointwise.retarget() == {"FINISHED"}
    assert rig.animation_data.action is not None


def test_the_panel_lists_what_has_no_bone(scene, rig):
    scene.jointwise.retarget.target = rig
    scene.jointwise.retarget.bones["left_foot"].bone = ""
    labels = drawn(JOINTWISE_PT_retarget, scene).labels
    assert "21 of 22 joints have a bone" in labels
    assert "Without a bone: Left Foot" in labels


def test_the_panel_says_whose_motion_is_meant(scene, rig, source, make_motion_file):
    scene.jointwise.retarget.target = rig
    other = assemble_motion(bpy.context, make_motion_file("second.npz", frame_count=12)[0])
    select(rig)
    assert drawn(JOINTWISE_PT_retarget, scene).labels[-1] == "Select the armature with the motion."
    select(rig, other, source)
    assert drawn(JOINTWISE_PT_retarget, scene).labels[-1] == f"Motion: {', '.join(sorted((source.name, other.name)))}"


def test_without_a_rig_the_panel_says_what_to_choose(scene):
    assert drawn(JOINTWISE_PT_retarget, scene).labels == ["Choose your character's armature."]
    assert not JOINTWISE_PT_retarget_mapping.poll(bpy.context)


def test_a_changed_mapping_is_used(scene, rig, source):
    scene.jointwise.retarget.target = rig
    scene.jointwise.retarget.bones["left_wrist"].bone = ""
    assert bpy.ops.jointwise.retarget() == {"FINISHED"}
    paths = {curve.data_path for curve in source_free_curves(rig)}
    assert not any("LeftHand" in path for path in paths)
    assert any("RightHand" in path for path in paths)


def source_free_curves(rig):
    from jointwise_ext.blender_addon.compat import current_fcurves

    return current_fcurves(rig)


def test_several_captures_become_one_action_each(rig, source, make_motion_file):
    other = assemble_motion(bpy.context, make_motion_file("second.npz", frame_count=12)[0])
    select(other, source)
    assert bpy.ops.jointwise.retarget(target="Hero") == {"FINISHED"}
    names = {action.name for action in bpy.data.actions if action.name.startswith("Hero_")}
    assert names == {f"Hero_{source.name}", f"Hero_{other.name}"}
    assert all(bpy.data.actions[name].use_fake_user for name in names)


def test_a_bad_capture_among_several_stops_before_anything_is_keyed(rig, source, make_motion_file):
    other = assemble_motion(bpy.context, make_motion_file("second.npz", frame_count=12)[0])
    other.animation_data_clear()
    select(other, source)
    with pytest.raises(RuntimeError, match="no keys"):
        bpy.ops.jointwise.retarget(target="Hero")
    assert rig.animation_data is None


def test_with_the_rig_selected_the_only_capture_is_meant(rig, source):
    select(rig)
    assert bpy.ops.jointwise.retarget(target="Hero") == {"FINISHED"}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({}, "No target rig is chosen"),
        ({"target": "Nobody"}, "no object Nobody"),
        ({"target": "Lamp"}, "is not an armature"),
        ({"target": "Hero", "mapping_path": "/nowhere/nothing.json"}, "cannot be read"),
    ],
)
def test_what_is_missing_is_said(scene, rig, arguments, sentence):
    lamp = bpy.data.objects.new("Lamp", None)
    scene.collection.objects.link(lamp)
    with pytest.raises(RuntimeError, match=sentence):
        bpy.ops.jointwise.retarget(**arguments)
    assert sentence.split()[0] in MESSAGES.error


def test_a_capture_is_needed_and_may_not_be_the_target(scene, rig, source):
    with pytest.raises(RuntimeError, match="No captured armature is selected"):
        bpy.ops.jointwise.retarget(target=source.name)
    bpy.data.objects.remove(source)
    with pytest.raises(RuntimeError, match="No captured armature is selected"):
        bpy.ops.jointwise.retarget(target="Hero")


def test_a_mapping_is_saved_and_loaded_from_the_panel_and_by_script(scene, rig, source, tmp_path):
    settings = scene.jointwise.retarget
    settings.target = rig
    settings.bones["head"].bone = ""
    assert bpy.ops.jointwise.save_bone_map(filepath=str(tmp_path / "hero")) == {"FINISHED"}
    assert bpy.ops.jointwise.recognise_rig() == {"FINISHED"}
    assert settings.bones["head"].bone == MIXAMO["head"]
    assert bpy.ops.jointwise.load_bone_map(filepath=str(tmp_path / "hero.json")) == {"FINISHED"}
    assert settings.bones["head"].bone == ""
    assert bpy.ops.jointwise.retarget(target="Hero", mapping_path=str(tmp_path / "hero.json")) == {"FINISHED"}
    assert not any(MIXAMO["head"] in curve.data_path for curve in source_free_curves(rig))


def test_a_mapping_of_another_rig_names_the_bones_that_are_not_there(scene, rig, tmp_path):
    settings = scene.jointwise.retarget
    settings.target = rig
    bpy.ops.jointwise.save_bone_map(filepath=str(tmp_path / "hero.json"))
    settings.target = build_rig(table_bones("VRoid", human_places()), "Other")
    assert bpy.ops.jointwise.load_bone_map(filepath=str(tmp_path / "hero.json")) == {"FINISHED"}
    assert MIXAMO["pelvis"] in settings.doubts
    assert not any(entry.bone for entry in settings.bones)


def test_a_bad_mapping_file_is_a_sentence_and_changes_nothing(scene, rig, tmp_path):
    settings = scene.jointwise.retarget
    settings.target = rig
    (tmp_path / "bad.json").write_text("{}", encoding="utf-8")
    with pytest.raises(RuntimeError, match=r"bad\.json is not a mapping"):
        bpy.ops.jointwise.load_bone_map(filepath=str(tmp_path / "bad.json"))
    assert settings.bones["pelvis"].bone == MIXAMO["pelvis"]


def library(tmp_path, rig):
    bpy.data.libraries.write(str(tmp_path / "hero.blend"), {rig, rig.data})
    bpy.data.objects.remove(rig)
    with bpy.data.libraries.load(str(tmp_path / "hero.blend"), link=True) as (_, linked):
        linked.objects = ["Hero"]
    bpy.context.scene.collection.objects.link(linked.objects[0])
    return linked.objects[0]


def test_a_linked_rig_is_refused_with_what_to_do(scene, rig, source, tmp_path):
    linked = library(tmp_path, rig)
    scene.jointwise.retarget.target = linked
    with pytest.raises(RuntimeError, match="Make a library override"):
        bpy.ops.jointwise.retarget()
    assert linked.animation_data is None


def test_a_library_override_is_keyed_and_its_library_stays(scene, rig, source, tmp_path):
    linked = library(tmp_path, rig)
    before = (tmp_path / "hero.blend").read_bytes()
    override = linked.override_create(remap_local_usages=True)
    override.override_library.is_system_override = False
    select(source)
    scene.jointwise.retarget.target = override
    assert bpy.ops.jointwise.retarget() == {"FINISHED"}
    assert max(limb_errors_deg(source, override, MIXAMO, 20).values()) < 1.0
    assert linked.animation_data is None
    assert all(np.allclose(bone.matrix_basis, np.eye(4)) for bone in linked.pose.bones)
    assert before == (tmp_path / "hero.blend").read_bytes()


def test_an_override_that_is_not_editable_is_refused(scene, rig, source, tmp_path):
    override = library(tmp_path, rig).override_create(remap_local_usages=True)
    override.override_library.is_system_override = True
    with pytest.raises(RuntimeError, match="not editable"):
        bpy.ops.jointwise.retarget(target=override.name)


def test_a_rig_in_edit_mode_is_retargeted(scene, rig, source):
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    assert bpy.ops.jointwise.retarget(target="Hero") == {"FINISHED"}
    assert max(limb_errors_deg(source, rig, MIXAMO, 20).values()) < 1.0


def test_pose_mode_is_not_left(scene, rig, source):
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="POSE")
    assert bpy.ops.jointwise.retarget(target="Hero") == {"FINISHED"}
    assert rig.mode == "POSE"
    assert max(limb_errors_deg(source, rig, MIXAMO, 20).values()) < 1.0


def test_options_of_the_panel_are_used(scene, rig, source):
    scene.jointwise.retarget.in_place = True
    bpy.ops.jointwise.retarget(target="Hero")
    from blender_addon_rest_rigs import world_heads

    places = np.array([world_heads(rig, {"p": MIXAMO["pelvis"]}, frame)["p"] for frame in (1, 20, 40)])
    assert np.abs(places[:, :2] - places[0, :2]).max() < 1e-4
