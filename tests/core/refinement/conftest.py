import numpy as np
import pytest

from core.body_model import load_open_body
from core.view import View
from tests.core.refinement.swinging_person import swinging_pose

FRAME_RATE_HZ = 30.0


@pytest.fixture(scope="session")
def body():
    return load_open_body()


@pytest.fixture(scope="session")
def view():
    return View(1000.0, (1280, 720), FRAME_RATE_HZ)


@pytest.fixture(scope="session")
def moving(body):
    """Rotations (45, 24, 3, 3), betas, pelvis (45, 3) and landmarks (45, 33, 3) of a true motion, camera axes."""
    times_s = np.arange(45) / FRAME_RATE_HZ
    rotmat, betas = swinging_pose(times_s), np.zeros(10)
    pelvis = np.stack([0.3 * times_s, 0.1 * np.ones(45), 4 + 0.2 * times_s], axis=1)
    landmarks = body.pose_landmarks(rotmat, betas, pelvis - body.rest_joints(betas)[0])
    return rotmat, betas, pelvis, landmarks
