"""A synthetic motion with naive kinematics, and ways to look at what Blender made of it. Loaded by conftest."""

import bpy
import numpy as np
from jointwise_ext.core.body_model import BodyModel, load_open_body
from jointwise_ext.core.motion import Motion
from jointwise_ext.core.rotations import rotmat_to_rotvec
from jointwise_ext.core.skeleton import JOINT_NAMES, PARENTS
from jointwise_ext.core.smpl_files import load_smpl_file


def rotvec_to_rotmat(rotvec):
    """Rodrigues' formula for one vector, the naive way."""
    angle = np.linalg.norm(rotvec)
    if angle < 1e-12:
        return np.eye(3)
    x, y, z = rotvec / angle
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def pose_joints(poses, trans, rest, parents):
    """Forward kinematics of one frame, joint by joint: poses (24, 3), rest (24, 3)."""
    positions, rotations = [rest[0] + trans], [rotvec_to_rotmat(poses[0])]
    for joint in range(1, 24):
        parent = parents[joint]
        positions.append(positions[parent] + rotations[parent] @ (rest[joint] - rest[parent]))
        rotations.append(rotations[parent] @ rotvec_to_rotmat(poses[joint]))
    return np.array(positions)


def smooth_poses(frame_count, times):
    """Axis-angle (T, 24, 3): every joint swings, the body stands upright in camera axes and turns beyond pi."""
    rng = np.random.default_rng(3)
    amplitude, phase = rng.normal(0, 0.3, (24, 3)), rng.uniform(0, 6.28, (24, 3))
    poses = amplitude * np.sin(3 * times[:, None, None] + phase)
    upright = np.diag([1.0, -1.0, -1.0])
    for frame in range(frame_count):
        turn = rotvec_to_rotmat(np.array([0.0, 0.8 + 4.0 * times[frame] / max(times[-1], 1e-9), 0.1]))
        poses[frame, 0] = rotmat_to_rotvec(upright @ turn)
    return poses


def body_model(smpl_file=None):
    """The open body, or that of an SMPL file."""
    return BodyModel(load_smpl_file(smpl_file)) if smpl_file else load_open_body()


def synthetic_motion(frame_count=40, rate=30.0, first_frame_id=0, gap=None, image_size=(1280, 720), smpl_file=None):
    """A motion whose joints come from the naive kinematics above, on a `body_model` with a shape of its own."""
    frame_ids = np.arange(first_frame_id, first_frame_id + frame_count)
    if gap:
        frame_ids = frame_ids[(frame_ids < gap[0]) | (frame_ids >= gap[1])]
    times = frame_ids / rate
    poses = smooth_poses(len(frame_ids), times - times[0])
    trans = np.stack([0.3 * np.sin(times), 0.2 + 0.0 * times, 4 + 0.5 * times], axis=1)
    body = body_model(smpl_file)
    betas = np.linspace(-1, 1, 10).astype(np.float32)
    rest = body.rest_joints(betas.astype(np.float64))
    joints = np.array([pose_joints(pose, shift, rest, PARENTS) for pose, shift in zip(poses, trans, strict=True)])
    rotmat = np.array([[rotvec_to_rotmat(joint) for joint in pose] for pose in poses])
    keypoints = body.pose_landmarks(rotmat, betas.astype(np.float64), trans)
    focal_length = 1500.0
    keypoints_2d = focal_length * keypoints[..., :2] / keypoints[..., 2:] + np.array(image_size) / 2
    count = len(frame_ids)
    return Motion(
        poses=poses.reshape(count, 72).astype(np.float32),
        trans=trans.astype(np.float32),
        betas=betas,
        body=body.body_file.name,
        gender=body.body_file.gender,
        mocap_framerate=rate,
        frame_ids=frame_ids.astype(np.int64),
        timestamps=times,
        joints=joints.astype(np.float32),
        keypoints=keypoints.astype(np.float32),
        keypoints_2d=keypoints_2d.astype(np.float32),
        visibility=np.ones((count, 33), np.float32),
        contacts=np.zeros((count, 4), np.float32),
        poses_per_frame=poses.reshape(count, 72).astype(np.float32),
        confidence=np.ones((count, 24), np.float32),
        focal_length=focal_length,
        image_size=image_size,
        metadata={},
    )


def write_picture(path, side_px=192):
    """Write a PNG (side, side) that is red at the left and blue at the right, and return its path."""
    image = bpy.data.images.new("picture", side_px, side_px)
    pixels = np.zeros((side_px, side_px, 4), np.float32)
    pixels[:, : side_px // 2, 0] = pixels[:, side_px // 2 :, 2] = pixels[..., 3] = 1
    image.pixels.foreach_set(pixels.ravel())
    image.filepath_raw, image.file_format = str(path), "PNG"
    image.save()
    bpy.data.images.remove(image)
    return path


def to_world(points_cam, camera_height):
    """Camera axes to Blender's, written out: (x, y, z) -> (x, z, -y), raised by the camera's height."""
    return np.stack([points_cam[..., 0], points_cam[..., 2], camera_height - points_cam[..., 1]], axis=-1)


def bone_heads(armature, frame):
    """World positions (24, 3) of the bones' heads at a scene frame (may be fractional)."""
    whole = int(np.floor(frame))
    bpy.context.scene.frame_set(whole, subframe=float(frame - whole))
    evaluated = armature.evaluated_get(bpy.context.evaluated_depsgraph_get())
    return np.array([list(evaluated.matrix_world @ evaluated.pose.bones[name].head) for name in JOINT_NAMES])
