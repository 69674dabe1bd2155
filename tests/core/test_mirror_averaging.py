import numpy as np
import pytest

from core.mirror_averaging import MirrorAveraged, unmirror
from core.skeleton import MIRROR_LANDMARKS

SIDE = 16


class PeakFinder:
    """Says that left wrist and right wrist are where the red and the green channel are brightest."""

    name, engine, device, weights_sha256 = "blazepose_heavy", "test", "cpu", "x"

    def __init__(self, error_px=0.0, world_error_m=0.0):
        self.error_px, self.world_error_m = error_px, world_error_m
        self.batches = []

    def run(self, inputs):
        image = inputs["image"]
        self.batches.append(len(image))
        landmarks, world = np.zeros((len(image), 39, 5), np.float32), np.zeros((len(image), 39, 3), np.float32)
        landmarks[..., 0] = (SIDE - 1) / 2
        heatmap = np.full((len(image), 39, 4, 4), -9, np.float32)
        for row, picture in enumerate(image):
            # What is left in a mirror is the right side: the network names it by where it is in the picture.
            is_mirrored = picture[2].argmax() % SIDE > SIDE // 2
            for landmark, channel in ((15, 1 if is_mirrored else 0), (16, 0 if is_mirrored else 1)):
                y, x = np.unravel_index(picture[channel].argmax(), (SIDE, SIDE))
                landmarks[row, landmark, :2] = x + self.error_px, y
                world[row, landmark] = (x - (SIDE - 1) / 2) / SIDE + self.world_error_m, y / SIDE, 0.1 * channel
                heatmap[row, landmark, y // 4, x // 4] = 5
        return {
            "landmarks": landmarks, "presence": np.full((len(image), 1), 0.9, np.float32),
            "heatmap": heatmap, "world_landmarks": world,
        }  # fmt: skip


@pytest.fixture
def image():
    picture = np.zeros((1, 3, SIDE, SIDE), np.float32)
    picture[0, 0, 5, 3] = picture[0, 1, 9, 12] = picture[0, 2, 0, 0] = 1
    return picture


def test_the_mirror_undone_is_the_plain_answer(image):
    network = PeakFinder()
    plain = network.run({"image": image})
    again = unmirror(network.run({"image": image[..., ::-1]}), SIDE)
    np.testing.assert_allclose(again["landmarks"], plain["landmarks"])
    # Depth was the channel's here, which a mirror does not change.
    np.testing.assert_allclose(again["world_landmarks"][:, 15:17], plain["world_landmarks"][:, 15:17], atol=1e-6)
    np.testing.assert_allclose(again["heatmap"], plain["heatmap"])
    averaged = MirrorAveraged(network).run({"image": image})
    for name, values in plain.items():
        np.testing.assert_allclose(averaged[name], values, atol=1e-6, err_msg=name)


def test_an_error_to_one_side_cancels_out(image):
    network = PeakFinder(error_px=2.0, world_error_m=0.05)
    averaged = MirrorAveraged(network).run({"image": image})
    exact = PeakFinder().run({"image": image})
    np.testing.assert_allclose(averaged["landmarks"], exact["landmarks"], atol=1e-6)
    np.testing.assert_allclose(averaged["world_landmarks"], exact["world_landmarks"], atol=1e-6)
    assert network.batches == [2]


def test_answers_that_disagree_about_the_sides_are_not_mixed(image):
    network = PeakFinder(world_error_m=8.0)
    plain = network.run({"image": image})
    averaged = MirrorAveraged(network).run({"image": image})
    for name, values in plain.items():
        np.testing.assert_array_equal(averaged[name], values)


def test_undoing_twice_changes_nothing():
    random = np.random.default_rng(0)
    outputs = {
        "landmarks": random.normal(size=(2, 39, 5)), "world_landmarks": random.normal(size=(2, 39, 3)),
        "heatmap": random.normal(size=(2, 39, 8, 8)), "presence": random.normal(size=(2, 1)),
    }  # fmt: skip
    twice = unmirror(unmirror(outputs, 256), 256)
    for name, values in outputs.items():
        np.testing.assert_allclose(twice[name], values)
    once = unmirror(outputs, 256)
    assert (once["world_landmarks"][:, 11, 0] == -outputs["world_landmarks"][:, MIRROR_LANDMARKS[11], 0]).all()
