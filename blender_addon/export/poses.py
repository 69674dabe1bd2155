"""A skeleton's sampled poses as arrays: what all writers read. numpy only."""

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...core.rotations import continuous_quat_wxyz, rotmat_to_quat_wxyz

FloatArray = NDArray[np.floating[Any]]

ROOT_BONE: Final = "root"

SMALLEST_SCALE: Final = 1e-5
UNEVEN_SHARE: Final = 1e-3


@dataclass(frozen=True)
class Skeleton:
    """The bones to write, parents before children.

    Attributes:
        names: B bone names.
        parents: B indices of the parents, -1 for none.
        rest: (B, 4, 4) rest matrices, armature axes.
        tails: (B, 3) rest tails, armature axes.
    """

    names: tuple[str, ...]
    parents: tuple[int, ...]
    rest: FloatArray
    tails: FloatArray


@dataclass(frozen=True)
class Take:
    """One of several motions: its name and its samples."""

    name: str
    rows: slice


@dataclass(frozen=True)
class SampledPoses:
    """T samples of a skeleton's motion.

    Attributes:
        skeleton: the bones.
        pose: (T, B, 4, 4) bones in the armature's axes.
        object_world: (T, 4, 4) the armature object in the world.
        frames: (T,) frame of each sample in the file, the first is 0; whole numbers but for a capture's own frames.
        rate_hz: the file's frames a second.
        takes: where these are several motions one after the other, each from frame 0; else empty.
    """

    skeleton: Skeleton
    pose: FloatArray
    object_world: FloatArray
    frames: FloatArray
    rate_hz: float
    takes: tuple[Take, ...] = ()

    @property
    def world(self) -> FloatArray:
        """The bones (T, B, 4, 4) in the world."""
        posed: FloatArray = self.object_world[:, None] @ self.pose
        return posed


@dataclass(frozen=True)
class BoneChannels:
    """What keys hold: (T, B, 3) location, (T, B, 4) quaternion without sign flips in time, (T, B, 3) scale."""

    location: FloatArray
    quat_wxyz: FloatArray
    scale: FloatArray

    def of(self, rows: slice, bone: int) -> "BoneChannels":
        """Return one bone's channels (rows, 3), (rows, 4), (rows, 3)."""
        return BoneChannels(self.location[rows, bone], self.quat_wxyz[rows, bone], self.scale[rows, bone])


def bone_channels(poses: SampledPoses) -> BoneChannels:
    """Return the bones' local transforms against their rest, as a bone that inherits everything has them."""
    skeleton = poses.skeleton
    basis = np.empty_like(poses.pose)
    for bone, parent in enumerate(skeleton.parents):
        if parent < 0:
            basis[:, bone] = np.linalg.inv(skeleton.rest[bone]) @ poses.pose[:, bone]
            continue
        rest_in_parent = np.linalg.inv(skeleton.rest[parent]) @ skeleton.rest[bone]
        pose_in_parent = np.linalg.inv(poses.pose[:, parent]) @ poses.pose[:, bone]
        basis[:, bone] = np.linalg.inv(rest_in_parent) @ pose_in_parent
    return decompose(basis)


def decompose(matrices: FloatArray) -> BoneChannels:
    """Return the parts of matrices (T, B, 4, 4); a shear is dropped."""
    linear = matrices[..., :3, :3]
    scale = np.linalg.norm(linear, axis=-2)
    # A mirroring shows as one negative scale: a rotation has none.
    scale[..., 0] *= np.sign(np.linalg.det(linear))
    rotmat = linear / np.where(np.abs(scale) < 1e-12, 1.0, scale)[..., None, :]
    return BoneChannels(matrices[..., :3, 3], continuous_quat_wxyz(rotmat_to_quat_wxyz(rotmat)), scale)


def in_takes(motions: dict[str, SampledPoses]) -> SampledPoses:
    """Return several motions of one skeleton, by name, as one with takes."""
    parts = list(motions.values())
    ends = np.cumsum([len(part.frames) for part in parts])
    rows = [slice(int(end) - len(part.frames), int(end)) for part, end in zip(parts, ends, strict=True)]
    return SampledPoses(
        parts[0].skeleton,
        np.concatenate([part.pose for part in parts]),
        np.concatenate([part.object_world for part in parts]),
        np.concatenate([part.frames for part in parts]),
        parts[0].rate_hz,
        tuple(Take(name, part_rows) for name, part_rows in zip(motions, rows, strict=True)),
    )


