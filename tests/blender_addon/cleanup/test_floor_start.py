"""How a capture starts: feet on the floor where it is known, else as they were estimated."""

import dataclasses

import bpy
import numpy as np
import pytest
from blender_addon_walking import walking_motion
from jointwise_ext.blender_addon.cleanup.legs import LEGS, BodyMotion, pose_leg
from jointwise_ext.blender_addon.cleanup.store import load_capture
from jointwise_ext.blender_addon.scene_assembly import assemble_motion
from jointwise_ext.core.motion import save_motion
from jointwise_ext.core.skeleton import JOINT_NAMES


def lowest_m(armature):
    """The height of the feet's lowest point (T,) as Blender plays the keys."""
    capture = load_capture(armature)
    quats, pelvis = [], []
    for frame in range(1, capture.frame_count + 1):
        bpy.context.scene.frame_set(frame)
        quats.append([bone.rotation_quaternion[:] for bone in armature.pose.bones])
        pelvis.append((armature.matrix_world @ armature.pose.bones["pelvis"].matrix).translation[:])
    order = [armature.pose.bones.find(name) for name in JOINT_NAMES]
    motion = BodyMotion(np.array(quats)[:, order], np.array(pelvis))
    return np.min([pose_leg(motion, leg, capture).lowest for leg in LEGS], axis=0)


@pytest.mark.parametrize("is_estimated", [True, False])
def test_a_capture_whose_floor_is_known_starts_with_its_feet_on_it(scene, tmp_path, is_estimated):
    motion = walking_motion()
    # Four centimetres above the soles of a level camera's view.
    height = float(np.sort(motion.keypoints[:, [29, 31, 30, 32], 1].max(axis=1))[len(motion.keypoints) // 2]) - 0.04
    floor = {"normal_cam": [0.0, -1.0, 0.0], "offset_m": -height, "tilt_std_deg": 2.0, "is_estimated": is_estimated}
    save_motion(dataclasses.replace(motion, metadata={"floor": floor}), tmp_path / "walk.npz")
    armature = assemble_motion(bpy.context, tmp_path / "walk.npz")
    assert armature.jointwise_cleanup.contact_mode == ("auto" if is_estimated else "never")
    if not is_estimated:
        return
    assert lowest_m(armature).min() > -0.001
    armature.jointwise_cleanup.contact_mode = "never"
    assert lowest_m(armature).min() < -0.03
