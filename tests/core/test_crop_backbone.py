import numpy as np
import pytest

from core.crop_backbone import CROPS_PER_CALL, run_on_tracks
from core.errors import CancelledError, VideoError
from core.tracks import Track
from core.video import Frame

RATE_HZ = 30.0


class MeanColour:
    """A network that tells the mean of the crop's red channel in all its outputs."""

    crop_side_px, box_scale = 32, 1.5

    def __init__(self):
        self.batch_sizes = []

    def run_crops(self, crops):
        assert crops.shape[1:] == (32, 32, 3)
        self.batch_sizes.append(len(crops))
        red = crops[..., 0].mean(axis=(1, 2))
        shapes = {"pose_features": (24, 128), "betas": (10,)}
        return {
            name: np.broadcast_to(red.reshape(-1, *[1] * len(shape)), (len(red), *shape))
            for name, shape in shapes.items()
        }


def frames(count):
    """Frame i is grey of level i on the left half, 100 + i on the right half."""
    for index in range(count):
        image = np.full((200, 400, 3), index, np.uint8)
        image[:, 200:] += 100
        yield Frame(index, index / RATE_HZ, image)


def track(frame_ids, left):
    count = len(frame_ids)
    box = [80.0, 80.0, 120.0, 120.0] if left else [280.0, 80.0, 320.0, 120.0]
    return Track(
        np.asarray(frame_ids), np.asarray(frame_ids) / RATE_HZ, np.tile(box, (count, 1)), np.zeros((count, 33, 2)),
        np.zeros((count, 33, 3)), np.ones((count, 33)), np.ones(count),
    )  # fmt: skip


def test_every_row_of_every_track_gets_its_own_crop():
    tracks = [track([0, 1, 2, 5, 6, 19], left=True), track(range(3, 20), left=False)]
    network = MeanColour()
    left, right = run_on_tracks(network, frames(20), tracks, RATE_HZ)
    np.testing.assert_allclose(left.outputs["betas"][:, 0], tracks[0].frame_ids, atol=1e-3)
    np.testing.assert_allclose(right.outputs["betas"][:, 1], tracks[1].frame_ids + 100, atol=1e-3)
    assert left.outputs["pose_features"].shape == (6, 24, 128)
    np.testing.assert_allclose(left.boxes.side_px, 40 * 1.5)
    assert max(network.batch_sizes) == CROPS_PER_CALL
    assert sum(network.batch_sizes) == 23


def test_cancelling_ends_the_pass():
    def cancel(done):
        if done == 3:
            raise CancelledError

    with pytest.raises(CancelledError):
        run_on_tracks(MeanColour(), frames(20), [track(range(20), left=True)], RATE_HZ, cancel)


def test_a_frame_that_does_not_come_again_is_an_error():
    with pytest.raises(VideoError, match="1 frame could not be read"):
        run_on_tracks(MeanColour(), frames(19), [track([3, 19], left=True)], RATE_HZ)


def test_no_frame_is_read_after_the_last_one_needed():
    read = []

    def counted():
        for frame in frames(20):
            read.append(frame.index)
            yield frame

    run_on_tracks(MeanColour(), counted(), [track([2, 3, 7], left=True)], RATE_HZ)
    assert read == list(range(8))
