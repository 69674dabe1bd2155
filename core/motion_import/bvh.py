"""BVH files on known skeletons, evaluated to global rotations and positions of SMPL's joints."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..errors import MotionDataError, reason_of
from .rigs import BVH_RIGS, Rig
from .source_clip import FloatArray, SourceClip, euler_rotmat


@dataclass(frozen=True)
class BvhMotion:
    """A BVH file as it stands.

    Attributes:
        names, parents: of each joint; -1 for the root; parents before children.
        offsets: (J, 3) from the parent.
        channels: of each joint, such as `Xposition` or `Zrotation`, in file order.
        values: (T, channels of all joints), degrees and the file's length unit.
        frame_rate_hz: one over the frame time.
    """

    names: list[str]
    parents: list[int]
    offsets: FloatArray
    channels: list[list[str]]
    values: FloatArray
    frame_rate_hz: float


def load_bvh_motion(path: Path) -> BvhMotion:
    """Read a BVH file.

    Raises:
        MotionDataError: missing, not a BVH file, or with fewer numbers than its header announces.
    """
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise MotionDataError(f"The file {path} cannot be read ({error.strerror}).") from error
    hierarchy, separator, motion = text.partition("MOTION")
    if not hierarchy.lstrip().startswith("HIERARCHY") or not separator:
        raise MotionDataError(f"{path} is not a BVH file, or it is cut off before its motion.")
    try:
        names, parents, offsets, channels = _read_hierarchy(hierarchy)
        frame_count, frame_time_s, values = _read_motion(motion)
    except (ValueError, IndexError) as error:
        raise MotionDataError(f"{path} is not a BVH file, or it is damaged ({reason_of(error)}).") from error
    width = sum(len(joint_channels) for joint_channels in channels)
    if frame_count < 1 or len(values) != frame_count * width:
        raise MotionDataError(
            f"{path} announces {frame_count} frames of {width} numbers but holds {len(values)} numbers; "
            "it may be cut off."
        )
    return BvhMotion(names, parents, np.array(offsets), channels, values.reshape(-1, width), 1 / frame_time_s)


def bvh_globals(motion: BvhMotion) -> tuple[FloatArray, FloatArray]:
    """Return global rotations (T, J, 3, 3) and positions (T, J, 3)."""
    frame_count, joint_count = len(motion.values), len(motion.names)
    rotations = np.zeros((frame_count, joint_count, 3, 3))
    positions = np.zeros((frame_count, joint_count, 3))
    first = 0
    for joint, (parent, channels) in enumerate(zip(motion.parents, motion.channels, strict=True)):
        values = motion.values[:, first : first + len(channels)]
        first += len(channels)
        local = _local_rotation(values, channels)
        offset = _local_offset(values, channels, motion.offsets[joint])
        if parent < 0:
            rotations[:, joint], positions[:, joint] = local, offset
            continue
        rotations[:, joint] = rotations[:, parent] @ local
        positions[:, joint] = positions[:, parent] + (rotations[:, parent] @ offset[..., None])[..., 0]
    return rotations, positions


def load_bvh_clip(path: Path, frame_rate_hz: float | None = None) -> SourceClip:
    """Read a BVH file on one of the known rigs.

    Args:
        path: the file.
        frame_rate_hz: what the file was recorded with, where its header is wrong.
    Raises:
        MotionDataError: damaged, or on a skeleton that rigs.py does not know.
    """
    motion = load_bvh_motion(path)
    # Mixamo puts its own name before every bone's.
    motion = replace(motion, names=[name.rpartition(":")[2] for name in motion.names])
    rig = _find_rig(path, motion.names)
    first = 1 if rig.starts_in_zero_pose else 0
    if len(motion.values) <= first:
        raise MotionDataError(f"{path} holds no frame besides the zero pose in its first one.")
    rotations, positions = bvh_globals(motion)
    rotations, positions = rotations[first:], positions[first:]
    if rig.root_adds_offset:
        positions = positions + motion.offsets[0]
    rest = _rest_positions(motion)
    index = {joint: motion.names.index(bone) for joint, bone in rig.joint_bones().items()}
    return SourceClip(
        rig=rig.name,
        frame_rate_hz=frame_rate_hz or round(motion.frame_rate_hz, 2),
        rotations={joint: rotations[:, bone] for joint, bone in index.items()},
        positions={joint: positions[:, bone] for joint, bone in index.items()},
        rest={joint: rest[bone] for joint, bone in index.items()},
        hinge_axes={joint: np.array(axis) for joint, axis in rig.hinge_axes.items()},
        corrections_rotvec=rig.corrections_rotvec,
    )


def _find_rig(path: Path, names: list[str]) -> Rig:
    lacking = {rig.name: [bone for bone in rig.joint_bones().values() if bone not in names] for rig in BVH_RIGS}
    for rig in BVH_RIGS:
        if not lacking[rig.name]:
            return rig
    nearest = min(lacking, key=lambda name: len(lacking[name]))
    raise MotionDataError(
        f"{path} is on an unknown skeleton: nearest is {nearest}, of which it lacks {', '.join(lacking[nearest][:4])}.",
        "Blender's own BVH import brings it in on its own skeleton.",
    )


def _read_hierarchy(text: str) -> tuple[list[str], list[int], list[list[float]], list[list[str]]]:
    names: list[str] = []
    parents: list[int] = []
    offsets: list[list[float]] = []
    channels: list[list[str]] = []
    # Joint whose braces are open; None for an end site, whose offset nobody needs.
    open_blocks: list[int | None] = []
    for line in text.splitlines()[1:]:
        words = line.split()
        if not words:
            continue
        if words[0] in ("ROOT", "JOINT"):
            parent = open_blocks[-1] if open_blocks else -1
            names.append(words[1])
            parents.append(-1 if parent is None else parent)
            offsets.append([0.0, 0.0, 0.0])
            channels.append([])
            open_blocks.append(len(names) - 1)
        elif words[0] == "End":
            open_blocks.append(None)
        elif words[0] == "}":
            open_blocks.pop()
        elif words[0] == "OFFSET" and open_blocks[-1] is not None:
            offsets[open_blocks[-1]] = [float(word) for word in words[1:4]]
        elif words[0] == "CHANNELS":
            channels[-1] = words[2:]
    if not names or open_blocks:
        raise ValueError("a block of its hierarchy is not closed")
    return names, parents, offsets, channels


def _read_motion(text: str) -> tuple[int, float, FloatArray]:
    frames_line, time_line, numbers = text.strip().split("\n", maxsplit=2)
    frame_time_s = float(time_line.split(":")[1])
    if not frame_time_s > 0:
        raise ValueError("its frame time is not positive")
    values = np.array(numbers.split(), dtype=np.float64)
    return int(frames_line.split(":")[1]), frame_time_s, values


def _local_rotation(values: FloatArray, channels: list[str]) -> FloatArray:
    columns = [index for index, channel in enumerate(channels) if channel.lower().endswith("rotation")]
    return euler_rotmat(np.deg2rad(values[:, columns]), "".join(channels[index][0].upper() for index in columns))


def _local_offset(values: FloatArray, channels: list[str], offset: FloatArray) -> FloatArray:
    """Return (T, 3): the joint's offset, replaced axis by axis where it has position channels."""
    result = np.tile(offset, (len(values), 1))
    for column, channel in enumerate(channels):
        if channel.lower().endswith("position"):
            result[:, "XYZ".index(channel[0].upper())] = values[:, column]
    return result


def _rest_positions(motion: BvhMotion) -> FloatArray:
    rest = motion.offsets.copy()
    for joint, parent in enumerate(motion.parents):
        if parent >= 0:
            rest[joint] = rest[parent] + motion.offsets[joint]
    return rest
