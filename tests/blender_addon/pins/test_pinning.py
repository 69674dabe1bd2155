"""Pins in a real Blender: posed bones, keys, files, undo, and the other settings of the cleanup."""

import dataclasses
from functools import cache

import bpy
import numpy as np
import pytest
from blender_addon_synthetic import synthetic_motion
from jointwise_ext.blender_addon.cleanup.store import load_capture, read_messages
from jointwise_ext.blender_addon.compat import current_fcurves, is_bone_selected
from jointwise_ext.blender_addon.pins.turns import angle_between
from jointwise_ext.blender_addon.scene_assembly import AssemblyOptions, assemble_motions
from jointwise_ext.core.motion import save_motion
from jointwise_ext.core.skeleton import JOINT_NAMES

TURN = (0.9, 0.3, 0.2, -0.25)
TOLERANCE_DEG = 1e-4


def keys_of(armature):
    """All keys of the bones, bit for bit."""
    found = {}
    for curve in current_fcurves(armature):
        if curve.data_path.startswith("pose.bones"):
            coordinates = np.empty(2 * len(curve.keyframe_points), np.float32)
            curve.keyframe_points.foreach_get("co", coordinates)
            found[curve.data_path, curve.array_index] = coordinates.tobytes()
    return found


def column(armature, path, component):
    return np.frombuffer(keys_of(armature)[path, component], np.float32)[1::2].astype(np.float64)


def rotations(armature, joint):
    """The keys of a bone (M, 4)."""
    path = f'pose.bones["{joint}"].rotation_quaternion'
    values = np.stack([column(armature, path, component) for component in range(4)], axis=1)
    return values / np.linalg.norm(values, axis=1, keepdims=True)


def locations(armature):
    return np.stack([column(armature, 'pose.bones["pelvis"].location', axis) for axis in range(3)], axis=1)


def unit(quat):
    return np.array(quat) / np.linalg.norm(quat)


def pose(armature, frame, **turns):
    """Turn bones on a frame without keys, as with automatic keying off."""
    bpy.context.scene.frame_set(frame)
    for joint, quat in turns.items():
        armature.pose.bones[joint].rotation_quaternion = quat


def assert_pinned(armature, key, joint, quat):
    assert np.degrees(angle_between(rotations(armature, joint)[key], unit(quat))) < TOLERANCE_DEG


@cache
def walk():
    """A motion of 80 frames with contacts, and another result of each frame alone."""
    motion = synthetic_motion(frame_count=80)
    contacts = np.zeros_like(motion.contacts)
    contacts[10:30, :2], contacts[40:60, 2:] = 1, 1
    noise = np.random.default_rng(2).normal(0, 0.05, motion.poses.shape).astype(np.float32)
    return dataclasses.replace(motion, contacts=contacts, poses_per_frame=motion.poses + noise)


def assemble(motion, path):
    save_motion(motion, path)
    options = AssemblyOptions(add_body=False, add_camera=False)
    return assemble_motions(bpy.context, [path], None, options).armatures[0]


@pytest.fixture
def armature(scene, tmp_path):
    return assemble(walk(), tmp_path / "walk.npz")


def test_a_posed_bone_is_pinned_exactly_and_others_keep_their_keys(armature):
    loaded = keys_of(armature)
    pose(armature, 31, left_elbow=TURN)
    assert bpy.ops.jointwise.pin_pose() == {"FINISHED"}
    assert_pinned(armature, 30, "left_elbow", TURN)
    pinned = keys_of(armature)
    assert {path for path, _ in loaded if any(loaded[path, c] != pinned[path, c] for c in range(3))} == {
        'pose.bones["left_elbow"].rotation_quaternion'
    }
    (pin,) = armature.jointwise_pins.pins
    assert (pin.row, [bone.joint for bone in pin.bones], pin.has_place) == (
        30,
        [JOINT_NAMES.index("left_elbow")],
        False,
    )
    for component in range(4):
        path = 'pose.bones["left_elbow"].rotation_quaternion'
        before, after = (np.frombuffer(keys[path, component], np.float32)[1::2] for keys in (loaded, pinned))
        assert np.array_equal(np.delete(before, range(16, 45)), np.delete(after, range(16, 45)))


