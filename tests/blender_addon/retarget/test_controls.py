import json
import subprocess
import sys
from pathlib import Path

import bpy
import numpy as np
import pytest
from blender_addon_rest_rigs import build_rig, human_places, limb_errors_deg, rig_tables, set_transform, table_bones
from jointwise_ext.blender_addon.retarget.motion import RetargetOptions, recognise_rig, retarget_motion
from jointwise_ext.blender_addon.scene_assembly import assemble_motion

TIMEOUT_S = 300


@pytest.fixture(scope="module")
def rigify(tmp_path_factory):
    """What a trial on a rig that Rigify generates has printed."""
    script = Path(__file__).parent / "rigify_trial.py"
    command = [sys.executable, str(script), str(tmp_path_factory.mktemp("rigify") / "walk.npz")]
    answer = subprocess.run(
        command, cwd=Path(__file__).resolve().parents[3], capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )
    lines = [line for line in answer.stdout.splitlines() if line.startswith("{")]
    assert lines, answer.stdout[-2000:] + answer.stderr[-2000:]
    return json.loads(lines[-1])


def test_deform_limbs_of_a_generated_rigify_rig_point_as_the_sources(rigify):
    for errors in rigify["errors_deg"]:
        assert len(errors) == 17
        assert max(errors.values()) < 1.0, errors


def test_a_generated_rig_is_driven_by_its_fk_controls_without_doubts(rigify):
    assert (rigify["rig"], rigify["coverage"], rigify["warnings"]) == ("Rigify controls", 22, [])
    assert not [bone for bone in rigify["keyed"] if bone.startswith(("DEF-", "ORG-", "MCH-"))]
    assert {"torso", "spine_fk", "thigh_fk.L", "hand_fk.R", "toe_fk.L", "head"} <= set(rigify["keyed"])


def test_the_switches_of_a_generated_rig_are_keyed_to_fk(rigify):
    limbs = ("upper_arm_parent.L", "upper_arm_parent.R", "thigh_parent.L", "thigh_parent.R")
    assert rigify["switches"] == {f'pose.bones["{limb}"]["IK_FK"]': 1.0 for limb in limbs}


def test_hips_of_a_generated_rig_go_the_sources_way_to_scale(rigify):
    own, theirs = np.array(rigify["pelvis"]), np.array(rigify["source"])
    steps, their_steps = own[1:] - own[0], theirs[1:] - theirs[0]
    ratio = np.linalg.norm(steps) / np.linalg.norm(their_steps)
    assert 1.0 < ratio < 1.6
    assert np.allclose(steps, ratio * their_steps, atol=0.002)
    assert np.abs(own[:, 0] - ratio * theirs[:, 0] - 2).max() < 0.1


def follow(rig, bone, *others):
    """Give a bone the constraint by which Rigify hangs controls on bones elsewhere, here on several in equal parts."""
    constraint = rig.pose.bones[bone].constraints.new("ARMATURE")
    for other in others:
        target = constraint.targets.new()
        target.target, target.subtarget = rig, other


@pytest.mark.parametrize("unit", [1.0, 100.0, 0.01])
def test_what_a_control_hangs_on_is_seen_through_hidden_bones_with_constraints(scene, make_motion_file, unit):
    source = assemble_motion(bpy.context, make_motion_file()[0])
    bones = table_bones("Unreal mannequin 4", human_places(45.0))
    # The arm's parent is a hidden bone beside the body that follows the collar bone.
    extra = [("hidden_arm", None, (0, 1, 1))]
    moved = [(name, "hidden_arm" if name == "upperarm_l" else parent, head) for name, parent, head in bones]
    scaled = [(name, parent, unit * np.array(head)) for name, parent, head in moved + extra]
    rig = build_rig(scaled, "Hidden", np.random.default_rng(6), tail_m=0.08 * unit)
    set_transform(rig, scale=1 / unit)
    follow(rig, "hidden_arm", "clavicle_l")
    report = retarget_motion(bpy.context, source, rig, recognise_rig(rig).bone_map, RetargetOptions(pin_feet=False))
    assert report.warnings == []
    for frame in (1, 20, 40):
        errors = limb_errors_deg(source, rig, rig_tables()["Unreal mannequin 4"], frame)
        assert max(errors.values()) < 1.0, errors


def test_controls_that_follow_nothing_alone_are_named_and_the_rest_is_right(scene, make_motion_file):
    source = assemble_motion(bpy.context, make_motion_file()[0])
    bones = [*table_bones("Unreal mannequin 4", human_places(45.0)), ("hidden", None, (0, 1, 1))]
    rig = build_rig(
        [(name, "hidden" if name == "upperarm_l" else parent, head) for name, parent, head in bones], "Mixed"
    )
    follow(rig, "hidden", "clavicle_l", "pelvis")
    report = retarget_motion(bpy.context, source, rig, recognise_rig(rig).bone_map, RetargetOptions(pin_feet=False))
    assert any("upperarm_l" in warning for warning in report.warnings)
    errors = limb_errors_deg(source, rig, rig_tables()["Unreal mannequin 4"], 20)
    of_left_arm = ("left_collar", "left_shoulder", "left_elbow")
    assert max(error for joint, error in errors.items() if joint not in of_left_arm) < 1.0
