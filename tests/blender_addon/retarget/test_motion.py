import time

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
    world_heads,
)
from jointwise_ext.blender_addon.compat import current_fcurves
from jointwise_ext.blender_addon.keyframes import write_keys
from jointwise_ext.blender_addon.retarget import motion as motion_module
from jointwise_ext.blender_addon.retarget.bone_map import BoneMap
from jointwise_ext.blender_addon.retarget.motion import RetargetOptions, recognise_rig, retarget_motion
from jointwise_ext.blender_addon.scene_assembly import assemble_motion
from jointwise_ext.core.errors import JointwiseError, OptionError, OutputError
from mathutils import Euler

UNREAL = "Unreal mannequin 4"
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


@pytest.mark.parametrize("name", ["default", "cmu_mb", "game_engine", "mixamo"])
def test_limbs_of_rigs_with_their_makers_rest_pose_point_as_the_sources(source, name):
    rig = build_rig(mpfb_rigs()[name], name)
    bones = recognise_rig(rig).bone_map.bones
    report = retarget(source, rig)
    assert report.rest_pose == ("T-pose" if name in ("mixamo",) else "A-pose")
    for frame in FRAMES:
        errors = limb_errors_deg(source, rig, bones, frame)
        assert max(errors.values()) < 1.0, errors


def unreal_rig(places=None, left_out=(), **options):
    bones = table_bones(UNREAL, human_places(45.0) if places is None else places)
    parents = {bone: parent for bone, parent, _ in bones}

    def kept(parent):
        while parent in left_out:
            parent = parents[parent]
        return parent

    rest = [(bone, kept(parent), head) for bone, parent, head in bones if bone not in left_out]
    return build_rig(rest, "Character", np.random.default_rng(4), **options)


@pytest.mark.parametrize(
    "left_out",
    [
        ("spine_03",), ("spine_02", "spine_03"), ("ball_l", "ball_r"), ("clavicle_l", "clavicle_r"), ("neck_01",),
        ("spine_03", "clavicle_l", "clavicle_r", "ball_l", "ball_r", "neck_01"),
    ],
)  # fmt: skip
def test_rotations_of_missing_bones_go_to_the_next_ones(source, left_out):
    rig = unreal_rig(left_out=left_out)
    bones = {joint: bone for joint, bone in rig_tables()[UNREAL].items() if bone not in left_out}
    assert dict(recognise_rig(rig).bone_map.bones) == bones
    retarget(source, rig)
    for frame in FRAMES:
        errors = limb_errors_deg(source, rig, bones, frame)
        assert max(errors.values()) < 1.0, errors


TURNS = [(0, 0, 0), (90, 0, 0), (-90, 0, 0), (0, 0, 180), (90, 0, 90), (180, 0, 0), (90, 90, 0)]


@pytest.mark.parametrize("inside", TURNS)
@pytest.mark.parametrize(("outside", "scale"), [((0, 0, 0), 1.0), ((90, 0, 20), 0.01), ((-90, 180, 0), 100.0)])
def test_limbs_point_as_the_sources_however_rig_and_object_are_turned(source, inside, outside, scale):
    turn = np.array(Euler(np.radians(inside)).to_matrix())
    rig = unreal_rig(turn=turn)
    set_transform(rig, (3, 1, 0.5), outside, scale)
    retarget(source, rig)
    for frame in (1, 40):
        errors = limb_errors_deg(source, rig, rig_tables()[UNREAL], frame)
        assert max(errors.values()) < 1.0, errors


def test_the_pelvis_goes_as_far_as_the_legs_are_long_around_the_rigs_own_place(source):
    places = human_places(leg_scale=1.3)
    rig = unreal_rig(places)
    set_transform(rig, (5, -2, 0), (0, 0, 90), 0.5)
    retarget(source, rig)
    theirs = np.array([world_heads(source, {"p": "pelvis"}, frame)["p"] for frame in (1, 20, 40)])
    own = np.array([world_heads(rig, {"p": "pelvis"}, frame)["p"] for frame in (1, 20, 40)])
    rest = {name: np.array(source.data.bones[name].head_local) for name in ("left_hip", "left_knee", "left_ankle")}
    length = np.linalg.norm(rest["left_hip"] - rest["left_knee"]) + np.linalg.norm(
        rest["left_knee"] - rest["left_ankle"]
    )
    legs = [places[f"left_{name}"] for name in ("hip", "knee", "ankle")]
    ratio = 0.5 * (np.linalg.norm(legs[1] - legs[0]) + np.linalg.norm(legs[2] - legs[1])) / length
    assert np.allclose(own - own[0], ratio * (theirs - theirs[0]), atol=1e-4)
    # Where the source stands above its origin, the target stands above its own.
    middle = own.mean(axis=0)[:2] - ratio * theirs.mean(axis=0)[:2]
    assert np.linalg.norm(middle - (5, -2)) < 0.05


