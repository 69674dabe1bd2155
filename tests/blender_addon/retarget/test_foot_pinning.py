import dataclasses

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
from blender_addon_walking import walking_motion
from jointwise_ext.blender_addon.compat import current_fcurves
from jointwise_ext.blender_addon.retarget import source_motion
from jointwise_ext.blender_addon.retarget.motion import RetargetOptions, recognise_rig, retarget_motion
from jointwise_ext.blender_addon.scene_assembly import assemble_motion
from jointwise_ext.core.motion import save_motion
from mathutils import Vector

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


def knee_angles_deg(places, side):
    hip, knee, ankle = (places[f"{side}_{part}"] for part in ("hip", "knee", "ankle"))
    thigh, shin = knee - hip, ankle - knee
    cosine = (thigh * shin).sum(axis=1) / np.linalg.norm(thigh, axis=1) / np.linalg.norm(shin, axis=1)
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


LEGS = {joint: bone for joint, bone in rig_tables()[UNREAL].items() if joint.startswith(("left", "right", "pelvis"))}


@pytest.mark.parametrize(("leg_scale", "scale"), [(1.3, 1.0), (0.7, 1.0), (1.0, 0.01)])
def test_standing_feet_of_other_legs_slide_no_more_than_the_sources(walk, leg_scale, scale):
    source, motion = walk
    rig = long_legged_rig(leg_scale=leg_scale)
    set_transform(rig, (1, 0, 0), (90, 0, 30), scale)
    retarget(source, rig, pin_feet=False)
    loose = sliding_m(paths(rig, LEGS, motion.frame_count), motion.contacts)
    retarget(source, rig)
    own = sliding_m(paths(rig, LEGS, motion.frame_count), motion.contacts)
    true = sliding_m(paths(source, {joint: joint for joint in FEET}, motion.frame_count), motion.contacts)
    # Else there would be nothing to pin.
    assert max(loose.values()) > (0.003 if scale == 1.0 else 0.0)
    for joint, slide in own.items():
        assert slide < true[joint] + 0.001, (own, true)


def test_knees_do_not_pop_and_the_pelvis_stays_smooth(walk):
    source, motion = walk
    rig = long_legged_rig()
    retarget(source, rig, pin_feet=False)
    loose = paths(rig, LEGS, motion.frame_count)
    retarget(source, rig)
    pinned = paths(rig, LEGS, motion.frame_count)
    for side in ("left", "right"):
        jerks = [np.abs(np.diff(knee_angles_deg(places, side), 2)).max() for places in (loose, pinned)]
        assert jerks[1] < jerks[0] + 3.0
        # Neither do they bend the other way: they stay before the line from hip to ankle.
        ahead = pinned[f"{side}_knee"] - 0.5 * (pinned[f"{side}_hip"] + pinned[f"{side}_ankle"])
        assert ahead[:, 1].max() < 0.0
    assert np.abs(np.diff(pinned["pelvis"], 2, axis=0)).max() < 0.005


def test_standing_feet_are_as_high_as_at_rest(walk):
    source, motion = walk
    rig = long_legged_rig()
    retarget(source, rig)
    places = paths(rig, LEGS, motion.frame_count)
    for side, column in (("left", 0), ("right", 2)):
        flat = (motion.contacts[:, column : column + 2] > 0.5).all(axis=1)
        heights = places[f"{side}_foot"][flat, 2]
        # The source's own floor lies within a few millimetres of its soles.
        assert np.abs(heights - human_places()[f"{side}_foot"][2]).max() < 0.01


@pytest.mark.parametrize("name", ["mixamo", "game_engine", "cmu_mb"])
@pytest.mark.parametrize("flat_soles", [True, False])
def test_no_foot_of_a_rig_with_its_makers_rest_pose_is_in_the_floor(walk, name, flat_soles):
    source, motion = walk
    rig = build_rig(mpfb_rigs()[name], name)
    bones = {joint: bone for joint, bone in recognise_rig(rig).bone_map.bones.items() if joint in FEET}
    retarget(source, rig, flat_soles=flat_soles)
    places = paths(rig, bones, motion.frame_count)
    rest = {joint: float(rig.data.bones[bone].head_local[2]) for joint, bone in bones.items()}
    for side, column in (("left", 0), ("right", 2)):
        flat = (motion.contacts[:, column : column + 2] > 0.5).all(axis=1)
        ankle, toe = (places[f"{side}_{part}"][flat, 2] - rest[f"{side}_{part}"] for part in ("ankle", "foot"))
        assert np.minimum(ankle, toe).min() > -0.005
        if flat_soles:
            # Both parts are at their rest heights together.
            assert np.abs(ankle - toe).max() < 0.006


def sink(source, depth_m):
    """Let a keyed body go down by so much, in the middle of its motion, and come up again."""
    down = source.data.bones["pelvis"].matrix_local.to_3x3().inverted() @ Vector((0.0, 0.0, -depth_m))
    for curve in current_fcurves(source):
        if curve.data_path == 'pose.bones["pelvis"].location':
            for number, point in enumerate(curve.keyframe_points):
                point.co.y += down[curve.array_index] * np.sin(np.pi * number / len(curve.keyframe_points)) ** 2
            curve.update()


