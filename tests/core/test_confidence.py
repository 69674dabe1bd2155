import numpy as np

from core.confidence import joint_confidence
from core.skeleton import JOINT_NAMES, LANDMARK_NAMES


def test_full_view_is_full_confidence():
    np.testing.assert_allclose(joint_confidence(np.ones((2, 33))), 1, atol=1e-6)


def test_unseen_legs_leave_the_arms_alone():
    visibility = np.ones((1, 33))
    hidden = ("knee", "ankle", "heel", "foot_index")
    visibility[:, [i for i, name in enumerate(LANDMARK_NAMES) if any(part in name for part in hidden)]] = 0
    confidence = dict(zip(JOINT_NAMES, joint_confidence(visibility)[0], strict=True))
    assert confidence["left_knee"] == confidence["right_ankle"] == 0
    assert confidence["left_elbow"] == confidence["head"] == 1


def test_one_hidden_wrist_lowers_its_own_elbow_only():
    visibility = np.ones((1, 33))
    visibility[:, LANDMARK_NAMES.index("left_wrist")] = 0
    confidence = dict(zip(JOINT_NAMES, joint_confidence(visibility)[0], strict=True))
    assert confidence["left_elbow"] < 1
    assert confidence["right_elbow"] == 1