def test_the_way_is_as_long_as_the_sources_without_scaling_and_none_in_place(source):
    rig = unreal_rig(human_places(leg_scale=1.3))
    theirs = np.array([world_heads(source, {"p": "pelvis"}, frame)["p"] for frame in (1, 20, 40)])
    for options, factor in (
        (RetargetOptions(False, False), (1, 1, 1)),
        (RetargetOptions(False, False, True), (0, 0, 1)),
    ):
        retarget(source, rig, options)
        own = np.array([world_heads(rig, {"p": "pelvis"}, frame)["p"] for frame in (1, 20, 40)])
        assert np.allclose(own - own[0], factor * (theirs - theirs[0]), atol=1e-4)


def test_a_turned_and_moved_source_is_followed_in_the_world(source):
    rig = unreal_rig()
    source.location, source.rotation_euler = (1, 2, 0), (0, 0, 1.2)
    rig.rotation_euler = (0.3, 0, 0)
    retarget(source, rig)
    errors = limb_errors_deg(source, rig, rig_tables()[UNREAL], 20)
    assert max(errors.values()) < 1.0


@pytest.mark.parametrize("mode", ["QUATERNION", "AXIS_ANGLE", "XYZ", "XZY", "YXZ", "YZX", "ZXY", "ZYX"])
def test_keys_are_in_the_bones_own_mode_and_never_jump(source, mode):
    rig = unreal_rig()
    for bone in rig.pose.bones:
        bone.rotation_mode = mode
    retarget(source, rig)
    channels = {curve.data_path.rpartition(".")[2] for curve in current_fcurves(rig)}
    wanted = {"QUATERNION": "rotation_quaternion", "AXIS_ANGLE": "rotation_axis_angle"}.get(mode, "rotation_euler")
    assert channels == {wanted, "location"}
    assert {bone.rotation_mode for bone in rig.pose.bones} == {mode}
    for curve in current_fcurves(rig):
        if not curve.data_path.endswith("location"):
            values = np.array([point.co.y for point in curve.keyframe_points])
            assert np.abs(np.diff(values)).max(initial=0) < 2.0


def test_a_bone_that_inherits_no_rotation_turns_right_too(source):
    rig = unreal_rig()
    rig.data.bones["upperarm_l"].use_inherit_rotation = False
    rig.data.bones["pelvis"].use_local_location = False
    retarget(source, rig)
    errors = limb_errors_deg(source, rig, rig_tables()[UNREAL], 20)
    assert max(errors.values()) < 1.0


def test_a_connected_pelvis_leaves_the_way_to_the_bone_above(source):
    rig = unreal_rig(connect=("pelvis",))
    retarget(source, rig)
    moved = {curve.data_path for curve in current_fcurves(rig) if curve.data_path.endswith("location")}
    assert 'pose.bones["root"].location' in moved
    theirs = np.array([world_heads(source, {"p": "pelvis"}, frame)["p"] for frame in (1, 40)])
    own = np.array([world_heads(rig, {"p": "pelvis"}, frame)["p"] for frame in (1, 40)])
    assert np.linalg.norm(own[1] - own[0]) > 0.9 * np.linalg.norm(theirs[1] - theirs[0])


def test_bones_without_a_joint_keep_their_rest_and_earlier_poses_of_driven_ones_are_gone(source):
    rig = unreal_rig()
    rig.pose.bones["ik_hand_gun"].location = (0, 0, 1)
    rig.pose.bones["thigh_l"].scale = (2, 2, 2)
    rig.pose.bones["root"].rotation_quaternion = (0.5, 0.5, 0.5, 0.5)
    retarget(source, rig)
    assert max(limb_errors_deg(source, rig, rig_tables()[UNREAL], 20).values()) < 1.0
    assert tuple(rig.pose.bones["ik_hand_gun"].location) == (0, 0, 1)


def test_each_motion_gets_an_action_of_its_own_and_none_is_lost(source, make_motion_file):
    other = assemble_motion(bpy.context, make_motion_file("second.npz", frame_count=12)[0])
    rig = unreal_rig()
    first, second = (retarget(armature, rig).action for armature in (source, other))
    assert first != second
    assert first.use_fake_user
    assert second.use_fake_user
    assert rig.animation_data.action == second
    assert first.frame_range[1] == 40


def test_source_and_target_are_otherwise_as_before(source):
    rig = unreal_rig()
    keys = [tuple(point.co) for curve in current_fcurves(source) for point in curve.keyframe_points]
    rest = [(bone.name, tuple(bone.head_local), tuple(bone.tail_local)) for bone in rig.data.bones]
    matrix = rig.matrix_world.copy()
    retarget(source, rig)
    assert keys == [tuple(point.co) for curve in current_fcurves(source) for point in curve.keyframe_points]
    assert rest == [(bone.name, tuple(bone.head_local), tuple(bone.tail_local)) for bone in rig.data.bones]
    assert rig.matrix_world == matrix


