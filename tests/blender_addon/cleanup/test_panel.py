from types import SimpleNamespace

import bpy
import pytest
from blender_addon_recording_layout import RecordingLayout
from jointwise_ext.blender_addon.cleanup.panel import (
    JOINT_GROUPS,
    JOINTWISE_PT_cleanup,
    JOINTWISE_PT_cleanup_joints,
)
from jointwise_ext.blender_addon.cleanup.properties import setting_names
from jointwise_ext.blender_addon.compat import current_fcurves
from jointwise_ext.blender_addon.scene_assembly import assemble_motion
from jointwise_ext.core.skeleton import JOINT_NAMES


def draw(panel):
    """Draw the panel as a window would; without one Blender has no region, and a scale of 0."""
    layout = RecordingLayout()
    context = SimpleNamespace(
        scene=bpy.context.scene,
        view_layer=bpy.context.view_layer,
        preferences=SimpleNamespace(system=SimpleNamespace(ui_scale=1.0)),
        region=SimpleNamespace(width=300),
    )
    assert panel.poll(context)
    panel.draw(SimpleNamespace(layout=layout), context)
    return layout


@pytest.fixture
def armature(scene, make_motion_file):
    return assemble_motion(bpy.context, make_motion_file()[0])


def test_all_settings_are_reached(armature):
    armature.jointwise_cleanup.loop = True
    drawn = draw(JOINTWISE_PT_cleanup)
    assert set(drawn.props) == {
        *setting_names(), '["left_foot_contact"]', '["right_foot_contact"]',
    } - {"joint_prior"}  # fmt: skip
    assert set(drawn.buttons) == {
        "jointwise.apply_contacts", "jointwise.reset_contacts", "jointwise.reset_cleanup",
    }  # fmt: skip
    for name in drawn.buttons:
        assert getattr(bpy.ops.jointwise, name.partition(".")[2]).get_rna_type().description


def test_every_joint_is_listed_once(armature):
    assert sorted(joint for group in JOINT_GROUPS.values() for joint in group) == sorted(JOINT_NAMES)
    drawn = draw(JOINTWISE_PT_cleanup_joints)
    assert sorted(drawn.props) == sorted(f"joint_prior[{index}]" for index in range(24))
    assert set(JOINT_GROUPS) <= set(drawn.labels)


def test_the_state_is_a_sentence(armature):
    assert "as it was estimated" in " ".join(draw(JOINTWISE_PT_cleanup).labels)
    armature.jointwise_cleanup.smoothing_s = 0.2
    assert "made from the raw motion" in " ".join(draw(JOINTWISE_PT_cleanup).labels)
    armature.jointwise_cleanup.smoothing_s = 0.0
    assert "as it was estimated" in " ".join(draw(JOINTWISE_PT_cleanup).labels)
    armature.jointwise_cleanup.first_frame = 500
    assert "leaves no frame" in " ".join(draw(JOINTWISE_PT_cleanup).labels)


def test_kept_keys_are_named_while_they_exist(armature):
    current_fcurves(armature)[0].keyframe_points[0].co.y += 1
    armature.jointwise_cleanup.smoothing_s = 0.2
    assert "kept in the action walk by hand." in " ".join(draw(JOINTWISE_PT_cleanup).labels)
    bpy.data.actions.remove(bpy.data.actions["walk by hand"])
    assert "kept in the action" not in " ".join(draw(JOINTWISE_PT_cleanup).labels)


def test_an_armature_of_before_gets_a_sentence_and_no_sliders(armature):
    del armature.data["jointwise_capture"]
    drawn = draw(JOINTWISE_PT_cleanup)
    assert "Load its motion file again." in " ".join(drawn.labels)
    assert drawn.props == []
    assert not JOINTWISE_PT_cleanup_joints.poll(bpy.context)


def test_without_a_captured_armature_there_is_no_panel(scene):
    assert not JOINTWISE_PT_cleanup.poll(bpy.context)


def test_settings_have_names_and_tooltips(armature):
    group = armature.jointwise_cleanup
    for name in setting_names():
        definition = group.bl_rna.properties[name]
        assert definition.name
        assert definition.description
        assert not definition.is_animatable
