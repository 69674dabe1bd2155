"""Rigs to retarget onto, built from the real names and hierarchies of known skeletons. Loaded by conftest.

The rest poses are plausible, not the makers' own: one adult's joints, given here, in a T-pose or an A-pose. Rigs with a
public rest pose (CC0) come from tests/data/mpfb2_rest_bones.tsv instead.
"""

import csv
from pathlib import Path

import bpy
import numpy as np
from jointwise_ext.blender_addon.retarget.bone_map import TABLE
from jointwise_ext.blender_addon.retarget.joints import AIMS, ENCLOSING, JOINTS
from mathutils import Vector

MPFB_BONES = Path(__file__).resolve().parents[1] / "data" / "mpfb2_rest_bones.tsv"

LEFT_PLACES = {
    "hip": (0.1, 0.01, 0.95), "knee": (0.11, -0.01, 0.51), "ankle": (0.115, 0.03, 0.09), "foot": (0.14, -0.1, 0.02),
    "collar": (0.03, 0.0, 1.45), "shoulder": (0.19, 0.02, 1.46), "elbow": (0.46, 0.03, 1.46),
    "wrist": (0.71, 0.0, 1.46),
}  # fmt: skip
MIDDLE_PLACES = {
    "pelvis": (0, 0, 1.0), "spine1": (0, 0.01, 1.1), "spine2": (0, 0.02, 1.23), "spine3": (0, 0.02, 1.33),
    "neck": (0, 0.03, 1.53), "head": (0, 0.01, 1.63),
}  # fmt: skip

# Bones that a rig has between two joints, and bones on top of its pelvis.
BETWEEN = {
    "Unreal mannequin 5": {
        "spine_01": ("pelvis", "spine1"), "spine_03": ("spine1", "spine2"), "neck_02": ("neck", "head"),
    },
    "CMU BVH": {
        "LHipJoint": ("pelvis", "left_hip"), "RHipJoint": ("pelvis", "right_hip"), "Neck1": ("neck", "head"),
    },
    "Rigify metarig": {"spine.005": ("neck", "head")},
    "Rigify ORG bones": {"ORG-spine.005": ("neck", "head")},
    "Rigify deform bones": {
        "DEF-spine.005": ("neck", "head"),
        **{f"DEF-{upper}.{side}.001": (f"{name}_{a}", f"{name}_{b}")
           for side, name in (("L", "left"), ("R", "right"))
           for upper, a, b in (("thigh", "hip", "knee"), ("shin", "knee", "ankle"),
                               ("upper_arm", "shoulder", "elbow"), ("forearm", "elbow", "wrist"))},
    },
    "MPFB default": {
        "spine05": ("pelvis", "spine1"), "spine01": ("spine3", "neck"), "neck02": ("neck", "head"),
        **{f"{bone}.{side}": (a.format(name), b.format(name))
           for side, name in (("L", "left"), ("R", "right"))
           for bone, a, b in (("pelvis", "pelvis", "{}_hip"), ("upperleg02", "{}_hip", "{}_knee"),
                              ("lowerleg02", "{}_knee", "{}_ankle"), ("clavicle", "spine3", "{}_collar"),
                              ("upperarm02", "{}_shoulder", "{}_elbow"), ("lowerarm02", "{}_elbow", "{}_wrist"))},
    },
    "Daz Genesis 3 and 8": {
        "chestUpper": ("spine3", "neck"), "neckUpper": ("neck", "head"),
        **{f"{side}{bone}": (f"{name}_{a}", f"{name}_{b}")
           for side, name in (("l", "left"), ("r", "right"))
           for bone, a, b in (("ThighTwist", "hip", "knee"), ("ShldrTwist", "shoulder", "elbow"),
                              ("ForearmTwist", "elbow", "wrist"), ("Metatarsals", "ankle", "foot"))},
    },
    "Daz Genesis 9": {
        "spine3": ("spine2", "spine3"), "neck2": ("neck", "head"),
        "l_metatarsal": ("left_ankle", "left_foot"), "r_metatarsal": ("right_ankle", "right_foot"),
    },
    "Reallusion CC": {"CC_Base_NeckTwist02": ("neck", "head")},
}  # fmt: skip
ROOTS = {
    "Unreal mannequin 4": "root", "Unreal mannequin 5": "root", "MPFB game engine": "Root", "VRoid": "Root",
    "Reallusion CC": "RL_BoneRoot", "3ds Max Biped": "Bip001", "RenderPeople": "root", "Daz Genesis 9": "root",
}  # fmt: skip
EXTRAS = {
    "Unreal mannequin 4": ("ik_foot_root", "ik_foot_l", "ik_foot_r", "ik_hand_root", "ik_hand_gun", "ik_hand_l"),
    "Unreal mannequin 5": ("ik_foot_root", "ik_foot_l", "ik_foot_r", "center_of_mass", "interaction"),
}  # fmt: skip


def rig_tables():
    """The names of every skeleton of the table by joint, but for the controls, which Rigify itself generates."""
    found = {}
    with TABLE.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            found.setdefault(row["rig"], {}).setdefault(row["joint"], row["bone"])
    del found["Rigify controls"]
    return found


def human_places(arm_drop_deg=0.0, leg_scale=1.0):
    """Rest joints (3,) of an adult who faces -Y, the arms lowered by an angle."""
    places = {name: np.array(place, float) for name, place in MIDDLE_PLACES.items()}
    for name, (x, y, z) in LEFT_PLACES.items():
        places[f"left_{name}"], places[f"right_{name}"] = np.array([x, y, z]), np.array([-x, y, z])
    drop = np.radians(arm_drop_deg)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        shoulder = places[f"{side}_shoulder"]
        for joint in ("elbow", "wrist"):
            x, y, z = places[f"{side}_{joint}"] - shoulder
            down = sign * drop
            turned = np.array([x * np.cos(down) + z * np.sin(down), y, -x * np.sin(down) + z * np.cos(down)])
            places[f"{side}_{joint}"] = shoulder + turned
    floor = 0.09
    for joint, place in places.items():
        if joint.endswith(("ankle", "foot")):
            continue
        base = min(place[2], 0.95)
        place[2] += (leg_scale - 1.0) * (base - floor)
    return places


