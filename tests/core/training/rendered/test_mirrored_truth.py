"""A mirrored truth is the truth of the mirrored picture."""

import numpy as np

from core.body_file import load_body_file, open_body_path
from core.body_model import BodyModel
from core.rotations import rotvec_to_rotmat
from core.skeleton import JOINT_COUNT, LANDMARK_COUNT
from core.training.rendered.mirrored_truth import mirrored_truth

FRAMES = 5
WIDTH, HEIGHT, FOCAL = 640, 480, 700.0


def a_truth() -> dict[str, np.ndarray]:
    """Return the truth of random poses of one person of average shape."""
    random = np.random.default_rng(3)
    poses = 0.4 * random.standard_normal((FRAMES, JOINT_COUNT, 3))
    return truth_of(poses, np.array([0.4, 0.1, 4.0]) + 0.2 * random.standard_normal((FRAMES, 3)))


def truth_of(poses: np.ndarray, pelvis: np.ndarray) -> dict[str, np.ndarray]:
    """Return the truth of poses (T, 24, 3) and a pelvis (T, 3)."""
    body = BodyModel(load_body_file(open_body_path()))
    betas = np.zeros(10)
    landmarks = body.pose_landmarks(rotvec_to_rotmat(poses), betas, pelvis - body.rest_joints(betas)[0])
    pixels = FOCAL * landmarks[..., :2] / landmarks[..., 2:] + np.array([WIDTH, HEIGHT]) / 2
    return {
        "poses": poses[None],
        "pelvis_cam": pelvis[None],
        "landmarks": landmarks[None],
        "keypoints2d_px": pixels[None],
        "hidden": landmarks[None, ..., 0] > 0.3,
        "image_size": np.array([WIDTH, HEIGHT]),
    }


def test_the_body_in_mirrored_poses_is_the_mirrored_body() -> None:
    seen = mirrored_truth(a_truth())
    posed = truth_of(seen["poses"][0], seen["pelvis_cam"][0])
    # The body itself is not quite the same left and right.
    np.testing.assert_allclose(seen["landmarks"], posed["landmarks"], atol=0.004)
    np.testing.assert_allclose(seen["keypoints2d_px"], posed["keypoints2d_px"], atol=1.0)


def test_mirrored_twice_is_as_before() -> None:
    truth = a_truth()
    again = mirrored_truth(mirrored_truth(truth))
    for name in ("poses", "pelvis_cam", "landmarks", "keypoints2d_px"):
        np.testing.assert_allclose(again[name], truth[name], atol=1e-4, err_msg=name)
    assert (again["hidden"] == truth["hidden"]).all()


def test_what_is_hidden_goes_along_with_its_landmark() -> None:
    truth = a_truth()
    truth["hidden"] = np.zeros((1, FRAMES, LANDMARK_COUNT), bool)
    truth["hidden"][..., 15] = True
    hidden = mirrored_truth(truth)["hidden"]
    assert hidden[..., 16].all() and hidden.sum() == FRAMES
