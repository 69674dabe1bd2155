"""A walk on a known floor, filmed by a known moving camera, put back into the world through that camera."""

import dataclasses

import bpy
import numpy as np
import pytest
from blender_addon_recording_layout import RecordingLayout
from blender_addon_synthetic import rotvec_to_rotmat
from blender_addon_walking import walking_motion
from jointwise_ext.blender_addon.axes import BLENDER_CAMERA_AXES
from jointwise_ext.blender_addon.cleanup.store import load_capture
from jointwise_ext.blender_addon.compat import current_fcurves
from jointwise_ext.blender_addon.messages import MESSAGES
from jointwise_ext.blender_addon.solved_camera.fit import fit_scale
from jointwise_ext.blender_addon.solved_camera.lens import focal_length_35mm
from jointwise_ext.blender_addon.solved_camera.panel import JOINTWISE_PT_solved_camera
from jointwise_ext.blender_addon.solved_camera.path import has_path, load_path
from jointwise_ext.core.errors import OptionError
from jointwise_ext.core.focal_length import choose_focal_length_px
from jointwise_ext.core.motion import save_motion
from jointwise_ext.core.rotations import rotmat_to_rotvec
from jointwise_ext.core.skeleton import JOINT_NAMES
from mathutils import Matrix

FRAME_COUNT = 48
WALK = []
"""The truth and the motion, made once: naive kinematics take their time."""

LOCATION = 'pose.bones["pelvis"].location'


def camera_way():
    """World from camera (T, 3, 3), axes x right, y down, z away, and places (T, 3): a walk beside the person."""
    times = np.arange(FRAME_COUNT) / 30
    turns = [
        rotvec_to_rotmat(np.array([0.0, 0.0, 0.3 * np.sin(2 * time)]))
        @ rotvec_to_rotmat(np.array([np.pi / 2 - 0.1 + 0.05 * np.sin(5 * time), 0.0, 0.0]))
        for time in times
    ]
    places = np.stack([0.4 * np.sin(3 * times), -5.0 - 0.8 * times, 1.5 + 0.1 * np.cos(4 * times)], axis=1)
    return np.array(turns) @ BLENDER_CAMERA_AXES, places


def filmed(motion, rest_world):
    """The motion as the moving camera sees it; `rest_world` is the still camera's rotation and translation."""
    world_rotation, world_translation = rest_world
    turns, places = camera_way()
    to_camera = np.swapaxes(turns, 1, 2)

    def seen(points):
        world = points @ world_rotation.T + world_translation
        return np.einsum("tij,tkj->tki", to_camera, world - places[:, None])

    poses = motion.poses.reshape(-1, 24, 3).astype(np.float64)
    for frame in range(len(poses)):
        root = to_camera[frame] @ world_rotation @ rotvec_to_rotmat(poses[frame, 0])
        poses[frame, 0] = rotmat_to_rotvec(root)
    poses = poses.reshape(-1, 72).astype(np.float32)
    joints = seen(motion.joints.astype(np.float64)).astype(np.float32)
    rest_pelvis = (motion.joints[:, 0] - motion.trans).mean(axis=0)
    return dataclasses.replace(
        motion,
        poses=poses,
        poses_per_frame=poses,
        joints=joints,
        trans=joints[:, 0] - rest_pelvis,
        keypoints=seen(motion.keypoints.astype(np.float64)).astype(np.float32),
    )


def make_camera(scene, scale=1.0, parent=None):
    """A camera keyed along the way, whose units are `scale` metres."""
    turns, places = camera_way()
    camera = bpy.data.objects.new("solved", bpy.data.cameras.new("solved"))
    scene.collection.objects.link(camera)
    carrier = parent or camera
    carrier.rotation_mode = "QUATERNION"
    for frame, (turn, place) in enumerate(zip(turns @ BLENDER_CAMERA_AXES, places / scale, strict=True)):
        carrier.rotation_quaternion = Matrix(turn.tolist()).to_quaternion()
        carrier.location = place
        carrier.keyframe_insert("rotation_quaternion", frame=scene.frame_start + frame)
        carrier.keyframe_insert("location", frame=scene.frame_start + frame)
    return camera


