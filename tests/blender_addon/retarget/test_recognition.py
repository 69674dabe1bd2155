import re

import numpy as np
import pytest
from blender_addon_rest_rigs import build_rig, human_places, mpfb_rigs, rig_tables, set_transform, table_bones
from jointwise_ext.blender_addon.retarget.bone_names import canonical_names
from jointwise_ext.blender_addon.retarget.joints import JOINTS, MIRROR
from jointwise_ext.blender_addon.retarget.motion import recognise_rig
from jointwise_ext.blender_addon.retarget.recognition import STRUCTURE, recognise
from jointwise_ext.blender_addon.retarget.rig import read_rig

TABLES = rig_tables()
LIMBS = [joint for joint in JOINTS if joint.startswith(("left", "right")) and "collar" not in joint]


def built(name, rename=lambda bone: bone, **options):
    places = human_places(options.pop("arm_drop_deg", 45.0))
    bones = [
        (rename(bone), rename(parent) if parent else None, head) for bone, parent, head in table_bones(name, places)
    ]
    return build_rig(bones, name, np.random.default_rng(5), **options)


def spelled_otherwise(name):
    """Another spelling of the same words: separators, capitals, sides, name space."""
    name = re.sub(r"^mixamorig:", "mixamorig7:", name)
    return "Hero:" + name.replace("_", "-") if ":" not in name else name


@pytest.mark.parametrize("name", TABLES)
def test_bones_with_other_separators_and_name_spaces_are_recognised(scene, name):
    found = recognise_rig(built(name, spelled_otherwise))
    assert dict(found.bone_map.bones) == {joint: spelled_otherwise(bone) for joint, bone in TABLES[name].items()}
    assert found.warnings == []
    assert found.coverage == len(TABLES[name])


@pytest.mark.parametrize("name", TABLES)
def test_bones_with_meaningless_names_are_found_by_structure(scene, name):
    bones = table_bones(name, human_places(45.0))
    new_name = {bone: f"b{number}" for number, (bone, _, _) in enumerate(bones)}
    rig = built(name, new_name.get)
    found = recognise_rig(rig)
    assert found.bone_map.rig == STRUCTURE
    assert found.score <= 0.5
    assert any("guess by structure" in warning for warning in found.warnings)
    old_name = {new: old for old, new in new_name.items()}
    guessed = {joint: old_name[bone] for joint, bone in found.bone_map.bones.items()}
    for joint in ("pelvis", "head", *LIMBS):
        if joint in TABLES[name]:
            assert guessed[joint] == TABLES[name][joint]


@pytest.mark.parametrize("turn", [(0, 0, 0), (90, 0, 0), (0, 0, 180), (90, 0, -60)])
def test_no_turn_of_the_object_swaps_the_sides_of_a_structure(scene, turn):
    # Only a standing rig can be told by structure, so the rest pose is turned back inside the object.
    bones = table_bones("Mixamo", human_places(45.0))
    names = {bone: f"b{number}" for number, (bone, _, _) in enumerate(bones)}
    rig = build_rig([(names[bone], names.get(parent), head) for bone, parent, head in bones], "x")
    set_transform(rig, (1, 2, 0), turn, 0.01)
    found = recognise_rig(rig).bone_map.bones
    assert found["left_wrist"] == names["mixamorig:LeftHand"]
    assert found["left_knee"] == names["mixamorig:LeftLeg"]


@pytest.mark.parametrize("name", ["default", "cmu_mb", "game_engine", "mixamo"])
def test_rigs_with_their_makers_rest_pose_are_recognised_and_found_by_structure_alike(scene, name):
    bones = mpfb_rigs()[name]
    by_name = recognise_rig(build_rig(bones, name))
    assert by_name.score == 1.0
    assert by_name.coverage == (20 if name == "default" else 22)
    names = {bone[0]: f"b{number}" for number, bone in enumerate(bones)}
    renamed = [(names[bone], names.get(parent), *rest) for bone, parent, *rest in bones]
    by_structure = recognise_rig(build_rig(renamed, "renamed")).bone_map.bones
    known = by_name.bone_map.bones
    same = [joint for joint in LIMBS if joint in known and by_structure[joint] == names[known[joint]]]
    # The default rig's arm begins with two bones; either may be taken for the shoulder.
    assert set(LIMBS) & set(known) - set(same) <= {"left_shoulder", "right_shoulder"} & (
        set(LIMBS) if name == "default" else set()
    )


