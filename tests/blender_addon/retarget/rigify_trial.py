"""Generates Rigify's human rig, retargets a motion onto it, and prints what came of it as JSON. Run by a test.

A process of its own: a second rig in one process hangs Blender 4.5 as a module, and Rigify crashes it at the end.
"""

import importlib.util
import json
import os
import sys
from pathlib import Path

import bpy

TESTS = Path(__file__).resolve().parents[1]


def load_conftest():
    spec = importlib.util.spec_from_file_location("blender_addon_conftest", TESTS / "conftest.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def generate():
    import addon_utils  # Blender's own, there once bpy is

    addon_utils.enable("rigify", default_set=True)
    bpy.ops.object.armature_human_metarig_add()
    bpy.ops.pose.rigify_generate()
    return bpy.context.active_object


def main(motion_path):
    bpy.ops.wm.read_factory_settings(use_empty=True)
    rig = generate()
    conftest = load_conftest()
    from blender_addon_rest_rigs import limb_errors_deg, rig_tables, world_heads
    from jointwise_ext.blender_addon.compat import current_fcurves
    from jointwise_ext.blender_addon.retarget.motion import RetargetOptions, recognise_rig, retarget_motion
    from jointwise_ext.blender_addon.scene_assembly import assemble_motion
    from jointwise_ext.core.motion import save_motion

    save_motion(conftest.synthetic.synthetic_motion(), Path(motion_path))
    source = assemble_motion(bpy.context, motion_path)
    rig.location, rig.rotation_euler = (2, 0, 0), (0, 0, 1)
    # What an earlier action may have left behind.
    rig.pose.bones["chest"].rotation_quaternion = (0.9, 0.3, 0.2, 0.1)
    rig.pose.bones["root"].location = (0.3, 0.2, 0.1)
    rig.pose.bones["thigh_tweak.L.001"].location = (0.1, 0.0, 0.1)
    found = recognise_rig(rig)
    report = retarget_motion(bpy.context, source, rig, found.bone_map, RetargetOptions(pin_feet=False))
    bones = rig_tables()["Rigify deform bones"]
    frames = (1, 17, 40)
    switches = {curve.data_path: curve.evaluate(1) for curve in current_fcurves(rig) if "FK" in curve.data_path}
    print(
        json.dumps(
            {
                "rig": found.bone_map.rig,
                "coverage": found.coverage,
                "warnings": found.warnings + report.warnings,
                "errors_deg": [limb_errors_deg(source, rig, bones, frame) for frame in frames],
                "pelvis": [world_heads(rig, {"pelvis": bones["pelvis"]}, frame)["pelvis"].tolist() for frame in frames],
                "source": [world_heads(source, {"pelvis": "pelvis"}, frame)["pelvis"].tolist() for frame in frames],
                "switches": {path: value for path, value in switches.items() if '"IK_FK"' in path},
                "keyed": sorted({curve.data_path.split('"')[1] for curve in current_fcurves(rig)}),
            }
        ),
        flush=True,
    )
    # Blender as a module crashes at its end while Rigify is registered.
    os._exit(0)


main(sys.argv[1])
