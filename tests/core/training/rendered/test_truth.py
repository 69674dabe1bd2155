import numpy as np

from core.skeleton import LANDMARK_NAMES
from core.training.rendered.truth import hidden_points, hiding_depths

WRIST = LANDMARK_NAMES.index("left_wrist")


def test_points_are_hidden_behind_things_but_not_inside_their_own_limb():
    depths = np.full((20, 20), np.inf)
    depths[5:15, 5:15] = 2.0
    pixels = np.full((33, 2), 10.5)
    within = np.full(33, 2.0) + 0.9 * hiding_depths()
    assert not hidden_points(within, pixels, depths).any()
    assert hidden_points(np.full(33, 2.0) + 1.1 * hiding_depths(), pixels, depths).all()
    assert not hidden_points(np.full(33, 1.0), pixels, depths).any()


def test_points_out_of_the_picture_or_behind_the_camera_are_hidden():
    depths = np.full((20, 30), np.inf)
    pixels = np.full((33, 2), 10.0)
    pixels[0], pixels[1] = [30.0, 5.0], [5.0, -0.5]
    ahead = np.full(33, 3.0)
    ahead[2] = -1.0
    assert np.flatnonzero(hidden_points(ahead, pixels, depths)).tolist() == [0, 1, 2]


def test_a_thin_edge_beside_a_point_does_not_hide_it():
    depths = np.full((20, 20), 3.0)
    depths[:, 10] = 1.0
    pixels, points = np.full((33, 2), 10.5), np.full(33, 3.0)
    assert not hidden_points(points, pixels, depths)[WRIST]
    depths[:, 9:12] = 1.0
    assert hidden_points(points, pixels, depths)[WRIST]