def with_even_scales(poses: SampledPoses) -> SampledPoses:
    """Return the poses with bones that have children scaled evenly; their stretch is dropped, their volume stays.

    An unevenly scaled parent shears its children, which no format can hold: joints would land beside their places. A
    bone that is scaled to nothing keeps a trace of it, so that its children have a place.
    """
    pose = poses.pose.copy()
    scale = np.linalg.norm(pose[..., :3, :3], axis=-2)
    parents = set(poses.skeleton.parents)
    for bone in range(pose.shape[1]):
        vanished = scale[:, bone].min(axis=-1) < SMALLEST_SCALE
        if vanished.any():
            pose[vanished, bone, :3, :3] = poses.skeleton.rest[bone, :3, :3] * SMALLEST_SCALE
        uneven = np.ptp(scale[:, bone], axis=-1) > UNEVEN_SHARE * scale[:, bone].max(axis=-1)
        if bone in parents and (uneven & ~vanished).any():
            pose[:, bone, :3, :3] = _evenly_scaled(pose[:, bone, :3, :3])
    return replace(poses, pose=pose)


def _evenly_scaled(linear: FloatArray) -> FloatArray:
    """Return the nearest rotations times one scale (T, 3, 3) that keeps the volume."""
    left, _, right = np.linalg.svd(linear)
    determinant = np.linalg.det(linear)
    even: FloatArray = left @ right * (np.sign(determinant) * np.cbrt(determinant))[:, None, None]
    return even


def with_root_bone(poses: SampledPoses, is_moving: bool) -> SampledPoses:
    """Return the poses with a bone `root` at the armature's origin above all others.

    A skeleton whose only top bone is called root (in any letters) is returned as it is.

    Args:
        is_moving: the root carries the horizontal movement of the first top bone; else it stays still.
    """
    skeleton = poses.skeleton
    tops = [bone for bone, parent in enumerate(skeleton.parents) if parent < 0]
    if len(tops) == 1 and skeleton.names[tops[0]].lower() == ROOT_BONE:
        return poses
    root_pose = np.tile(np.eye(4), (len(poses.frames), 1, 1, 1))
    if is_moving:
        root_pose[:, 0, :2, 3] = poses.pose[:, tops[0], :2, 3] - skeleton.rest[tops[0], :2, 3]
    extent = float(np.abs(skeleton.rest[:, :3, 3]).max())
    rooted = Skeleton(
        (_free_name(skeleton.names), *skeleton.names),
        (-1, *(parent + 1 for parent in skeleton.parents)),
        np.concatenate([np.eye(4)[None], skeleton.rest]),
        np.concatenate([[[0.0, 0.1 * max(extent, 1e-3), 0.0]], skeleton.tails]),
    )
    return replace(poses, skeleton=rooted, pose=np.concatenate([root_pose, poses.pose], axis=1))


def _free_name(names: tuple[str, ...]) -> str:
    candidates = (ROOT_BONE, *(f"{ROOT_BONE}_{number}" for number in range(1, len(names) + 2)))
    return next(name for name in candidates if name not in names)


def scaled(poses: SampledPoses, factor: float) -> tuple[SampledPoses, float]:
    """Return the poses in a unit that is `factor` times smaller, and what the data below the object grew by.

    A scale of the armature object, where it is even and constant, goes into the bones, so that none is left.
    """
    object_scale = np.linalg.norm(poses.object_world[:, :3, :3], axis=1)
    is_even = np.ptp(object_scale) < 1e-5 * object_scale.mean() and np.linalg.det(poses.object_world[0, :3, :3]) > 0
    folded = float(object_scale.mean()) if is_even else 1.0
    object_world = poses.object_world.copy()
    object_world[:, :3, :3] /= folded
    object_world[:, :3, 3] *= factor
    growth = factor * folded
    skeleton = replace(
        poses.skeleton, rest=_translation_times(poses.skeleton.rest, growth), tails=poses.skeleton.tails * growth
    )
    pose = _translation_times(poses.pose, growth)
    return replace(poses, skeleton=skeleton, pose=pose, object_world=object_world), growth


def _translation_times(matrices: FloatArray, factor: float) -> FloatArray:
    grown = matrices.copy()
    grown[..., :3, 3] *= factor
    return grown
