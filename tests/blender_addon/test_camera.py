import bpy
import numpy as np
import pytest
from blender_addon_synthetic import bone_heads
from bpy_extras.object_utils import world_to_camera_view
from jointwise_ext.blender_addon.camera import background_offsets
from jointwise_ext.blender_addon.keyframes import scene_frames
from jointwise_ext.blender_addon.scene_assembly import assemble_motion
from mathutils import Vector


def project(scene, camera, point):
    seen = world_to_camera_view(scene, camera, Vector(point))
    return np.array([seen.x * scene.render.resolution_x, (1 - seen.y) * scene.render.resolution_y])


@pytest.mark.parametrize("image_size", [(1280, 720), (1080, 1920), (640, 640)])
def test_camera_sees_the_joints_where_the_video_has_them(scene, make_motion_file, image_size):
    path, motion = make_motion_file(image_size=image_size)
    armature = assemble_motion(bpy.context, path)
    assert (scene.render.resolution_x, scene.render.resolution_y) == image_size
    camera = bpy.data.objects["walk_camera"]
    assert scene.camera == camera
    for row in (0, 15, motion.frame_count - 1):
        joints = motion.joints[row].astype(np.float64)
        expected = motion.focal_length * joints[:, :2] / joints[:, 2:] + np.array(image_size) / 2
        found = [project(scene, camera, head) for head in bone_heads(armature, row + 1)]
        assert np.abs(np.array(found) - expected).max() < 0.5


def test_camera_sees_the_landmarks_where_keypoints_2d_are(scene, make_motion_file):
    path, motion = make_motion_file()
    assemble_motion(bpy.context, path)
    camera = bpy.data.objects["walk_camera"]
    height = camera.location.z
    for point, pixel in zip(motion.keypoints[9], motion.keypoints_2d[9], strict=True):
        world = (point[0], point[2], height - point[1])
        assert np.abs(project(scene, camera, world) - pixel).max() < 0.5


def test_a_size_that_the_user_chose_stays(scene, make_motion_file):
    scene.render.resolution_x, scene.render.resolution_y = 800, 600
    path, _ = make_motion_file()
    assemble_motion(bpy.context, path)
    assert (scene.render.resolution_x, scene.render.resolution_y) == (800, 600)


def test_a_camera_that_the_user_has_stays_the_scenes_camera(scene, make_motion_file):
    own = bpy.data.objects.new("own", bpy.data.cameras.new("own"))
    scene.collection.objects.link(own)
    scene.camera = own
    path, _ = make_motion_file()
    assemble_motion(bpy.context, path)
    assert scene.camera == own


def test_background_of_an_equal_rate_needs_no_keys():
    frame_ids = np.arange(20, 60)
    frames, offsets = background_offsets(1.0 + frame_ids, frame_ids, 1)
    assert offsets.tolist() == [0.0]
    assert frames.tolist() == [21.0]


@pytest.mark.parametrize(("video_rate", "scene_rate"), [(30, 24), (24, 30), (30000 / 1001, 30), (12.5, 60), (120, 24)])
def test_background_shows_the_source_frame_of_each_scene_frames_time(video_rate, scene_rate):
    frame_ids = np.arange(300)
    frames = scene_frames(frame_ids / video_rate, 1, scene_rate)
    changes, offsets = background_offsets(frames, frame_ids, 1)
    for frame in range(1, int(frames[-1]) + 1):
        offset = offsets[np.searchsorted(changes, frame, side="right") - 1]
        shown = frame - 1 + offset
        assert abs(shown - (frame - 1) / scene_rate * video_rate) <= 1.0


def test_background_of_a_single_row():
    frames, offsets = background_offsets(np.array([5.4]), np.array([5]), 0)
    assert len(frames) == len(offsets) == 1