def test_the_pose_outlives_the_frame(armature):
    pose(armature, 31, left_elbow=TURN)
    bpy.ops.jointwise.pin_pose()
    bpy.context.scene.frame_set(1)
    bpy.context.scene.frame_set(31)
    shown = unit(armature.pose.bones["left_elbow"].rotation_quaternion)
    assert np.degrees(angle_between(shown, unit(TURN))) < TOLERANCE_DEG


def test_selected_bones_are_pinned_as_they_are(armature):
    bpy.context.view_layer.objects.active = armature
    bpy.ops.object.mode_set(mode="POSE")
    bpy.ops.pose.select_all(action="DESELECT")
    armature.data.bones.active = armature.data.bones["head"]
    bone = armature.pose.bones["head"]
    if hasattr(bone, "select"):
        bone.select = True
    else:
        bone.bone.select = True
    assert is_bone_selected(bone)
    pose(armature, 21, left_wrist=TURN)
    bpy.ops.jointwise.pin_pose()
    bpy.ops.object.mode_set(mode="OBJECT")
    (pin,) = armature.jointwise_pins.pins
    # What is posed would be lost else, so it is pinned too.
    assert [JOINT_NAMES[bone.joint] for bone in pin.bones] == ["head", "left_wrist"]


def test_automatic_keying_is_taken_into_the_pin_and_leaves_no_copies(armature):
    loaded, actions = keys_of(armature), set(bpy.data.actions)
    pose(armature, 31, left_elbow=TURN)
    armature.pose.bones["left_elbow"].keyframe_insert("rotation_quaternion", frame=31)
    bpy.ops.jointwise.pin_pose()
    assert_pinned(armature, 30, "left_elbow", TURN)
    assert set(bpy.data.actions) == actions
    bpy.ops.jointwise.remove_all_pins()
    assert keys_of(armature) == loaded


def test_other_keys_edited_by_hand_are_kept_in_a_copy(armature):
    actions = set(bpy.data.actions)
    current_fcurves(armature)[0].keyframe_points[70].co.y += 0.25
    pose(armature, 31, left_elbow=TURN)
    bpy.ops.jointwise.pin_pose()
    assert len(set(bpy.data.actions) - actions) == 1
    assert_pinned(armature, 30, "left_elbow", TURN)


def test_removing_and_muting_pins_gives_the_same_keys_bit_for_bit(armature):
    loaded = keys_of(armature)
    pose(armature, 31, left_elbow=TURN)
    bpy.ops.jointwise.pin_pose()
    one = keys_of(armature)
    pose(armature, 35, left_elbow=(1, 0, 0, 0), left_wrist=TURN)
    bpy.ops.jointwise.pin_pose()
    two, pins = keys_of(armature), armature.jointwise_pins.pins
    assert [pin.row for pin in pins] == [30, 34]
    pins[1].muted = True
    assert keys_of(armature) == one
    pins[1].muted = False
    assert keys_of(armature) == two
    bpy.ops.jointwise.remove_pin(index=1)
    assert keys_of(armature) == one
    bpy.ops.jointwise.remove_all_pins()
    assert keys_of(armature) == loaded
    assert not len(pins)


def test_a_second_pin_on_a_frame_joins_the_first(armature):
    pose(armature, 31, left_elbow=TURN)
    bpy.ops.jointwise.pin_pose()
    pose(armature, 31, left_wrist=TURN)
    bpy.ops.jointwise.pin_pose()
    assert len(armature.jointwise_pins.pins) == 1
    for joint in ("left_elbow", "left_wrist"):
        assert_pinned(armature, 30, joint, TURN)


CHANGES = [
    ("prior", 0.3), ("smoothing_s", 0.4), ("contact_mode", "auto"), ("contact_mode", "always"), ("in_place", True),
    ("first_frame", 7), ("speed", 0.5), ("loop", True),
]  # fmt: skip


def test_pins_outlive_a_change_of_any_setting(armature):
    pose(armature, 51, left_elbow=TURN, right_hip=TURN)
    armature.pose.bones["pelvis"].location.y += 0.1
    bpy.ops.jointwise.pin_pose()
    pinned, group = keys_of(armature), armature.jointwise_cleanup
    for name, value in CHANGES:
        former = getattr(group, name)
        setattr(group, name, value)
        assert keys_of(armature) != pinned, name
        key = 50 - (7 if name == "first_frame" else 0)
        for joint in ("left_elbow", "right_hip"):
            assert_pinned(armature, key, joint, TURN)
        setattr(group, name, former)
        assert keys_of(armature) == pinned, name


