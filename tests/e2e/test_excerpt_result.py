"""The result on the committed excerpt of a real video, held against what the video shows."""

import cv2
import numpy as np
import pytest

from core.body_model import load_open_body
from core.left_right_repair import repair_left_right
from core.models.engine import load_network
from core.motion import Motion, load_motion
from core.person_tracker import PersonTracker, Track
from core.rotations import rotvec_to_rotmat
from core.skeleton import BODY_LANDMARKS
from core.video import VideoReader

BODY = list(BODY_LANDMARKS)


@pytest.fixture(scope="module")
def motion(excerpt_run) -> Motion:
    result, folder = excerpt_run
    assert result.returncode == 0, result.stderr
    return load_motion(folder / "walk.npz")


@pytest.fixture(scope="module")
def track(excerpt) -> Track:
    """BlazePose's own landmarks of the main person; a leg that it calls by the other's name is called by its own."""
    tracker = PersonTracker(load_network("blazepose_detector"), load_network("blazepose_heavy"))
    with VideoReader(excerpt) as video:
        for frame in video:
            tracker.update(frame)
    return repair_left_right(tracker.finish()[0])[0]


def common_rows(motion: Motion, track: Track) -> tuple[np.ndarray, np.ndarray]:
    _, ours, theirs = np.intersect1d(motion.frame_ids, track.frame_ids, return_indices=True)
    return ours, theirs


def test_nearly_every_frame_has_a_pose(motion):
    assert motion.frame_count >= 90


def test_the_body_covers_the_person_within_3_percent_of_her_height(motion, track):
    ours, theirs = common_rows(motion, track)
    evidence = track.keypoints2d_px[theirs]
    height_px = np.ptp(evidence[..., 1], axis=1).mean()
    distance_px = np.linalg.norm(motion.keypoints_2d[ours] - evidence, axis=-1)[:, BODY]
    visible = track.visibility[theirs][:, BODY] > 0.5
    assert distance_px[visible].mean() < 0.03 * height_px


def test_the_body_follows_the_person_from_frame_to_frame(motion, track):
    """A T-pose or a frozen body fails here."""
    ours, theirs = common_rows(motion, track)
    ours_step = np.diff(motion.keypoints_2d[ours][:, BODY], axis=0)
    their_step = np.diff(track.keypoints2d_px[theirs][:, BODY], axis=0)
    visible = (track.visibility[theirs][1:, BODY] > 0.5) & (track.visibility[theirs][:-1, BODY] > 0.5)
    assert np.corrcoef(ours_step[visible].ravel(), their_step[visible].ravel())[0, 1] > 0.9


def test_keypoints_2d_is_the_projection_of_keypoints(motion):
    center = np.array(motion.image_size) / 2
    projected = motion.focal_length * motion.keypoints[..., :2] / motion.keypoints[..., 2:] + center
    np.testing.assert_allclose(motion.keypoints_2d, projected, atol=0.01)


def test_joints_and_keypoints_are_those_of_the_poses(motion):
    body = load_open_body()
    rotmat = rotvec_to_rotmat(motion.poses.astype(np.float64).reshape(-1, 24, 3))
    joints, _ = body.pose_joints(rotmat, motion.betas, motion.trans)
    np.testing.assert_allclose(motion.joints, joints, atol=1e-4)
    np.testing.assert_allclose(motion.joints[:, 0], body.rest_joints(motion.betas)[0] + motion.trans, atol=1e-4)
    np.testing.assert_allclose(motion.keypoints, body.pose_landmarks(rotmat, motion.betas, motion.trans), atol=1e-4)


def test_poses_through_smplx_on_the_same_body_give_the_joints(motion):
    torch = pytest.importorskip("torch")
    smplx = pytest.importorskip("smplx")
    from smplx.utils import Struct

    file = load_open_body().body_file
    parents = np.array([2**32 - 1, *[0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21]])
    data = Struct(
        v_template=file.v_template, shapedirs=file.shapedirs, posedirs=np.zeros((*file.v_template.shape, 207)),
        J_regressor=file.joint_regressor, weights=file.lbs_weights, f=file.faces,
        kintree_table=np.stack([parents, np.arange(24)]),
    )  # fmt: skip
    poses = torch.tensor(motion.poses)
    twin = smplx.SMPL("", data_struct=data, batch_size=len(poses))
    output = twin(
        global_orient=poses[:, :3], body_pose=poses[:, 3:], transl=torch.tensor(motion.trans),
        betas=torch.tensor(motion.betas)[None].expand(len(poses), -1),
    )  # fmt: skip
    np.testing.assert_allclose(output.joints[:, :24].detach().numpy(), motion.joints, atol=1e-4)


def test_the_floor_is_below_and_the_woman_is_of_human_size(motion):
    assert (motion.joints[:, 7:9, 1].mean(axis=1) > motion.joints[:, 15, 1]).all()
    body = load_open_body()
    height_m = np.ptp(body.pose_vertices(np.eye(3)[None, None].repeat(24, 1), motion.betas, np.zeros((1, 3)))[0, :, 1])
    assert 1.4 < height_m < 2.1


def test_the_overlay_has_a_picture_for_every_frame(excerpt_run, excerpt):
    _, folder = excerpt_run
    counts = []
    for path in (excerpt, folder / "overlay.mp4"):
        reader = cv2.VideoCapture(str(path))
        count = 0
        while reader.grab():
            count += 1
        counts.append(count)
    assert counts[0] == counts[1] > 0


def test_the_metadata_names_weights_and_options(motion):
    assert {"open_lifter", "open_temporal", "blazepose_heavy"} <= {
        name.split(".")[0] for name in motion.metadata["sha256"]
    }
    assert motion.metadata["focal_length_source"] == "default"
    assert str(motion.metadata["jointwise"]).count(".") == 2