def load(motion, path, **placing):
    """Build the motion's scene and return its armature; with a camera chosen, it is placed through it."""
    save_motion(motion, path)
    settings = bpy.context.scene.jointwise.solved_camera
    for name, value in placing.items():
        setattr(settings, name, value)
    assert bpy.ops.jointwise.load_motion(filepath=str(path)) == {"FINISHED"}
    return bpy.context.view_layer.objects.active


def bone_matrices(armature, scene):
    """World matrices (T, 24, 4, 4) of all bones in all frames."""
    found = []
    for frame in range(FRAME_COUNT):
        scene.frame_set(scene.frame_start + frame)
        evaluated = armature.evaluated_get(bpy.context.evaluated_depsgraph_get())
        found.append([np.array(evaluated.matrix_world @ evaluated.pose.bones[name].matrix) for name in JOINT_NAMES])
    return np.array(found)


def errors(found, truth):
    """Largest distance of a bone, mm, and largest angle, degrees."""
    relative = found[..., :3, :3] @ np.swapaxes(truth[..., :3, :3], -1, -2)
    # The chord of an angle is exact near 0, where the trace is not.
    chord = np.linalg.norm(relative - np.eye(3), axis=(-2, -1)) / np.sqrt(2)
    distance = np.linalg.norm(found[..., :3, 3] - truth[..., :3, 3], axis=-1)
    return 1000 * distance.max(), np.degrees(chord.max())


def keys_of(armature):
    found = {}
    for curve in current_fcurves(armature):
        coordinates = np.empty(2 * len(curve.keyframe_points), np.float32)
        curve.keyframe_points.foreach_get("co", coordinates)
        found[curve.data_path, curve.array_index] = coordinates.tobytes()
    return found


@pytest.fixture
def walk(scene, tmp_path):
    """The world's truth (T, 24, 4, 4), and the walk as the moving camera sees it."""
    scene.jointwise.add_body = False
    if not WALK:
        scene.jointwise.add_camera = False
        motion = walking_motion(FRAME_COUNT)
        armature = load(motion, tmp_path / "still.npz")
        capture = load_capture(armature)
        WALK.append(bone_matrices(armature, scene))
        WALK.append(filmed(motion, (capture.world_rotation, capture.world_translation)))
        bpy.data.objects.remove(armature)
        scene.jointwise.add_camera = True
    return tuple(WALK)


@pytest.fixture
def placed(scene, walk, tmp_path):
    """The truth, the camera, the armature before it is placed, and its keys then."""
    truth, seen = walk
    armature = load(seen, tmp_path / "seen.npz")
    camera = make_camera(scene)
    scene.jointwise.solved_camera.camera = camera
    return truth, camera, armature, keys_of(armature)


def test_through_the_camera_and_back_the_world_motion_is_the_same(scene, placed):
    truth, _, armature, _ = placed
    assert errors(bone_matrices(armature, scene), truth)[0] > 300
    scene.jointwise.solved_camera.fits_scale = False
    scene.frame_set(7)
    assert bpy.ops.jointwise.place_through_camera() == {"FINISHED"}
    assert MESSAGES.warnings == []
    assert scene.frame_current == 7
    distance_mm, angle_deg = errors(bone_matrices(armature, scene), truth)
    assert distance_mm < 1.0
    assert angle_deg < 0.1


def test_a_new_motion_is_placed_while_it_is_keyed_and_gets_no_camera_of_its_own(scene, walk, tmp_path):
    truth, seen = walk
    armature = load(seen, tmp_path / "seen.npz", camera=make_camera(scene), fits_scale=False)
    distance_mm, angle_deg = errors(bone_matrices(armature, scene), truth)
    assert distance_mm < 1.0
    assert angle_deg < 0.1
    assert [item.name for item in scene.objects if item.type == "CAMERA"] == ["solved"]


def test_a_camera_that_something_else_moves_counts_as_it_is_seen(scene, walk, tmp_path):
    truth, seen = walk
    carrier = bpy.data.objects.new("carrier", None)
    scene.collection.objects.link(carrier)
    camera = make_camera(scene, parent=carrier)
    constraint = camera.constraints.new("COPY_TRANSFORMS")
    constraint.target = carrier
    carrier.scale = (3.0, 3.0, 3.0)
    armature = load(seen, tmp_path / "seen.npz", camera=camera, fits_scale=False)
    distance_mm, angle_deg = errors(bone_matrices(armature, scene), truth)
    assert distance_mm < 1.0
    assert angle_deg < 0.1