def test_a_pin_made_under_any_setting_is_where_it_was_posed(armature):
    loaded, group = keys_of(armature), armature.jointwise_cleanup
    for name, value in CHANGES:
        former = getattr(group, name)
        setattr(group, name, value)
        pose(armature, 101 if name == "speed" else 51, left_elbow=TURN, right_hip=TURN)
        armature.pose.bones["pelvis"].location.y += 0.1
        place = np.array(armature.pose.bones["pelvis"].location)
        bpy.ops.jointwise.pin_pose()
        key = 50 - (7 if name == "first_frame" else 0)
        assert armature.jointwise_pins.pins[0].row == 50
        for joint in ("left_elbow", "right_hip"):
            assert_pinned(armature, key, joint, TURN)
        assert np.allclose(locations(armature)[key], place, atol=1e-6), name
        setattr(group, name, former)
        assert_pinned(armature, 50, "left_elbow", TURN)
        bpy.ops.jointwise.remove_all_pins()
        assert keys_of(armature) == loaded, name


def test_reach_and_feet_are_live(armature):
    pose(armature, 31, left_elbow=TURN)
    armature.pose.bones["pelvis"].location.y -= 0.1
    bpy.ops.jointwise.pin_pose()
    pinned, group = keys_of(armature), armature.jointwise_pins
    for name, value, former in (("reach_s", 0.2, 0.5), ("keep_feet", False, True)):
        setattr(group, name, value)
        assert keys_of(armature) != pinned
        setattr(group, name, former)
        assert keys_of(armature) == pinned


def test_a_frame_between_two_keys_pins_the_nearest_as_far_as_it_was_turned(armature):
    bpy.context.scene.render.fps = 24
    bpy.ops.jointwise.apply_contacts()
    before = rotations(armature, "left_elbow")
    bpy.context.scene.frame_set(27)
    bone = armature.pose.bones["left_elbow"]
    shown = unit(bone.rotation_quaternion)
    bone.rotation_quaternion = TURN
    turn = np.degrees(angle_between(shown, unit(TURN)))
    bpy.ops.jointwise.pin_pose()
    (pin,) = armature.jointwise_pins.pins
    assert pin.row in (32, 33)
    assert np.isclose(
        np.degrees(angle_between(before[pin.row], rotations(armature, "left_elbow")[pin.row])), turn, atol=1e-3
    )
    bpy.context.scene.frame_set(1)
    bpy.context.scene.frame_set(27)
    assert np.degrees(angle_between(unit(bone.rotation_quaternion), unit(TURN))) < 5


def test_refusals_are_sentences_and_change_nothing(armature):
    loaded, group = keys_of(armature), armature.jointwise_cleanup
    bpy.context.scene.frame_set(20)
    with pytest.raises(RuntimeError, match="Nothing is posed on frame 20"):
        bpy.ops.jointwise.pin_pose()
    pose(armature, 200, left_elbow=TURN)
    with pytest.raises(RuntimeError, match="no key near frame 200; its keys go from 1 to 80"):
        bpy.ops.jointwise.pin_pose()
    with pytest.raises(RuntimeError, match="There is no pin 3"):
        bpy.ops.jointwise.remove_pin(index=3)
    group.loop = True
    pose(armature, 3, left_elbow=TURN)
    with pytest.raises(RuntimeError, match="Switch Loop off"):
        bpy.ops.jointwise.pin_pose()
    group.loop = False
    group.in_place = True
    pose(armature, 31)
    armature.pose.bones["pelvis"].location.x += 0.1
    with pytest.raises(RuntimeError, match="Switch In Place off"):
        bpy.ops.jointwise.pin_pose()
    group.in_place = False
    assert keys_of(armature) == loaded
    assert not len(armature.jointwise_pins.pins)


def test_without_a_capture_there_is_a_sentence(scene):
    for name in ("pin_pose", "resolve_pins", "remove_all_pins"):
        with pytest.raises(RuntimeError, match="No captured armature"):
            getattr(bpy.ops.jointwise, name)()