@pytest.mark.parametrize("leg_scale", [1.3, 0.7])
def test_a_rig_whose_motion_sinks_is_lifted_out_of_the_floor(scene, tmp_path, leg_scale):
    motion = walking_motion()
    # No foot is held, so that the lift alone changes them.
    save_motion(dataclasses.replace(motion, contacts=np.zeros_like(motion.contacts)), tmp_path / "walk.npz")
    source = assemble_motion(bpy.context, tmp_path / "walk.npz")
    sink(source, 0.06)
    rig, toes, bends = long_legged_rig(leg_scale=leg_scale), {}, {}
    for pins in (False, True):
        retarget(source, rig, pin_feet=pins)
        places = paths(rig, LEGS, motion.frame_count)
        toes[pins] = np.stack([places[f"{side}_foot"] for side in ("left", "right")])
        bends[pins] = max(np.abs(np.diff(knee_angles_deg(places, side), 2)).max() for side in ("left", "right"))
    rest = human_places(45.0, leg_scale)["left_foot"][2]
    assert toes[False][..., 2].min() < rest - 0.03
    assert toes[True][..., 2].min() > rest - 0.002
    assert bends[True] < bends[False] + 4.0
    # Up and down alone: over the ground the feet go as without it.
    assert np.abs(toes[True][..., :2] - toes[False][..., :2]).max() < 0.005


def test_limbs_that_have_nothing_to_do_with_the_feet_are_the_same(walk):
    source, _ = walk
    rig = long_legged_rig()
    retarget(source, rig)
    bones = {joint: bone for joint, bone in rig_tables()[UNREAL].items() if not joint.endswith(("hip", "knee"))}
    for frame in (10, 50, 90):
        errors = limb_errors_deg(source, rig, bones, frame)
        assert max(errors.values()) < 1.0, errors


def test_a_motion_without_contacts_is_unchanged(scene, make_motion_file):
    source = assemble_motion(bpy.context, make_motion_file()[0])
    rig = long_legged_rig()
    retarget(source, rig, pin_feet=False)
    loose = paths(rig, LEGS, 40)
    retarget(source, rig)
    pinned = paths(rig, LEGS, 40)
    for joint in LEGS:
        assert np.abs(loose[joint] - pinned[joint]).max() < 1e-5


def test_contacts_that_the_artist_has_changed_are_the_ones_that_count(walk):
    source, motion = walk
    rig = long_legged_rig()
    retarget(source, rig, pin_feet=False)
    loose = paths(rig, LEGS, motion.frame_count)
    for curve in current_fcurves(source):
        if curve.data_path.endswith('_contact"]'):
            for point in curve.keyframe_points:
                point.co.y = 0.0
    retarget(source, rig)
    unpinned = paths(rig, LEGS, motion.frame_count)
    for joint in FEET:
        # Feet are still lifted out of the floor, but held nowhere.
        assert np.abs(loose[joint] - unpinned[joint])[:, :2].max() < 1e-3


def test_a_rig_without_toes_stands_still_too(walk):
    source, motion = walk
    rig = long_legged_rig("MPFB default")
    bones = rig_tables()["MPFB default"]
    retarget(source, rig)
    places = paths(rig, {joint: bones[joint] for joint in ("left_ankle", "right_ankle")}, motion.frame_count)
    for side, column in (("left", 0), ("right", 2)):
        flat = (motion.contacts[:, column : column + 2] > 0.5).all(axis=1)
        steps = np.linalg.norm(np.diff(places[f"{side}_ankle"], axis=0)[:, :2], axis=1)
        assert steps[flat[1:] & flat[:-1]].max() < 0.002


def test_in_place_the_feet_slide_but_the_legs_are_the_pinned_ones(walk):
    source, motion = walk
    rig = long_legged_rig()
    retarget(source, rig)
    walked = paths(rig, LEGS, motion.frame_count)
    retarget(source, rig, in_place=True)
    in_place = paths(rig, LEGS, motion.frame_count)
    assert np.abs(in_place["pelvis"][:, :2] - in_place["pelvis"][0, :2]).max() < 1e-4
    for joint in LEGS:
        assert np.allclose(walked[joint] - walked["pelvis"], in_place[joint] - in_place["pelvis"], atol=1e-4)


def test_a_capture_without_contact_curves_says_so(walk, monkeypatch):
    source, _ = walk
    rig = long_legged_rig()
    monkeypatch.setattr(source_motion, "contact_path", lambda name: f'["none_{name}"]')
    assert any("does not say when its feet stand" in warning for warning in retarget(source, rig).warnings)


def test_a_rig_without_knees_says_so(walk):
    source, _ = walk
    rig = long_legged_rig()
    bone_map = recognise_rig(rig).bone_map
    without = bone_map.with_bones({joint: bone for joint, bone in bone_map.bones.items() if "knee" not in joint})
    report = retarget_motion(bpy.context, source, rig, without, RetargetOptions())
    assert any("legs are not all mapped" in warning for warning in report.warnings)


def test_a_foot_is_not_held_across_a_long_gap(scene, tmp_path):
    # Both feet of the walk stand all the time, but for the three seconds that are missing and in which it went on.
    motion = walking_motion(frame_count=160)
    rows = np.r_[0:20, 120:160]
    fields = {
        name: getattr(motion, name)[rows]
        for name in ("poses", "trans", "frame_ids", "timestamps", "joints", "keypoints", "keypoints_2d", "visibility",
                     "poses_per_frame", "confidence")
    }  # fmt: skip
    standing = np.ones((len(rows), 4), np.float32)
    save_motion(dataclasses.replace(motion, **fields, contacts=standing), tmp_path / "gap.npz")
    source = assemble_motion(bpy.context, tmp_path / "gap.npz")
    rig = long_legged_rig(leg_scale=1.0)
    retarget(source, rig)
    before, after = (world_heads(rig, LEGS, frame)["left_ankle"] for frame in (20, 121))
    assert np.linalg.norm(after - before) > 1.5


def test_one_frame_is_retargeted(scene, make_motion_file):
    source = assemble_motion(bpy.context, make_motion_file(frame_count=1)[0])
    rig = long_legged_rig()
    retarget(source, rig)
    assert max(limb_errors_deg(source, rig, rig_tables()[UNREAL], 1).values()) < 1.0
