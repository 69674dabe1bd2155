"""CMU's own format: a skeleton (.asf) and its motions (.amc), evaluated to global rotations and positions.

In the zero pose every bone's frame is the world's; a bone turns about the axes that its `axis` line gives.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from ...errors import MotionDataError
from ...motion_import.rigs import AMC
from ...motion_import.source_clip import FloatArray, SourceClip, euler_rotmat

CMU_FRAME_RATE_HZ: Final = 120.0
_ROTATIONS: Final = ("rx", "ry", "rz")
_ROOT_CHANNELS: Final = ("TX", "TY", "TZ", "RX", "RY", "RZ")


@dataclass(frozen=True)
class AsfBone:
    """One bone.

    Attributes:
        parent: name of the bone it hangs on; `root` for the first ones.
        offset: (3,) from its start to its end in the zero pose.
        axes: (3, 3) the frame that it turns in.
        channels: which of rx, ry, rz an AMC line holds, in its order.
    """

    parent: str
    offset: FloatArray
    axes: FloatArray
    channels: tuple[str, ...]


@dataclass(frozen=True)
class AsfSkeleton:
    """The bones, parents before children, and where the root's numbers stand in an AMC line."""

    path: Path
    bones: dict[str, AsfBone]
    root_order: tuple[int, ...]


def load_asf(path: Path) -> AsfSkeleton:
    """Read a skeleton.

    Raises:
        MotionDataError: missing, cut off, in radians, or not an ASF file.
    """
    sections = _sections(_read_text(path))
    try:
        if _value(sections["units"], "angle") != "deg":
            raise MotionDataError(f"{path} gives angles in another unit than degrees, which CMU's files never do.")
        parts = {part["name"][0]: part for part in _bone_blocks(sections["bonedata"])}
        parents = _parents(sections["hierarchy"])
        bones = {name: _bone(parts[name], parent) for name, parent in parents.items()}
        order = [word.upper() for word in _value(sections["root"], "order").split()]
        root_order = tuple(order.index(channel) for channel in _ROOT_CHANNELS)
    except (KeyError, ValueError, IndexError, StopIteration) as error:
        raise MotionDataError(f"{path} is not an ASF skeleton, or it is cut off ({error}).") from error
    lacking = [bone for bone in AMC.joint_bones().values() if bone != "root" and bone not in bones]
    if lacking:
        raise MotionDataError(f"{path} is not a skeleton of the CMU database: it lacks the bone {lacking[0]}.")
    return AsfSkeleton(path, bones, root_order)


def load_amc(path: Path, skeleton: AsfSkeleton, frame_rate_hz: float = CMU_FRAME_RATE_HZ) -> SourceClip:
    """Read a motion and evaluate it on its skeleton.

    Raises:
        MotionDataError: missing, cut off within a frame, or made for another skeleton.
    """
    frames = _amc_frames(path, skeleton)
    root = np.array([frame["root"] for frame in frames])[:, skeleton.root_order]
    # The ASF order XYZ turns a vector about x first: v' = Rz Ry Rx v.
    rotations = {"root": euler_rotmat(np.deg2rad(root[:, :2:-1]), "ZYX")}
    ends, starts = {"root": root[:, :3]}, {"root": root[:, :3]}
    rest_ends, rest_starts = {"root": np.zeros(3)}, {"root": np.zeros(3)}
    for name, bone in skeleton.bones.items():
        local = bone.axes @ euler_rotmat(_angles_rad(frames, name, bone)[:, ::-1], "ZYX") @ bone.axes.T
        rotations[name] = rotations[bone.parent] @ local
        starts[name], rest_starts[name] = ends[bone.parent], rest_ends[bone.parent]
        ends[name] = starts[name] + rotations[name] @ bone.offset
        rest_ends[name] = rest_starts[name] + bone.offset
    joints = AMC.joint_bones()
    return SourceClip(
        rig=AMC.name,
        frame_rate_hz=frame_rate_hz,
        rotations={joint: rotations[bone] for joint, bone in joints.items()},
        positions={joint: starts[bone] for joint, bone in joints.items()},
        rest={joint: rest_starts[bone] for joint, bone in joints.items()},
        # The forearm bends about its own x alone.
        hinge_axes={joint: skeleton.bones[joints[joint]].axes[:, 0] for joint in ("left_elbow", "right_elbow")},
    )


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise MotionDataError(f"The file {path} cannot be read ({error.strerror}).") from error


