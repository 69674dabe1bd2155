import numpy as np
import pytest

from core.errors import MotionDataError
from core.training.evaluation.rendered_truth import load_truth, standing_height_m, truth_path
from tests.core.training.evaluation.rendered_shots import make_shot, write_truth


@pytest.fixture
def people():
    return [make_shot(), make_shot(shift_m=1.0)]


def test_what_was_written_is_read_again_person_by_person(tmp_path, people):
    video = tmp_path / "walk1.mp4"
    write_truth(truth_path(video), people)
    for written, read in zip(people, load_truth(video), strict=True):
        assert (read.name, read.kind, read.image_size) == ("walk1", "walk", (960, 540))
        for key in ("rotmat", "pelvis_cam", "landmarks", "keypoints2d_px", "camera_from_world"):
            assert np.allclose(getattr(read, key), getattr(written, key), atol=1e-6)
        assert (read.hidden == written.hidden).all() and (read.contacts == written.contacts).all()


def test_world_axes_undo_the_camera(people):
    shot = people[0]
    world = shot.to_world(shot.landmarks)
    homogeneous = np.concatenate([world, np.ones((*world.shape[:2], 1))], axis=-1)
    back = np.einsum("tij,tkj->tki", shot.camera_from_world, homogeneous)[..., :3]
    assert np.allclose(back, shot.landmarks)
    # The head is above the feet, and the pelvis where it was put.
    assert (world[:, 0, 1] > 1.2).all() and (world[:, 31, 1] < 0.3).all()
    assert np.allclose(shot.to_world(shot.pelvis_cam[:, None])[:, 0], [0.0, 0.95, 0.0])


def test_standing_height_does_not_ask_for_the_pose(people):
    shot = people[0]
    assert standing_height_m(shot.landmarks) == pytest.approx(1.666, rel=0.02)
    turned = shot.landmarks @ np.array([[0.0, 1, 0], [-1, 0, 0], [0, 0, 1]])
    assert standing_height_m(0.7 * turned) == pytest.approx(0.7 * standing_height_m(shot.landmarks))
    # 5.1 m away or so.
    assert shot.person_height_px() == pytest.approx(900 * 1.666 / 5.1, rel=0.03)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"contacts": None}, "lacks contacts"),
        ({"hidden": np.zeros((2, 40, 32))}, "hidden has the shape"),
        ({"camera_from_world": np.zeros((4, 4))}, "camera_from_world has the shape"),
    ],
)
def test_an_unusable_file_is_named_with_its_fault(tmp_path, people, changes, words):
    video = tmp_path / "walk1.mp4"
    write_truth(truth_path(video), people, **changes)
    with pytest.raises(MotionDataError, match=words):
        load_truth(video)


def test_missing_and_damaged_files_are_told_apart(tmp_path):
    video = tmp_path / "walk1.mp4"
    with pytest.raises(MotionDataError, match="does not exist"):
        load_truth(video)
    truth_path(video).write_bytes(b"PK\x03\x04 and then nothing")
    with pytest.raises(MotionDataError, match="damaged"):
        load_truth(video)
