"""The open body as a person to dress and film, and a little motion for it."""

import numpy as np
import pytest

from core.body_model import load_open_body
from core.training.rendered.bodies import Body, outside_largest_part
from core.training.rendered.motions import Motion


@pytest.fixture(scope="session")
def body() -> Body:
    model = load_open_body()
    file = model.body_file
    joints = model.rest_joints(np.zeros(10))
    faces = file.faces.astype(np.int64)
    return Body(
        vertices=file.v_template.astype(np.float64) - joints[0],
        faces=faces,
        is_eye=outside_largest_part(faces),
        joints=joints - joints[0],
        weights=file.lbs_weights.astype(np.float64),
        joint_weights=file.landmark_joint_weights.astype(np.float64),
        vertex_ids=file.landmark_vertex_ids.astype(np.int64),
        vertex_weights=file.landmark_vertex_weights.astype(np.float64),
    )


@pytest.fixture
def standing() -> Motion:
    """Two seconds in the T-pose, a metre above the floor."""
    return Motion(np.tile(np.eye(3), (60, 24, 1, 1)), np.tile([0.0, 1.0, 0.0], (60, 1)))