def table_bones(rig, places):
    """(name, parent, head) of a skeleton of the table, with the bones between and above."""
    names = rig_tables()[rig]
    between = BETWEEN.get(rig, {})
    bones, parents = {}, {}
    for joint in JOINTS:
        if joint not in names:
            continue
        enclosing = ENCLOSING[joint]
        while enclosing is not None and enclosing not in names:
            enclosing = ENCLOSING[enclosing]
        bones[names[joint]] = places[joint]
        parents[names[joint]] = names[enclosing] if enclosing else ROOTS.get(rig)
    for bone, (upper, lower) in between.items():
        bones[bone] = 0.5 * (places[upper] + places[lower])
        if lower in names:
            parents[bone], parents[names[lower]] = names[upper], bone
        for collar in ("left_collar", "right_collar"):
            if (upper, lower) == ("spine3", "neck"):
                parents[names[collar]] = bone
    if rig in ROOTS:
        bones[ROOTS[rig]], parents[ROOTS[rig]] = np.zeros(3), None
    for extra in EXTRAS.get(rig, ()):
        bones[extra], parents[extra] = np.array([0.0, 0.0, 0.01]), ROOTS[rig]
    return [(name, parents[name], head) for name, head in bones.items()]


def build_rig(bones, name="Character", rng=None, turn=None, connect=(), tail_m=0.08):
    """An armature object with bones (name, parent, head[, tail, roll]).

    Args:
        rng: gives each bone a random roll, and every third one a tail in a random direction.
        turn: (3, 3) turns the rest pose inside the armature.
        connect: names of the bones that are connected to their parents.
        tail_m: length of the bones that lead nowhere.
    """
    turn = np.eye(3) if turn is None else turn
    data = bpy.data.armatures.new(name)
    rig = bpy.data.objects.new(name, data)
    bpy.context.scene.collection.objects.link(rig)
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    heads = {entry[0]: np.array(entry[2], float) for entry in bones}
    for entry in bones:
        bone = data.edit_bones.new(entry[0])
        bone.head = turn @ heads[entry[0]]
        bone.tail = turn @ np.array(_tail(entry, bones, heads, rng, tail_m), float)
        bone.roll = entry[4] if len(entry) > 4 else (rng.uniform(-3, 3) if rng else 0.0)
    for entry in bones:
        if entry[1]:
            data.edit_bones[entry[0]].parent = data.edit_bones[entry[1]]
    for child in connect:
        bone = data.edit_bones[child]
        bone.parent.tail = bone.head
        bone.use_connect = True
    bpy.ops.object.mode_set(mode="OBJECT")
    for bone in rig.pose.bones:
        bone.rotation_mode = "QUATERNION"
    return rig


def _tail(entry, bones, heads, rng, tail_m):
    if len(entry) > 3:
        return entry[3]
    head = heads[entry[0]]
    children = [heads[other[0]] for other in bones if other[1] == entry[0]]
    if rng is not None and children and rng.uniform() < 0.33:
        return head + tail_m * Vector(rng.normal(size=3)).normalized()
    far = [child for child in children if np.linalg.norm(child - head) > 0.25 * tail_m]
    if far:
        return far[0]
    if entry[1] is None or abs(head[0]) < 0.1 * tail_m:
        return head + np.array([0.0, 0.0, 2.5 * tail_m])
    return head + tail_m * np.array([0.0, -1.0, 0.0] if head[2] < 2.5 * tail_m else [np.sign(head[0]), 0.0, 0.0])


def mpfb_rigs():
    """The CC0 rigs: (name, parent, head, tail, roll) of their bones by rig, raised to stand on the floor."""
    found = {}
    with MPFB_BONES.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            place = [np.array([float(row[f"{end}_{axis}"]) for axis in "xyz"]) for end in ("head", "tail")]
            found.setdefault(row["rig"], []).append((row["bone"], row["parent"] or None, *place, float(row["roll"])))
    return found


def set_transform(rig, location=(0, 0, 0), euler_deg=(0, 0, 0), scale=1.0):
    """Move, turn and scale the object."""
    rig.location, rig.scale = location, (scale,) * 3
    rig.rotation_euler = np.radians(euler_deg)
    bpy.context.view_layer.update()


def world_heads(armature, bones, frame):
    """World positions (3,) of bones' heads at a scene frame, as Blender evaluates them."""
    whole = int(np.floor(frame))
    bpy.context.scene.frame_set(whole, subframe=float(frame - whole))
    evaluated = armature.evaluated_get(bpy.context.evaluated_depsgraph_get())
    matrix = evaluated.matrix_world
    return {joint: np.array(matrix @ evaluated.pose.bones[bone].head) for joint, bone in bones.items()}


def limb_errors_deg(source, target, bones, frame):
    """Angle between source and target, in the world, of each limb that the rig has both ends of."""
    theirs = world_heads(source, {joint: joint for joint in JOINTS}, frame)
    own = world_heads(target, bones, frame)
    found = {}
    for joint in bones:
        aim = next((name for name in AIMS.get(joint, ()) if name in bones), None)
        if aim is None:
            continue
        a, b = own[aim] - own[joint], theirs[aim] - theirs[joint]
        cosine = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
        found[joint] = float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))
    return found
