from types import SimpleNamespace

import bpy
import pytest
from blender_addon_recording_layout import RecordingLayout
from jointwise_ext.blender_addon.cleanup.panel import JOINTWISE_PT_cleanup
from jointwise_ext.blender_addon.pins.panel import JOINTWISE_PT_pins, draw_pin
from jointwise_ext.blender_addon.scene_assembly import assemble_motion


def draw(panel):
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


def pin(armature, frame, *joints):
    bpy.context.scene.frame_set(frame)
    for joint in joints:
        armature.pose.bones[joint].rotation_quaternion = (0.9, 0.3, 0.1, 0)
    bpy.ops.jointwise.pin_pose()


def test_without_pins_there_is_a_button_and_what_to_do(armature):
    drawn = draw(JOINTWISE_PT_pins)
    assert set(drawn.buttons) == {"jointwise.pin_pose"}
    assert "Pose some bones on a frame" in " ".join(drawn.labels)


def test_everything_is_reached_and_has_a_tooltip(armature):
    pin(armature, 12, "left_elbow")
    drawn = draw(JOINTWISE_PT_pins)
    line = RecordingLayout()
    draw_pin(line, armature, armature.jointwise_pins.pins[0], 0)
    assert drawn.lists == ["JOINTWISE_UL_pins"]
    assert drawn.props == ["reach_s", "keep_feet"]
    assert line.props == ["muted"]
    assert set(drawn.buttons) == {"jointwise.pin_pose", "jointwise.resolve_pins", "jointwise.remove_all_pins"}
    assert set(line.buttons) == {"jointwise.jump_to_pin", "jointwise.remove_pin"}
    for name in (*drawn.buttons, *line.buttons):
        assert getattr(bpy.ops.jointwise, name.partition(".")[2]).get_rna_type().description
    for group in (armature.jointwise_pins, armature.jointwise_pins.pins[0]):
        for name in type(group).__annotations__:
            definition = group.bl_rna.properties[name]
            assert definition.name
            if definition.type != "COLLECTION":
                assert definition.description
                assert not definition.is_animatable


def test_a_line_says_where_and_what(armature):
    pin(armature, 12, "left_elbow", "head")
    pin(armature, 20, "left_hip", "left_knee", "right_hip", "right_knee", "pelvis")
    pins = armature.jointwise_pins.pins
    line = RecordingLayout()
    for index, item in enumerate(pins):
        draw_pin(line, armature, item, index)
    assert line.labels == ["12: head, left elbow", "20: 5 bones"]
    armature.jointwise_cleanup.first_frame = 15
    draw_pin(line, armature, pins[0], 0)
    assert line.labels[-1] == "Not keyed now: head, left elbow"


def test_a_pinned_motion_is_not_called_as_it_was_estimated(armature):
    assert "as it was estimated" in " ".join(draw(JOINTWISE_PT_cleanup).labels)
    pin(armature, 12, "left_elbow")
    assert "and the pins" in " ".join(draw(JOINTWISE_PT_cleanup).labels)
    armature.jointwise_pins.pins[0].muted = True
    assert "as it was estimated" in " ".join(draw(JOINTWISE_PT_cleanup).labels)


def test_without_a_capture_there_is_no_panel(scene):
    assert not JOINTWISE_PT_pins.poll(bpy.context)