@pytest.mark.parametrize("floor", [False, True])
@pytest.mark.parametrize("scale", [0.05, 1.7])
def test_a_wrong_scale_is_found_within_2_percent(scene, walk, tmp_path, scale, floor):
    truth, seen = walk
    armature = load(seen, tmp_path / "seen.npz", camera=make_camera(scene, scale), has_floor=floor)
    path = load_path(armature, FRAME_COUNT)
    assert path.scale == pytest.approx(scale, rel=0.02)
    assert path.floor_height == pytest.approx(0.0, abs=0.02)
    assert errors(bone_matrices(armature, scene), truth)[0] < 60
    assert any("Set Scene Scale" in note for note in MESSAGES.warnings)
    assert any("from the feet alone" in note for note in MESSAGES.warnings) is not floor


def test_the_button_shows_the_scale_that_it_found(scene, placed):
    assert bpy.ops.jointwise.place_through_camera() == {"FINISHED"}
    assert scene.jointwise.solved_camera.scale == pytest.approx(1.0, rel=0.02)


def test_sliders_go_on_from_the_placed_motion_and_its_removal_is_bit_for_bit(scene, placed):
    truth, _, armature, loaded = placed
    scene.jointwise.solved_camera.fits_scale = False
    bpy.ops.jointwise.place_through_camera()
    through_camera, group = keys_of(armature), armature.jointwise_cleanup
    assert through_camera != loaded
    for name, value, back in (("smoothing_s", 0.3, 0.0), ("contact_mode", "auto", "never"), ("end_frame", 30, 0)):
        setattr(group, name, value)
        assert keys_of(armature)[LOCATION, 0] != loaded[LOCATION, 0]
        assert keys_of(armature) != through_camera
        setattr(group, name, back)
        assert keys_of(armature) == through_camera
    group.contact_mode = "auto"
    assert errors(bone_matrices(armature, scene), truth)[0] < 30
    group.contact_mode = "never"
    assert bpy.ops.jointwise.remove_placing() == {"FINISHED"}
    assert not has_path(armature)
    assert keys_of(armature) == loaded


def test_placing_is_undone(scene, placed):
    _, _, armature, loaded = placed
    name = armature.name
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.jointwise.place_through_camera()
    bpy.ops.ed.undo_push(message="placed")
    bpy.ops.ed.undo()
    armature = bpy.data.objects[name]
    assert not has_path(armature)
    assert keys_of(armature) == loaded


def test_a_floor_of_another_height_stays_where_it_is(scene, walk, tmp_path):
    truth, seen = walk
    carrier = bpy.data.objects.new("carrier", None)
    scene.collection.objects.link(carrier)
    camera = make_camera(scene)
    camera.parent = carrier
    carrier.location = (0.0, 0.0, 2.5)
    armature = load(seen, tmp_path / "seen.npz", camera=camera, fits_scale=False)
    armature.jointwise_cleanup.contact_mode = "auto"
    found = bone_matrices(armature, scene)
    assert load_path(armature, FRAME_COUNT).floor_height == pytest.approx(2.5, abs=0.02)
    assert np.abs((found - truth)[..., 2, 3] - 2.5).max() < 0.03


def test_a_camera_that_does_not_move_gives_no_scale_and_changes_nothing(scene, placed):
    _, camera, armature, loaded = placed
    camera.animation_data_clear()
    with pytest.raises(RuntimeError, match="The camera's scale cannot be found: the camera hardly moves"):
        bpy.ops.jointwise.place_through_camera()
    assert not has_path(armature)
    assert keys_of(armature) == loaded


def test_an_estimate_is_not_lost_where_the_scale_cannot_be_found(scene, walk, tmp_path):
    _, seen = walk
    contacts = np.zeros_like(seen.contacts)
    armature = load(dataclasses.replace(seen, contacts=contacts), tmp_path / "seen.npz", camera=make_camera(scene))
    assert armature.type == "ARMATURE"
    assert any("no foot stands" in note and "had not moved" in note for note in MESSAGES.warnings)


