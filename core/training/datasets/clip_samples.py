"""A batch of clips as arrays for the losses: features, and labels in one joint order with their weights."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...skeleton import BETA_COUNT, JOINT_COUNT
from .feature_cache import CachedSequence
from .joint_names import SPIN_49, arrange_joints
from .person_boxes import to_crop_units
from .sampling import CLIP_FRAMES, ClipReference

FloatArray = NDArray[np.floating[Any]]

_JOINTS: Final = len(SPIN_49)


@dataclass(frozen=True)
class ClipSamples:
    """B clips of T frames; labels that a clip lacks are zero with weight zero.

    Attributes:
        pose_features: (B, T, 24, 128) float32.
        keypoints2d: (B, T, 49, 3): x and y in [-1, 1] across the crop, and confidence.
        joints3d: (B, T, 49, 4): metres, and 1 where the joint is known.
        poses: (B, T, 24, 3) axis-angle in camera axes.
        betas: (B, T, 10).
        weight_3d: (B, T), 1 where joints3d may be used.
        weight_smpl: (B, T), 1 where poses and betas may be used.
    """

    pose_features: NDArray[np.float32]
    keypoints2d: NDArray[np.float32]
    joints3d: NDArray[np.float32]
    poses: NDArray[np.float32]
    betas: NDArray[np.float32]
    weight_3d: NDArray[np.float32]
    weight_smpl: NDArray[np.float32]


def clip_samples(
    clips: Sequence[ClipReference], data_sets: Sequence[Sequence[CachedSequence]], frame_count: int = CLIP_FRAMES
) -> ClipSamples:
    """Return the arrays of a batch's clips.

    Args:
        clips: of a `BalancedSampler`.
        data_sets: the sequences of each of the sampler's data sets, in its order.
        frame_count: T.
    """
    rows = [
        _clip(data_sets[clip.data_set][clip.sequence], slice(clip.start, clip.start + frame_count)) for clip in clips
    ]
    return ClipSamples(*(np.stack(column).astype(np.float32) for column in zip(*rows, strict=True)))


def _clip(sequence: CachedSequence, rows: slice) -> tuple[FloatArray, ...]:
    """Return one clip's arrays in the order of `ClipSamples`."""
    features = np.asarray(sequence.features[rows], np.float32)
    count = len(features)
    keypoints2d: FloatArray = np.zeros((count, _JOINTS, 3))
    if sequence.keypoints2d is not None:
        in_crop = to_crop_units(sequence.keypoints2d[rows], sequence.crop_box[rows])
        keypoints2d = arrange_joints(in_crop, sequence.keypoint_names, SPIN_49)
    joints3d: FloatArray = np.zeros((count, _JOINTS, 4))
    if sequence.joints3d is not None:
        known = np.ones((*sequence.joints3d[rows].shape[:2], 1))
        joints3d = np.concatenate([sequence.joints3d[rows], known], axis=-1)
        joints3d = arrange_joints(joints3d, sequence.joint_names, SPIN_49)
    poses = np.zeros((count, JOINT_COUNT, 3)) if sequence.poses is None else sequence.poses[rows]
    betas = np.zeros(BETA_COUNT) if sequence.betas is None else sequence.betas
    return (
        features,
        keypoints2d,
        joints3d,
        poses,
        np.tile(betas, (count, 1)),
        _weights(sequence.has_joints3d, rows, count),
        _weights(sequence.has_poses, rows, count),
    )


def _weights(has_label: NDArray[np.bool_] | None, rows: slice, count: int) -> FloatArray:
    return np.zeros(count) if has_label is None else has_label[rows].astype(np.float32)