def _sections(text: str) -> dict[str, list[str]]:
    """Return the lines of each `:section`, comments dropped."""
    sections: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in text.splitlines():
        stripped = line.strip()
        if stripped.startswith(":"):
            lines = sections.setdefault(stripped[1:].split()[0], [])
        elif stripped and not stripped.startswith("#"):
            lines.append(stripped)
    return sections


def _value(lines: list[str], key: str) -> str:
    return next(line.split(maxsplit=1)[1] for line in lines if line.split()[0] == key)


def _bone_blocks(lines: list[str]) -> list[dict[str, list[str]]]:
    """Return key -> words of each block between `begin` and `end`."""
    blocks: list[dict[str, list[str]]] = []
    for line in lines:
        words = line.split()
        if words[0] == "begin":
            blocks.append({})
        elif words[0] != "end":
            blocks[-1][words[0]] = words[1:]
    return blocks


def _parents(lines: list[str]) -> dict[str, str]:
    parents = {}
    for line in lines:
        parent, *children = line.split()
        parents.update(dict.fromkeys(children, parent))
    return parents


def _bone(part: dict[str, list[str]], parent: str) -> AsfBone:
    direction = np.array([float(word) for word in part["direction"][:3]])
    angles_rad = np.deg2rad([float(word) for word in part["axis"][:3]])
    if part["axis"][3].upper() != "XYZ":
        raise ValueError(f"axis order {part['axis'][3]}")
    offset = direction * float(part["length"][0])
    return AsfBone(parent, offset, euler_rotmat(angles_rad[::-1], "ZYX"), tuple(part.get("dof", [])))


def _amc_frames(path: Path, skeleton: AsfSkeleton) -> list[dict[str, list[float]]]:
    """Return bone -> numbers for each frame, each as long as the skeleton says.

    Note: CMU's files leave out bones that did not move in some frames; the others must be whole.
    """
    widths = {name: len(bone.channels) for name, bone in skeleton.bones.items()} | {"root": len(_ROOT_CHANNELS)}
    frames: list[dict[str, list[float]]] = []
    for number, line in enumerate(_read_text(path).splitlines(), start=1):
        words = line.split()
        if not words or words[0][0] in "#:":
            continue
        if len(words) == 1 and words[0].isdigit():
            frames.append({})
            continue
        if not frames or words[0] not in widths or len(words) - 1 != widths[words[0]]:
            raise MotionDataError(f"{path}, line {number}: not a line for the skeleton {skeleton.path}, or cut off.")
        frames[-1][words[0]] = _numbers(words[1:], path, number)
    if not frames or any("root" not in frame for frame in frames):
        raise MotionDataError(f"{path} holds no frames, or one without its root; the file may be cut off.")
    return frames


def _numbers(words: list[str], path: Path, line: int) -> list[float]:
    try:
        return [float(word) for word in words]
    except ValueError as error:
        raise MotionDataError(f"{path}, line {line}: {error}.") from error


def _angles_rad(frames: list[dict[str, list[float]]], name: str, bone: AsfBone) -> FloatArray:
    """Return (T, 3) angles about x, y, z; zero where the bone has no such channel."""
    angles = np.zeros((len(frames), 3))
    resting = [0.0] * len(bone.channels)
    values = np.array([frame.get(name, resting) for frame in frames]).reshape(len(frames), -1)
    for column, channel in enumerate(bone.channels):
        if channel.lower() in _ROTATIONS:
            angles[:, _ROTATIONS.index(channel.lower())] = values[:, column]
    return np.deg2rad(angles)
