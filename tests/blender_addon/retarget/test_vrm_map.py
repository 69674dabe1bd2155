from types import SimpleNamespace

from blender_addon_rest_rigs import build_rig, human_places, rig_tables, table_bones
from jointwise_ext.blender_addon.retarget.recognition import recognise
from jointwise_ext.blender_addon.retarget.rig import read_rig
from jointwise_ext.blender_addon.retarget.vrm_map import HUMAN_BONES, vrm_bone_map

NAMES = {name: f"knochen_{number}" for number, name in enumerate(HUMAN_BONES)}


def node(name):
    return SimpleNamespace(node=SimpleNamespace(bone_name=name))


def model(extension):
    return SimpleNamespace(data=SimpleNamespace(vrm_addon_extension=extension))


def vrm1(names):
    attributes = {
        "".join(f"_{c.lower()}" if c.isupper() else c for c in name): node(bone) for name, bone in names.items()
    }
    return SimpleNamespace(vrm1=SimpleNamespace(humanoid=SimpleNamespace(human_bones=SimpleNamespace(**attributes))))


def test_bones_of_a_vrm1_model_come_from_its_own_map():
    found = vrm_bone_map(model(vrm1(NAMES)))
    assert found.bones == {joint: NAMES[name] for name, joint in HUMAN_BONES.items()}
    assert found.bones["left_shoulder"] == NAMES["leftUpperArm"]
    assert len(found.bones) == 22


def test_bones_of_a_vrm0_model_come_from_its_own_map():
    entries = [SimpleNamespace(bone=name, **vars(node(bone))) for name, bone in NAMES.items()]
    humanoid = SimpleNamespace(human_bones=[*entries, SimpleNamespace(bone="leftThumbProximal", **vars(node("x")))])
    found = vrm_bone_map(model(SimpleNamespace(vrm0=SimpleNamespace(humanoid=humanoid))))
    assert found.bones == {joint: NAMES[name] for name, joint in HUMAN_BONES.items()}


def test_other_armatures_have_none():
    assert vrm_bone_map(SimpleNamespace(data=SimpleNamespace())) is None
    assert vrm_bone_map(model(vrm1(dict.fromkeys(NAMES, "")))) is None


def test_a_models_own_map_comes_before_what_the_names_say(scene):
    joints = rig_tables()["Mixamo"]
    rig = read_rig(build_rig(table_bones("Mixamo", human_places()), "Model"))
    names = {name: joints[joint] for name, joint in HUMAN_BONES.items() if name not in ("chest", "upperChest")}
    found = recognise(rig, vrm_bone_map(model(vrm1(names))))
    assert found.bone_map.rig == "VRM"
    assert found.unmapped == ["spine2", "spine3"]


def test_a_models_map_whose_bones_are_gone_is_not_used(scene):
    rig = read_rig(build_rig(table_bones("Mixamo", human_places()), "Model"))
    assert recognise(rig, vrm_bone_map(model(vrm1(NAMES)))).bone_map.rig == "Mixamo"
