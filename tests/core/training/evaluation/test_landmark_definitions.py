import dataclasses

import numpy as np
import pytest

from core.rotations import rotvec_to_rotmat
from core.training.evaluation.landmark_definitions import definition_tables, landmark_offset, limb_ratios
from core.training.evaluation.landmark_observation import ObservedLandmarks
from tests.core.training.evaluation.rendered_shots import make_shot


@pytest.fixture(scope="module")
def shot():
    return make_shot(60)


def seen(shot, world_scale=1.0, moved=()):
    """Somebody who sees the truth at a scale, with some landmarks moved in the picture (shares of the height)."""
    points = shot.keypoints2d_px.copy()
    for landmark, step in moved:
        points[:, landmark] += shot.person_height_px()[:, None] * np.array(step)
    world = world_scale * (shot.landmarks - shot.landmarks[:, 23:25].mean(axis=1, keepdims=True))
    return ObservedLandmarks(shot, world, points, np.ones(points.shape[:2]))


def test_offsets_are_up_the_trunk_and_away_from_the_middle(shot):
    # The person faces the camera: the left ankle is at the right of the picture, up is less y.
    observed = seen(shot, moved=[(27, (0.01, -0.02)), (28, (-0.01, -0.02))])
    assert landmark_offset(observed, "ankle") == pytest.approx([0.02, 0.01], abs=1e-3)
    assert landmark_offset(observed, "knee") == pytest.approx([0, 0], abs=1e-6)


def test_hidden_landmarks_and_trunks_along_the_view_have_no_place(shot):
    hidden = dataclasses.replace(shot, hidden=np.ones_like(shot.hidden))
    assert np.isnan(landmark_offset(seen(hidden), "ankle")).all()
    tipped = rotvec_to_rotmat(np.array([1.4, 0.0, 0.0]))
    lying = dataclasses.replace(shot, landmarks=(shot.landmarks - shot.pelvis_cam[:, None]) @ tipped.T)
    up, outwards = landmark_offset(ObservedLandmarks(lying, *_fields(seen(shot))), "shoulder")
    assert np.isnan(up) and np.isfinite(outwards)


def _fields(observed):
    return observed.world_landmarks, observed.keypoints2d_px, observed.visibility


def test_limb_ratios_are_over_the_scale_of_the_whole(shot):
    observed = seen(shot, world_scale=0.9, moved=[(27, (0.0, 0.03)), (28, (0.0, 0.03))])
    world, flat, picture = limb_ratios(observed, "shin")
    assert (world, flat) == pytest.approx((1.0, 1.0))
    # A shin is about a quarter of the height.
    assert picture == pytest.approx(1.12, abs=0.02)
    assert np.isfinite(limb_ratios(observed, "thigh")).all()


def test_size_of_people_shows_or_does_not(shot):
    """People of three sizes: one source sees them as they are, the other all alike."""
    sizes = [0.9, 1.0, 1.1]
    people = [
        dataclasses.replace(shot, landmarks=size * shot.landmarks, pelvis_cam=size * shot.pelvis_cam) for size in sizes
    ]
    sources = {
        "true": [seen(person) for person in people],
        "alike": [seen(person, 0.95 / size) for person, size in zip(people, sizes, strict=True)],
    }
    table = definition_tables(sources)[-1]
    rows = {name: dict(zip(table.columns, cells, strict=True)) for name, cells in table.rows}
    assert rows["true"]["share of height that shows"] == "1.00"
    assert float(rows["alike"]["share of height that shows"]) == pytest.approx(0, abs=0.01)
    assert float(rows["alike"]["seen height"]) == pytest.approx(0.95 * 1.67, abs=0.03)
