import bpy
import numpy as np
import pytest
from blender_addon_rest_rigs import (
    build_rig,
    human_places,
    limb_errors_deg,
    mpfb_rigs,
    rig_tables,
    set_transform,
    table_bones,
)
from jointwise_ext.blender_addon.retarget.motion import RetargetOptions, recognise_rig, retarget_motion
from jointwise_ext.blender_addon.scene_assembly import assemble_motion

UNPINNED = RetargetOptions(pin_feet=False)
FRAMES = (1, 9, 17.5, 33, 40)


def retarget(source, rig, options=UNPINNED):
    return retarget_motion(bpy.context, source, rig, recognise_rig(rig).bone_map, options)


@pytest.fixture
def source(scene, make_motion_file):
    return assemble_motion(bpy.context, make_motion_file()[0])


@pytest.mark.parametrize("place", range(len(rig_tables())), ids=lambda place: list(rig_tables())[place])
def test_limbs_of_every_skeleton_point_as_the_sources(source, place):
    name, bones = list(rig_tables().items())[place]
    rng = np.random.default_rng(place)
    # Every second rig rests in an A-pose, every third is moved, turned and scaled as an imported FBX is.
    rig = build_rig(table_bones(name, human_places(arm_drop_deg=(0, 45)[place % 2])), name, rng)
    if place % 3 == 0:
        set_transform(rig, (0.4, -1.0, 0.0), (90, 0, 35), 0.01)
    modes = ("QUATERNION", "XYZ", "ZYX", "YXZ", "AXIS_ANGLE", "XZY", "YZX", "ZXY")
    for number, bone in enumerate(rig.pose.bones):
        bone.rotation_mode = modes[(number + place) % len(modes)]
    found = recognise_rig(rig)
    assert dict(found.bone_map.bones) == bones
    assert name in found.bone_map.rig or set(found.bone_map.bones) == set(bones)
    retarget(source, rig)
    for frame in (1, 9, 40):
        errors = limb_errors_deg(source, rig, bones, frame)
        assert max(errors.values()) < 1.0, errors
    assert len(errors) >= 12