def test_a_camera_of_another_scene_is_one_sentence(scene, placed):
    _, camera, _, _ = placed
    scene.collection.objects.unlink(camera)
    bpy.data.scenes.new("other").collection.objects.link(camera)
    with pytest.raises(RuntimeError, match="The camera solved is not in this scene"):
        bpy.ops.jointwise.place_through_camera()


def test_no_camera_and_no_placing_are_sentences(scene, placed):
    scene.jointwise.solved_camera.camera = None
    with pytest.raises(RuntimeError, match="No solved camera is chosen"):
        bpy.ops.jointwise.place_through_camera()
    with pytest.raises(RuntimeError, match="not placed through a camera"):
        bpy.ops.jointwise.remove_placing()


@pytest.mark.parametrize("fit", ["HORIZONTAL", "VERTICAL", "AUTO"])
@pytest.mark.parametrize("size", [(1920, 1080), (1080, 1920)])
def test_the_cores_focal_length_gives_the_cameras_angle_of_view(scene, fit, size):
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    camera.data.lens, camera.data.sensor_width, camera.data.sensor_height, camera.data.sensor_fit = (
        31.0,
        23.6,
        15.7,
        fit,
    )
    scene.collection.objects.link(camera)
    render = scene.render
    render.resolution_x, render.resolution_y = size
    scene.jointwise.solved_camera.camera = camera
    assert bpy.ops.jointwise.use_camera_lens() == {"FINISHED"}
    assert scene.jointwise.lens == "mm"
    focal_length_px, _ = choose_focal_length_px(size, focal_length_35mm=scene.jointwise.focal_length_35mm)
    view = camera.calc_matrix_camera(bpy.context.evaluated_depsgraph_get(), x=size[0], y=size[1])
    assert focal_length_px == pytest.approx(view[0][0] * size[0] / 2, rel=1e-4)
    assert focal_length_35mm(camera, size) == pytest.approx(scene.jointwise.focal_length_35mm)


def test_the_fit_is_the_least_squares_of_a_search():
    rng = np.random.default_rng(5)
    location, noise = rng.normal(0, 1, (40, 3)), rng.normal(0, 0.05, (40, 4, 3))
    stands = np.zeros((40, 4), bool)
    stands[3:15, 0], stands[20:38, 3] = True, True
    soles = noise - 0.8 * location[:, None]
    found = fit_scale(soles, location, stands, np.arange(40), 30.0, None)

    def slide(scale):
        placed = soles + scale * location[:, None]
        return sum(
            np.square(placed[run, part] - placed[run, part].mean(axis=0)).sum()
            for run, part in ((slice(3, 15), 0), (slice(20, 38), 3))
        )

    scales = np.linspace(0.6, 1.0, 4001)
    assert found == pytest.approx(scales[np.argmin([slide(scale) for scale in scales])], abs=1e-4)


def test_a_scale_of_feet_that_never_stand_is_refused():
    with pytest.raises(OptionError, match="no foot stands"):
        fit_scale(np.zeros((5, 4, 3)), np.ones((5, 3)), np.zeros((5, 4), bool), np.arange(5), 30.0, None)


def test_the_panel_offers_what_can_be_done(scene, placed):
    from types import SimpleNamespace

    preferences = SimpleNamespace(addons=bpy.context.preferences.addons, system=SimpleNamespace(ui_scale=1.0))

    def drawn():
        layout = RecordingLayout()
        context = SimpleNamespace(
            scene=scene,
            preferences=preferences,
            region=SimpleNamespace(width=300),
            view_layer=bpy.context.view_layer,
        )
        JOINTWISE_PT_solved_camera.draw(SimpleNamespace(layout=layout), context)
        return list(layout.buttons)

    assert drawn() == ["jointwise.use_camera_lens", "jointwise.place_through_camera"]
    bpy.ops.jointwise.place_through_camera()
    assert drawn()[-1] == "jointwise.remove_placing"
    scene.jointwise.solved_camera.camera = None
    assert drawn() == ["jointwise.remove_placing"]