def test_mirrored_names_are_put_right_by_the_feet_and_said(scene):
    def mirrored(bone):
        return bone.replace("Left", "?").replace("Right", "Left").replace("?", "Right")

    found = recognise_rig(built("Mixamo", mirrored))
    assert found.bone_map.bones["left_knee"] == "mixamorig:RightLeg"
    assert any("the other way round" in warning for warning in found.warnings)


def test_missing_bones_are_listed(scene):
    places = human_places()
    bones = [entry for entry in table_bones("Mixamo", places) if "Toe" not in entry[0] and "Spine2" not in entry[0]]
    parents = {"mixamorig:Neck": "mixamorig:Spine1", "mixamorig:LeftShoulder": "mixamorig:Spine1"}
    parents["mixamorig:RightShoulder"] = "mixamorig:Spine1"
    rig = build_rig([(name, parents.get(name, parent), head) for name, parent, head in bones], "x")
    found = recognise_rig(rig)
    assert found.coverage == 19
    assert found.unmapped == ["spine3", "left_foot", "right_foot"]


def test_a_rig_with_unitys_names_is_known_but_for_its_toes(scene):
    names = {bone: bone.replace("J_Bip_C_", "").replace("J_Bip_L_", "Left").replace("J_Bip_R_", "Right")
             for bone in TABLES["VRoid"].values()}  # fmt: skip
    names |= {"Root": "Armature", "J_Bip_L_ToeBase": "LeftToes", "J_Bip_R_ToeBase": "RightToes"}
    found = recognise_rig(built("VRoid", names.get))
    assert found.unmapped == ["left_foot", "right_foot"]
    assert found.bone_map.bones["spine3"] == "UpperChest"


def test_an_essential_bone_with_a_name_of_its_own_is_found_by_structure(scene):
    found = recognise_rig(
        built("Mixamo", lambda bone: {"mixamorig:LeftLeg": "Knie", "mixamorig:Hips": "Becken"}.get(bone, bone))
    )
    assert found.bone_map.bones["left_knee"] == "Knie"
    assert found.bone_map.bones["pelvis"] == "Becken"
    assert any("pelvis, left_knee" in warning for warning in found.warnings)


def test_a_chain_of_bones_is_nobody(scene):
    rig = build_rig([(f"tail{n}", f"tail{n - 1}" if n else None, (0, 0.1 * n, 1)) for n in range(12)], "snake")
    found = recognise_rig(rig)
    assert found.coverage == 0
    assert any("no bone for" in warning for warning in found.warnings)


def test_an_armature_without_bones_is_nobody(scene):
    assert recognise_rig(build_rig([], "empty")).coverage == 0


def test_sides_and_separators_mean_the_same_in_all_spellings():
    spellings = ("upper_arm.L", "UpperArm_L", "upperarm_l", "lUpperArm", "LeftUpperArm", "mixamorig1:LeftUpperArm")
    assert len(canonical_names(spellings)) == 1
    assert set(canonical_names(["spine.001", "Spine1", "spine_01"])) == {" spine1"}


def test_a_better_known_map_wins_over_one_with_fewer_bones(scene):
    for name in ("Unreal mannequin 4", "Unreal mannequin 5", "CMU BVH", "MotionBuilder HumanIK"):
        assert name in recognise_rig(built(name)).bone_map.rig


def test_every_known_map_has_both_sides_of_each_limb():
    for bones in TABLES.values():
        assert {MIRROR[joint] for joint in bones} == set(bones)
        assert len(set(bones.values())) == len(bones)


def test_recognition_reads_only(scene):
    rig = built("VRoid")
    before = [(bone.name, tuple(bone.head_local), bone.parent) for bone in rig.data.bones]
    recognise(read_rig(rig))
    assert [(bone.name, tuple(bone.head_local), bone.parent) for bone in rig.data.bones] == before