def test_pins_that_make_no_sense_are_said_and_the_keys_stay(armature):
    pose(armature, 31, left_elbow=TURN)
    bpy.ops.jointwise.pin_pose()
    pinned, pins, group = keys_of(armature), armature.jointwise_pins.pins, armature.jointwise_cleanup

    def is_said(sentence):
        group.smoothing_s += 0.1
        assert sentence in read_messages(armature)[1]
        assert keys_of(armature) == pinned
        with pytest.raises(RuntimeError, match=sentence):
            bpy.ops.jointwise.resolve_pins()

    pins.add().row = 30
    is_said("Two pins stand on row 30")
    pins[1].row = 80
    is_said("A pin stands on row 80, but the motion has the rows 0 to 79")
    pins.remove(1)
    rotation = tuple(pins[0].bones[0].rotation)
    pins[0].bones[0].rotation = (0, 0, 0, 0)
    is_said("The pin on row 30 has no rotation for left_elbow")
    pins[0].bones[0].rotation = rotation
    group.smoothing_s = 0.0
    assert read_messages(armature)[1] == ""
    assert keys_of(armature) == pinned


def test_jump_goes_to_the_pins_frame_at_any_speed(armature):
    pose(armature, 31, left_elbow=TURN)
    bpy.ops.jointwise.pin_pose()
    scene = bpy.context.scene
    for speed, frame in ((1.0, 31.0), (0.5, 61.0), (4.0, 8.5)):
        armature.jointwise_cleanup.speed = speed
        scene.frame_set(1)
        bpy.ops.jointwise.jump_to_pin(index=0)
        assert np.isclose(scene.frame_current_final, frame)
    armature.jointwise_cleanup.first_frame = 40
    with pytest.raises(RuntimeError, match="not keyed now"):
        bpy.ops.jointwise.jump_to_pin(index=0)


def test_limbs_that_are_not_keyed_cannot_be_pinned(scene, tmp_path):
    motion = walk()
    confidence = motion.confidence.copy()
    confidence[:, [JOINT_NAMES.index(name) for name in ("left_knee", "left_ankle", "left_foot")]] = 0.05
    armature = assemble(dataclasses.replace(motion, confidence=confidence), tmp_path / "half.npz")
    pose(armature, 21, left_knee=TURN)
    with pytest.raises(RuntimeError, match="Nothing is posed"):
        bpy.ops.jointwise.pin_pose()
    armature.jointwise_cleanup.key_unseen = True
    pose(armature, 21, left_knee=TURN)
    bpy.ops.jointwise.pin_pose()
    assert_pinned(armature, 20, "left_knee", TURN)


def test_pins_outlive_saving_copying_and_undo(armature, tmp_path):
    loaded, name = keys_of(armature), armature.name
    bpy.ops.ed.undo_push(message="before")
    pose(armature, 31, left_elbow=TURN)
    bpy.ops.jointwise.pin_pose()
    pinned = keys_of(armature)
    bpy.ops.ed.undo_push(message="Pin Pose")
    bpy.ops.ed.undo()
    armature = bpy.data.objects[name]
    assert keys_of(armature) == loaded
    assert not len(armature.jointwise_pins.pins)
    bpy.ops.ed.redo()
    armature = bpy.data.objects[name]
    assert keys_of(armature) == pinned
    copy = armature.copy()
    bpy.context.scene.collection.objects.link(copy)
    copy.jointwise_pins.pins[0].muted = True
    assert keys_of(copy) == loaded
    assert keys_of(armature) == pinned
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "pinned.blend"))
    bpy.ops.wm.read_homefile(use_empty=True)
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "pinned.blend"))
    armature = bpy.data.objects[name]
    assert keys_of(armature) == pinned
    armature.jointwise_cleanup.prior = 0.5
    armature.jointwise_cleanup.prior = 1.0
    assert keys_of(armature) == pinned
    bpy.context.view_layer.objects.active = armature
    bpy.ops.jointwise.remove_all_pins()
    assert keys_of(armature) == loaded


def test_the_pelvis_is_pinned_in_the_world(armature):
    pose(armature, 31)
    bone = armature.pose.bones["pelvis"]
    bone.location = (0.4, 0.1, -0.3)
    bpy.ops.jointwise.pin_pose()
    assert np.allclose(locations(armature)[30], (0.4, 0.1, -0.3), atol=1e-6)
    (pin,) = armature.jointwise_pins.pins
    head = load_capture(armature).heads[0]
    assert np.allclose(np.array(pin.place) - head, (0.4, 0.3, 0.1), atol=1e-6)
