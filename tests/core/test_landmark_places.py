"""BlazePose's landmarks as mixes of ours: shifts stay shifts, both sides are alike, known moves are there."""

import numpy as np
import pytest

from core.body_model import load_open_body
from core.landmark_places import BLAZEPOSE_FROM_BODY, blazepose_places
from core.skeleton import MIRROR_LANDMARKS


@pytest.fixture(scope="module")
def standing():
    body = load_open_body()
    rotmat = np.broadcast_to(np.eye(3), (1, 24, 3, 3))
    return body.pose_landmarks(rotmat, np.zeros(10), np.zeros((1, 3)))[0].astype(np.float64)


def test_moving_somebody_moves_all_places_alike(standing):
    shift = np.array([0.3, -1.0, 4.0])
    assert np.allclose(blazepose_places(standing + shift), blazepose_places(standing) + shift)


def test_both_sides_are_alike():
    mirror = np.eye(33)[list(MIRROR_LANDMARKS)]
    assert np.allclose(mirror @ BLAZEPOSE_FROM_BODY @ mirror, BLAZEPOSE_FROM_BODY)


def test_ankles_are_higher_shoulders_higher_and_ears_further_in(standing):
    places = blazepose_places(standing)
    height = standing[0, 1] - standing[[29, 30, 31, 32], 1].min()
    moved = (places - standing) / height
    assert (moved[[27, 28], 1] > 0.01).all() and (moved[[11, 12], 1] > 0.01).all()
    assert abs(places[7, 0] - places[8, 0]) < abs(standing[7, 0] - standing[8, 0])


def test_limbs_in_the_picture_are_as_long_as_was_measured(standing):
    places = blazepose_places(standing)

    def ratio(first, second):
        lengths = [np.linalg.norm((points[first] - points[second])[:2]) for points in (places, standing)]
        return lengths[0] / lengths[1]

    assert ratio(25, 27) == pytest.approx(0.94, abs=0.03)
    assert ratio(13, 15) == pytest.approx(0.96, abs=0.05)
    assert ratio(11, 23) == pytest.approx(1.05, abs=0.05)
    assert ratio(23, 24) == pytest.approx(0.93, abs=0.07)


def test_what_is_not_a_landmark_of_the_limbs_stays(standing):
    untouched = [1, 2, 3, 4, 5, 6, 9, 10]
    assert np.array_equal(blazepose_places(standing)[untouched], standing[untouched])
