import bpy
import numpy as np
import pytest
from blender_addon_rest_rigs import build_rig, human_places, rig_tables, table_bones, world_heads
from blender_addon_walking import walking_motion
from jointwise_ext.blender_addon.retarget.motion import RetargetOptions, recognise_rig, retarget_motion
from jointwise_ext.blender_addon.scene_assembly import assemble_motion
from jointwise_ext.core.motion import save_motion

UNREAL = "Unreal mannequin 4"
FEET = ("left_ankle", "left_foot", "right_ankle", "right_foot")


@pytest.fixture
def walk(scene, tmp_path):
    motion = walking_motion()
    save_motion(motion, tmp_path / "walk.npz")
    return assemble_motion(bpy.context, tmp_path / "walk.npz"), motion


def long_legged_rig(rig=UNREAL, leg_scale=1.3, arm_drop_deg=45.0):
    return build_rig(table_bones(rig, human_places(arm_drop_deg, leg_scale)), "Tall", np.random.default_rng(2))


def retarget(source, rig, **options):
    return retarget_motion(bpy.context, source, rig, recognise_rig(rig).bone_map, RetargetOptions(**options))


def paths(armature, bones, frame_count):
    """World places (T, 3) of the joints in all frames."""
    rows = [world_heads(armature, bones, frame) for frame in range(1, frame_count + 1)]
    return {joint: np.array([row[joint] for row in rows]) for joint in bones}


def sliding_m(places, contacts):
    """Movement over the ground a frame (largest) of what stands: the toe, and the ankle while the whole foot stands."""
    stands = contacts > 0.5
    found = {}
    for side, column in (("left", 0), ("right", 2)):
        toe, flat = stands[:, column + 1], stands[:, column] & stands[:, column + 1]
        for joint, mask in ((f"{side}_foot", toe), (f"{side}_ankle", flat)):
            steps = np.linalg.norm(np.diff(places[joint], axis=0)[:, :2], axis=1)
            found[joint] = steps[mask[1:] & mask[:-1]].max()
    return found


def test_standing_feet_of_longer_legs_slide_no_more_than_the_sources(walk):
    source, motion = walk
    rig = long_legged_rig()
    bones = {joint: rig_tables()[UNREAL][joint] for joint in (*FEET, "left_knee", "right_knee", "pelvis")}
    retarget(source, rig, pin_feet=False)
    loose = paths(rig, bones, motion.frame_count)
    retarget(source, rig)
    pinned = paths(rig, bones, motion.frame_count)
    theirs = paths(source, {joint: joint for joint in bones}, motion.frame_count)
    own = sliding_m(pinned, motion.contacts)
    true = sliding_m(theirs, motion.contacts)
    print(true, sliding_m(loose, motion.contacts), own)
    for name in ("loose", "pinned", "theirs"):
        p = {"loose": loose, "pinned": pinned, "theirs": theirs}[name]
        print(
            name,
            {
                j: (
                    round(p[j][:, 2].min(), 4),
                    round(p[j][:, 2].max(), 4),
                    "acc",
                    round(float(np.abs(np.diff(p[j], 2, axis=0)).max()), 4),
                )
                for j in bones
            },
        )
    for joint, slide in own.items():
        assert slide < true[joint] + 0.001