def directions(rig, bones, frame):
    """World directions (3,) of bones at a scene frame."""
    bpy.context.scene.frame_set(frame)
    evaluated = rig.evaluated_get(bpy.context.evaluated_depsgraph_get())
    turn = np.array(evaluated.matrix_world.to_3x3().normalized())
    return {bone: turn @ np.array(evaluated.pose.bones[bone].vector.normalized()) for bone in bones}


def test_hands_head_and_toes_turn_alike_whatever_the_rest_pose(source):
    # The same body at rest in three ways: what hangs on the arms is lowered with them, what stands is turned about.
    found = []
    for drop, yaw in ((0, 0), (50, 0), (0, 25)):
        lowered = np.array(Euler((0, np.radians(drop), 0)).to_matrix())
        tails = {"hand_l": lowered @ (0.05, -0.05, 0.02), "hand_r": lowered.T @ (-0.05, -0.05, 0.02)}
        tails |= {"head": np.array([0.01, -0.1, 0.1]), "ball_l": np.array([0, -0.08, 0.01])}
        bones = [
            (bone, parent, head, head + tails[bone]) if bone in tails else (bone, parent, head)
            for bone, parent, head in table_bones(UNREAL, human_places(drop))
        ]
        rig = build_rig(bones, f"rest{drop}{yaw}", turn=np.array(Euler((0, 0, np.radians(yaw))).to_matrix()))
        retarget(source, rig)
        found.append([directions(rig, tails, frame) for frame in (1, 20, 40)])
    for other in found[1:]:
        for own, theirs in zip(found[0], other, strict=True):
            for bone, direction in own.items():
                assert direction @ theirs[bone] > np.cos(np.radians(1.0)), bone


def test_a_rig_that_is_shown_at_rest_says_why_it_does_not_move(source):
    rig = unreal_rig()
    rig.data.pose_position = "REST"
    assert any("Pose Position" in warning for warning in retarget(source, rig).warnings)


def test_constraints_and_drivers_on_driven_bones_are_named(source):
    rig = unreal_rig()
    rig.pose.bones["calf_l"].constraints.new("LIMIT_ROTATION")
    rig.pose.bones["hand_r"].driver_add("rotation_quaternion", 1)
    warnings = " ".join(retarget(source, rig).warnings)
    assert "calf_l" in warnings
    assert "hand_r" in warnings


def test_a_failure_leaves_action_and_pose_as_they_were(source, monkeypatch):
    rig = unreal_rig()
    former = retarget(source, rig).action
    bpy.context.view_layer.update()
    pose = [bone.matrix_basis.copy() for bone in rig.pose.bones]
    actions = len(bpy.data.actions)

    def fail(*_arguments):
        raise OutputError("Broken.")

    monkeypatch.setattr(motion_module, "key_target", fail)
    with pytest.raises(OutputError):
        retarget(source, rig)
    assert rig.animation_data.action == former
    assert len(bpy.data.actions) == actions
    assert pose == [bone.matrix_basis for bone in rig.pose.bones]


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda source, rig: setattr(rig, "scale", (-1, 1, 1)), "zero or negative"),
        (lambda source, rig: source.animation_data_clear(), "no keys"),
        (lambda source, rig: setattr(source.pose.bones["head"], "rotation_mode", "XYZ"), "quaternions"),
        (lambda source, rig: bpy.context.scene.collection.objects.unlink(rig), "view layer"),
    ],
)
def test_what_cannot_be_retargeted_is_said(source, spoil, sentence):
    rig = unreal_rig()
    bone_map = recognise_rig(rig).bone_map
    spoil(source, rig)
    bpy.context.view_layer.update()
    with pytest.raises(JointwiseError, match=sentence):
        retarget_motion(bpy.context, source, rig, bone_map, UNPINNED)


def test_maps_that_do_not_fit_are_refused(source):
    rig = unreal_rig()
    for bones, sentence in (
        ({}, "No bone"),
        ({"pelvis": "Hüfte"}, "has no bone Hüfte"),
        ({"pelvis": "root", "spine1": "root"}, "mapped to pelvis and spine1"),
    ):
        with pytest.raises(OptionError, match=sentence):
            retarget_motion(bpy.context, source, rig, BoneMap("own", bones), UNPINNED)
    assert rig.animation_data is None


@pytest.mark.parametrize("mode", ["QUATERNION", "XYZ"])
def test_10000_frames_are_retargeted_in_time(source, capsys, mode):
    frames = 10_000
    for curve in current_fcurves(source):
        values = np.resize([point.co.y for point in curve.keyframe_points], frames)
        curve.keyframe_points.clear()
        write_keys(curve, np.arange(1.0, frames + 1), values)
    rig = unreal_rig()
    for bone in rig.pose.bones:
        bone.rotation_mode = mode
    start = time.perf_counter()
    retarget(source, rig, RetargetOptions())
    seconds = time.perf_counter() - start
    with capsys.disabled():
        print(f"\n10000 frames retargeted in {seconds:.2f} s ({mode}, Blender {bpy.app.version_string})")
    # The promise is 5 s; the bound leaves room for busy machines.
    assert seconds < 15
