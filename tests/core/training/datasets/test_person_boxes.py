import numpy as np
import pytest

from core.training.datasets.person_boxes import crop_boxes, crop_person, smooth, tight_squares, to_crop_units
from core.training.datasets.sequence import Sequence


def person(frame_ids, centre=(300.0, 200.0)):
    """A figure 80 px wide and 160 px high that walks to the right."""
    shape = np.array([[-40, -80], [40, 80], [0, 0], [10, 30]], float)
    places = np.array(centre) + np.stack([np.asarray(frame_ids) * 1.0, 0.0 * np.asarray(frame_ids)], axis=1)
    return np.concatenate([shape + places[:, None], np.ones((len(frame_ids), 4, 1))], axis=-1)


def sequence_of(frame_ids, keypoints2d=None, bbox=None):
    names = () if keypoints2d is None else tuple("abcd")
    return Sequence(
        "test", "walk", "train", np.asarray(frame_ids), 30.0, keypoints2d=keypoints2d, keypoint_names=names, bbox=bbox
    )


def test_the_square_is_as_large_as_the_larger_side():
    np.testing.assert_allclose(tight_squares(person([0]))[0], [300, 200, 160])


def test_keypoints_that_are_not_seen_do_not_count():
    keypoints2d = person([0, 1, 2])
    keypoints2d[:, 3] = [5000, 5000, 0.1]
    np.testing.assert_allclose(tight_squares(keypoints2d)[1], [301, 200, 160])


def test_a_frame_without_keypoints_takes_the_square_between_its_neighbours():
    keypoints2d = person([0, 1, 2])
    keypoints2d[1, :, 2] = 0
    np.testing.assert_allclose(tight_squares(keypoints2d)[1], [301, 200, 160])
    keypoints2d[..., 2] = 0
    np.testing.assert_array_equal(tight_squares(keypoints2d), np.zeros((3, 3)))


def test_smoothing_removes_single_wild_boxes_and_keeps_still_ones():
    still = np.tile([300.0, 200, 160], (40, 1))
    np.testing.assert_allclose(smooth(still), still)
    wild = still.copy()
    wild[20] = [900, 0, 600]
    np.testing.assert_allclose(smooth(wild), still)


def test_smoothing_stops_at_gaps():
    frame_ids = [*range(30), *range(100, 130)]
    keypoints2d = person(frame_ids)
    boxes = crop_boxes(sequence_of(frame_ids, keypoints2d), 1.0)
    # Across the gap the person moves 70 px; smoothing over it would pull the last box before it along.
    assert boxes[29, 0] == pytest.approx(329, abs=8)
    assert boxes[30, 0] == pytest.approx(400, abs=8)


def test_the_scale_multiplies_the_side_alone():
    tight = crop_boxes(sequence_of(range(3), person(range(3))), 1.0)
    wide = crop_boxes(sequence_of(range(3), person(range(3))), 1.5)
    np.testing.assert_allclose(wide, tight * [1, 1, 1.5])
    given = crop_boxes(sequence_of(range(2), bbox=np.array([[10.0, 20, 30], [11, 21, 31]])), 2.0)
    np.testing.assert_allclose(given, [[10, 20, 60], [11, 21, 62]])


def test_a_sequence_without_keypoints_and_boxes_is_refused():
    with pytest.raises(ValueError, match="neither boxes nor keypoints"):
        crop_boxes(sequence_of(range(2)))


def test_keypoints_in_crop_units_are_where_the_crop_shows_them():
    """One scale: a bright dot at a keypoint appears in the crop where its crop coordinates say."""
    image = np.zeros((400, 600, 3), np.uint8)
    image[148:153, 348:353] = 255
    box = np.array([330.0, 180.0, 200.0])
    crop = crop_person(image, box)
    place = np.argwhere(crop[..., 0] > 200).mean(axis=0)[::-1]
    units = to_crop_units(np.array([[[350.0, 150.0, 1.0]]]), box[None])[0, 0]
    np.testing.assert_allclose((units[:2] + 1) * 112, place, atol=0.6)
    assert crop.shape == (224, 224, 3)
    # Black outside the picture.
    assert crop_person(np.full((10, 10, 3), 255, np.uint8), np.array([0.0, 0, 20]))[:100, :100].max() == 0
