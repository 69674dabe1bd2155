"""Features of a frozen backbone, computed once per sequence and kept on disk with the labels that training needs.

Two files per sequence, each written whole or not at all: `.npy` with the features, which training maps into memory,
and then `.npz` with labels, crops and a fingerprint, which makes the pair count. An extraction that was interrupted
goes on with the sequences that are missing. The folder's name carries the backbone's hash and the crop scale, so
features of two backbones never mix.
"""

import hashlib
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...errors import MotionDataError
from ...skeleton import JOINT_COUNT
from ...whole_file import whole_file
from .image_sources import Image
from .person_boxes import CROP_SCALE, crop_boxes, crop_person
from .sequence import Sequence

FEATURE_CHANNELS: Final = 128
FEATURE_KEY: Final = "pose_features"
BATCH_SIZE: Final = 64

Extract = Callable[[NDArray[np.uint8]], Mapping[str, NDArray[Any]]]
"""Crops (N, 224, 224, 3) uint8 RGB in; a mapping with `pose_features` (N, 24, 128) out."""

_LABELS: Final = ("keypoints2d", "joints3d", "poses", "betas", "has_joints3d", "has_poses", "activities")
_UNREADABLE: Final = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error)


@dataclass(frozen=True)
class CachedSequence:
    """A sequence's features and labels, T frames; labels are those of `Sequence`, None where it has none.

    Attributes:
        data_set, name: of the sequence.
        features: (T, 24, 128) float16, mapped from disk.
        frame_ids, frame_step: as in `Sequence`.
        crop_box: (T, 3) centre x, centre y and side in pixels of what was cut out, the crop scale included.
        crop_scale: side of the crop over that of the person's square.
        keypoint_names, joint_names: orders of keypoints2d and joints3d.
        keypoints2d: (T, K, 3) pixels and confidence.
        joints3d: (T, J, 3) metres.
        poses: (T, 24, 3) axis-angle.
        betas: (10,).
        has_joints3d, has_poses: (T,) bool.
    """

    data_set: str
    name: str
    features: NDArray[np.float16]
    frame_ids: NDArray[np.int64]
    frame_step: int
    crop_box: NDArray[np.float32]
    crop_scale: float
    keypoint_names: tuple[str, ...]
    joint_names: tuple[str, ...]
    keypoints2d: NDArray[np.float32] | None = None
    joints3d: NDArray[np.float32] | None = None
    poses: NDArray[np.float32] | None = None
    betas: NDArray[np.float32] | None = None
    has_joints3d: NDArray[np.bool_] | None = None
    has_poses: NDArray[np.bool_] | None = None
    activities: NDArray[np.int64] | None = None


class FeatureCache:
    """A folder of features of one backbone at one crop scale.

    Args:
        root: folder of all caches.
        backbone_hash: of the backbone's weights.
        crop_scale: side of the crop over that of the person's square.
    """

    def __init__(self, root: Path, backbone_hash: str, crop_scale: float = CROP_SCALE) -> None:
        if not backbone_hash.isalnum():
            raise ValueError(f"{backbone_hash!r} is no hash")
        self.folder = root / f"{backbone_hash[:16]}_scale{crop_scale:g}"
        self.crop_scale = crop_scale

    def path_of(self, sequence: Sequence) -> Path:
        """Return where a sequence's labels lie or will lie; its features lie beside, as .npy."""
        return self.folder / sequence.data_set / sequence.split / f"{sequence.name.replace('/', '__')}.npz"

    def extract(
        self,
        sequences: Iterable[Sequence],
        extract: Extract,
        report: Callable[[str], None],
        batch_size: int = BATCH_SIZE,
    ) -> None:
        """Compute what is missing.

        Args:
            sequences: with images; may be a generator.
            extract: the backbone.
            report: takes one sentence per sequence.
            batch_size: crops at a time.
        Raises:
            MotionDataError: a picture is missing or damaged; what was finished before stays.
        """
        for sequence in sequences:
            path = self.path_of(sequence)
            boxes = crop_boxes(sequence, self.crop_scale)
            fingerprint = _fingerprint(sequence, boxes)
            if _is_done(path, fingerprint):
                report(f"{path.name}: already there")
                continue
            features = _compute_features(sequence, boxes, extract, batch_size)
            path.parent.mkdir(parents=True, exist_ok=True)
            # Old labels must not vouch for new features.
            path.unlink(missing_ok=True)
            with whole_file(_features_path(path)) as partial, partial.open("wb") as file:
                np.save(file, features)
            with whole_file(path) as partial, partial.open("wb") as file:
                np.savez(file, **_labels(sequence, boxes, self.crop_scale), fingerprint=np.array(fingerprint))
            report(f"{path.name}: {len(features)} frames")

    def load(self, data_set: str, split: str = "train") -> list[CachedSequence]:
        """Return all sequences of a data set's split, by name.

        Raises:
            MotionDataError: there are none, or one is damaged.
        """
        folder = self.folder / data_set / split
        paths = sorted(folder.glob("*.npz"))
        if not paths:
            raise MotionDataError(
                f"{folder} holds no features; those of {data_set} ({split}) for this backbone and crop scale were "
                "expected there.",
                "Extract them first.",
            )
        return [load_cached(path) for path in paths]


