"""InstaVariety: short videos from the web with detected 2-D keypoints, as TensorFlow records of cropped pictures.

Layout: `<root>/train/*.tfrecord`, each record one person's clip: JPEG crops, 14 body points with visibility, 5 of the
face and 6 of the feet with confidence. Where `image/phis` is there the points are in [-1, 1] across the crop, else in
its pixels.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ...errors import MotionDataError
from .folder_checks import require_content, require_files
from .image_sources import JpegImages
from .joint_names import INSTA_25
from .sequence import Sequence
from .tf_records import Feature, parse_example, read_records

_BODY_POINTS: Final = 14
_FACE_POINTS: Final = 5
_FOOT_POINTS: Final = 6
RECORD_FILES: Final = {"train": 273}
"""Of the published data set."""


def read_instavariety(root: Path, split: str = "train", *, check_payloads: bool = False) -> Iterator[Sequence]:
    """Give the clip of each record.

    Args:
        root: the folder that holds train/ and test/.
        split: which of the two.
        check_payloads: compare checksums too (slow).
    Raises:
        MotionDataError: a missing folder, an empty, damaged or cut off record file.
    """
    files = require_files(root / split, "*.tfrecord", "InstaVariety's records")
    # Before the first is read: an extraction takes hours to come to the last.
    require_content(files)
    for path in files:
        for number, payload in enumerate(read_records(path, check_payloads=check_payloads)):
            try:
                yield _read_clip(parse_example(payload), path, number, split)
            except (ValueError, KeyError, UnicodeDecodeError) as error:
                raise MotionDataError(f"{path}, record {number}, is no clip of InstaVariety ({error}).") from error


def _read_clip(features: dict[str, Feature], path: Path, number: int, split: str) -> Sequence:
    images = tuple(bytes(image) for image in features["image/encoded"])
    frame_count = int(_numbers(features, "meta/N")[0])
    if len(images) != frame_count or not images:
        raise ValueError(f"{len(images)} pictures for {frame_count} frames")
    keypoints2d = _keypoints(features, frame_count)
    size = _picture_size(images[0])
    if "image/phis" in features:
        keypoints2d[..., :2] = (keypoints2d[..., :2] + 1) * (np.array(size) / 2)
    return Sequence(
        data_set="instavariety",
        name=f"{path.stem}/{number}",
        split=split,
        frame_ids=np.arange(frame_count),
        frame_rate_hz=None,
        images=JpegImages(images, f"{path}, record {number}"),
        image_size=size,
        keypoints2d=keypoints2d.astype(np.float32),
        keypoint_names=INSTA_25,
    )


def _keypoints(features: dict[str, Feature], frame_count: int) -> NDArray[np.float64]:
    """Return (N, 25, 3): x, y and confidence, in the unit of the record."""
    places = _numbers(features, "image/xys").reshape(frame_count, 2, _BODY_POINTS)
    seen = _numbers(features, "image/visibilities").reshape(frame_count, 1, _BODY_POINTS)
    face = _numbers(features, "image/face_pts").reshape(frame_count, 3, _FACE_POINTS)
    feet = np.zeros((frame_count, 3, _FOOT_POINTS))
    if len(features.get("image/toe_pts", ())):
        feet = _numbers(features, "image/toe_pts").reshape(frame_count, 3, _FOOT_POINTS)
    return np.concatenate([np.concatenate([places, seen], axis=1), face, feet], axis=2).transpose(0, 2, 1)


def _numbers(features: dict[str, Feature], name: str) -> NDArray[np.float64]:
    return np.asarray(features[name], np.float64)


def _picture_size(encoded: bytes) -> tuple[int, int]:
    picture: Any = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR) if encoded else None
    if picture is None:
        raise ValueError("its first picture cannot be decoded")
    height, width = picture.shape[:2]
    return width, height
