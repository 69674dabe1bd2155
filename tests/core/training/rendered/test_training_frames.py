"""Where the network is first told to look at a rendered person, and which files rows are added to."""

from pathlib import Path

import numpy as np
import pytest

from core.crops import transform_points
from core.errors import MotionDataError
from core.skeleton import LANDMARK_COUNT
from core.training.rendered.sources import RenderSources
from core.training.rendered.training_frames import make_training_frames, true_region


@pytest.mark.parametrize("turn_deg", [0.0, 35.0, -90.0, 180.0])
def test_the_region_is_turned_with_the_person_and_holds_all_landmarks(turn_deg: float) -> None:
    random = np.random.default_rng(1)
    points = random.uniform([-40, -100], [40, 100], (LANDMARK_COUNT, 2))
    points[[11, 12]] = [[20, -60], [-20, -60]]
    points[[23, 24]] = [[12, 0], [-12, 0]]
    angle = np.deg2rad(turn_deg)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    region = true_region(points @ turn.T + [300, 200])
    assert np.cos(region.rotation_rad - angle) == pytest.approx(1.0)
    np.testing.assert_allclose(region.center_px, [300, 200])
    to_image = region.image_from_crop(1)
    to_crop = np.linalg.inv(np.vstack([to_image, [0, 0, 1]]))[:2]
    inside = transform_points(to_crop, points @ turn.T + [300, 200])
    assert (inside > 0).all() and (inside < 1).all()


def test_a_file_from_before_the_mirror_is_not_added_to(tmp_path: Path) -> None:
    path = tmp_path / "rendered.npz"
    np.savez(path, poses=np.zeros((2, 24, 3)), shot=np.zeros(2), shot_count=np.array(1))
    before = path.read_bytes()
    with pytest.raises(MotionDataError, match="no file of rendered frames"):
        make_training_frames(RenderSources((), tmp_path, tmp_path), path, 2)
    assert path.read_bytes() == before
