import cv2
import numpy as np
import pytest

from core.errors import MotionDataError
from core.training.datasets.image_sources import ImageFiles, JpegImages, VideoFrames


def test_pictures_are_rgb(tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), np.full((4, 5, 3), (255, 0, 10), np.uint8))
    (picture,) = ImageFiles((tmp_path / "a.png",))
    assert picture[0, 0].tolist() == [10, 0, 255]


def test_missing_and_damaged_pictures_are_named(tmp_path):
    (tmp_path / "b.jpg").write_bytes(b"half")
    with pytest.raises(MotionDataError, match=r"a\.jpg does not exist"):
        list(ImageFiles((tmp_path / "a.jpg",)))
    with pytest.raises(MotionDataError, match=r"b\.jpg is no readable image"):
        list(ImageFiles((tmp_path / "b.jpg",)))
    for data in (b"half", b""):
        with pytest.raises(MotionDataError, match="a record, picture 0 is no readable image"):
            list(JpegImages((data,), "a record"))


def test_a_video_gives_the_wanted_frames_and_says_when_it_ends_early(tmp_path):
    writer = cv2.VideoWriter(str(tmp_path / "a.avi"), cv2.VideoWriter_fourcc(*"MJPG"), 25, (64, 48))
    for frame in range(10):
        writer.write(np.full((48, 64, 3), 20 * frame, np.uint8))
    writer.release()
    pictures = list(VideoFrames(tmp_path / "a.avi", (2, 5, 6)))
    assert [round(float(picture.mean()) / 20) for picture in pictures] == [2, 5, 6]
    with pytest.raises(MotionDataError, match=r"a\.avi has only 1 of the 2 frames"):
        list(VideoFrames(tmp_path / "a.avi", (8, 12)))
