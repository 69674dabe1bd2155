import dataclasses
import struct
from pathlib import Path

import bpy
import numpy as np
import pytest
from blender_addon_synthetic import bone_heads
from bpy_extras.object_utils import world_to_camera_view
from jointwise_ext.blender_addon.camera import background_offsets
from jointwise_ext.blender_addon.keyframes import scene_frames
from jointwise_ext.blender_addon.scene_assembly import AssemblyOptions, assemble_motion, assemble_motions
from jointwise_ext.core.motion import save_motion
from mathutils import Vector

EXCERPT = Path(__file__).resolve().parents[1] / "data" / "walk_excerpt.mp4"


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


def add_video(make_motion_file, **options):
    path, motion = make_motion_file(image_size=(1768, 994), **options)
    assemble_motion(bpy.context, path, EXCERPT)
    return bpy.data.objects["walk_excerpt_camera"].data, motion


def test_video_lies_behind_the_scene_from_its_own_first_frame(scene, make_motion_file):
    data, _ = add_video(make_motion_file, first_frame_id=10)
    background = data.background_images[0]
    assert data.show_background_images
    assert background.image.source == "MOVIE"
    assert Path(bpy.path.abspath(background.image.filepath)) == EXCERPT
    # Source frame 0 belongs to scene frame 1, though the motion starts at source frame 10.
    assert (background.image_user.frame_start, background.image_user.frame_offset) == (1, 0)
    assert background.image_user.frame_duration == 96
    assert data.animation_data is None


def test_video_keeps_pace_in_a_scene_of_another_rate_and_after_setting_the_rate(scene, make_motion_file):
    scene.render.fps = 24
    data, _ = add_video(make_motion_file)
    user = data.background_images[0].image_user

    def shown_frame(frame):
        scene.frame_set(frame)
        evaluated = data.evaluated_get(bpy.context.evaluated_depsgraph_get())
        return frame - user.frame_start + evaluated.background_images[0].image_user.frame_offset

    for frame in range(1, 32):
        assert shown_frame(frame) == int((frame - 1) * 30 / 24 + 0.05)
    bpy.ops.jointwise.set_scene_rate()
    for frame in range(1, 41):
        assert shown_frame(frame) == frame - 1


@pytest.mark.parametrize("name", ["text.mp4", "missing.mp4"])
def test_a_video_that_blender_cannot_read_is_named_and_the_rest_is_made(scene, make_motion_file, tmp_path, name):
    path, _ = make_motion_file()
    (tmp_path / "text.mp4").write_text("text")
    assembly = assemble_motions(bpy.context, [path], tmp_path / name, AssemblyOptions())
    assert name in assembly.notes[0]
    assert len(assembly.armatures) == 1
    assert len(assembly.camera.data.background_images) == 0
    assert len(bpy.data.images) == 0


def write_marked_video(path, matrix, shift_px):
    """The excerpt with the rotation mark of a phone: the matrix of the track header, which players apply."""
    content = bytearray(EXCERPT.read_bytes())
    start = content.find(b"tkhd") + 4 + 4 + 20 + 8 + 8
    a, b, c, d = (value << 16 for value in matrix)
    struct.pack_into(">9i", content, start, a, b, 0, c, d, 0, shift_px[0] << 16, shift_px[1] << 16, 1 << 30)
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("rotation_deg", "matrix", "shift_px", "image_size"),
    [
        (90, (0, 1, -1, 0), (994, 0), (994, 1768)),
        (180, (-1, 0, 0, -1), (1768, 994), (1768, 994)),
        (270, (0, -1, 1, 0), (0, 1768), (994, 1768)),
    ],
)
def test_a_phones_video_is_shown_upright(scene, make_motion_file, tmp_path, rotation_deg, matrix, shift_px, image_size):
    write_marked_video(tmp_path / "phone.mp4", matrix, shift_px)
    path, motion = make_motion_file(image_size=image_size)
    save_motion(dataclasses.replace(motion, metadata={"video_rotation_deg": rotation_deg}), path)
    assemble_motion(bpy.context, path, tmp_path / "phone.mp4")
    background = bpy.data.objects["phone_camera"].data.background_images[0]
    turned_by_blender = bpy.app.version >= (4, 5, 0)
    assert np.isclose(background.rotation, 0 if turned_by_blender else np.radians(rotation_deg))
    fills_frame = 1768 / 994 if rotation_deg != 180 and not turned_by_blender else 1
    assert np.isclose(background.scale, fills_frame)
