import numpy as np
import pytest

from core.joint_context import joint_context
from core.skeleton import JOINT_NAMES, LANDMARK_NAMES


def test_it_says_how_well_each_joint_is_seen_and_the_frame_rate_in_octaves():
    visibility = np.ones((3, 33))
    visibility[1, [LANDMARK_NAMES.index("left_wrist"), LANDMARK_NAMES.index("left_elbow")]] = 0
    context = joint_context(visibility, 120.0)
    assert context.shape == (3, 24, 2) and context.dtype == np.float32
    assert (context[..., 1] == 2.0).all()
    assert context[1, JOINT_NAMES.index("left_elbow"), 0] == pytest.approx(0)
    assert context[1, JOINT_NAMES.index("left_shoulder"), 0] == pytest.approx(0.5)
    assert context[1, JOINT_NAMES.index("right_elbow"), 0] == pytest.approx(1)
    assert joint_context(visibility, 15.0)[0, 0, 1] == -1.0