def load_cached(path: Path) -> CachedSequence:
    """Return one sequence's labels and its features, mapped into memory.

    Raises:
        MotionDataError: missing or damaged.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        return CachedSequence(
            data_set=str(arrays["data_set"]),
            name=str(arrays["name"]),
            features=_map_features(path, len(arrays["frame_ids"])),
            frame_ids=arrays["frame_ids"],
            frame_step=int(arrays["frame_step"]),
            crop_box=arrays["crop_box"],
            crop_scale=float(arrays["crop_scale"]),
            keypoint_names=tuple(arrays["keypoint_names"].tolist()),
            joint_names=tuple(arrays["joint_names"].tolist()),
            **{label: arrays[label] for label in _LABELS if label in arrays},
        )
    except _UNREADABLE as error:
        raise MotionDataError(
            f"{path} is no feature file, or it is damaged.", "Delete it and extract again."
        ) from error


def _features_path(path: Path) -> Path:
    return path.with_name(f"{path.stem}.npy")


def _map_features(path: Path, frame_count: int) -> NDArray[np.float16]:
    features: NDArray[np.float16] = np.load(_features_path(path), mmap_mode="r", allow_pickle=False)
    if features.shape != (frame_count, JOINT_COUNT, FEATURE_CHANNELS):
        raise ValueError(f"features of the shape {features.shape}")
    return features


def _compute_features(
    sequence: Sequence, boxes: NDArray[np.float32], extract: Extract, batch_size: int
) -> NDArray[np.float16]:
    """Return (T, 24, 128), streaming the pictures."""
    crops = _crops(sequence, boxes)
    parts = []
    while batch := list(islice(crops, batch_size)):
        features = np.asarray(extract(np.stack(batch))[FEATURE_KEY])
        expected = (len(batch), JOINT_COUNT, FEATURE_CHANNELS)
        if features.shape != expected:
            raise ValueError(f"the backbone gave {FEATURE_KEY} of the shape {features.shape}, not {expected}")
        parts.append(features.astype(np.float16))
    return np.concatenate(parts)


def _crops(sequence: Sequence, boxes: NDArray[np.float32]) -> Iterator[Image]:
    if sequence.images is None:
        raise MotionDataError(f"{sequence.data_set} {sequence.name} was read without its pictures.")
    for image, box in zip(sequence.images, boxes, strict=True):
        yield crop_person(image, box)


def _labels(sequence: Sequence, boxes: NDArray[np.float32], crop_scale: float) -> dict[str, Any]:
    labels = {label: getattr(sequence, label) for label in _LABELS}
    return {
        "data_set": np.array(sequence.data_set),
        "name": np.array(sequence.name),
        "frame_ids": sequence.frame_ids,
        "frame_step": np.array(sequence.frame_step),
        "crop_box": boxes,
        "crop_scale": np.array(crop_scale),
        "keypoint_names": np.array(sequence.keypoint_names, dtype=str),
        "joint_names": np.array(sequence.joint_names, dtype=str),
        **{label: value for label, value in labels.items() if value is not None},
    }


def _fingerprint(sequence: Sequence, boxes: NDArray[np.float32]) -> str:
    """Return a hash of which frames are cut out where, and of their labels."""
    digest = hashlib.sha256(sequence.name.encode())
    digest.update(sequence.frame_ids.astype("<i8").tobytes())
    digest.update(boxes.astype("<f4").tobytes())
    for label in _LABELS:
        value = getattr(sequence, label)
        digest.update(label.encode() if value is None else np.ascontiguousarray(value).tobytes())
    return digest.hexdigest()


def _is_done(path: Path, fingerprint: str) -> bool:
    """Return whether a whole pair of files with the same crops and labels is there; a damaged one counts as missing."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            is_same = str(archive["fingerprint"]) == fingerprint
            return is_same and len(_map_features(path, len(archive["frame_ids"]))) > 0
    except _UNREADABLE:
        return False
