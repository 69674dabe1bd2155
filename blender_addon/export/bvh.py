"""Writes BVH: Y up, rest offsets without rest rotations, rotations in Z, X, Y order.

Our own writer: Blender's leaves Z up, which other programs (and Blender's own importer, by default) read as lying
down, forgets where the object stands, and rounds the frame time.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from .files import whole_export
from .job import export_job
from .options import ExportOptions
from .poses import FloatArray, SampledPoses, with_root_bone

BVH_FROM_WORLD: Final[FloatArray] = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]], np.float64)
"""Blender's world, z up, to BVH's, y up: (x, y, z) -> (x, z, -y)."""

POSITION_TOLERANCE: Final = 1e-5
"""Metres by which joints may move against their parents before they get position channels of their own."""


def export_bvh(context: Any, armature: Any, path: Path, options: ExportOptions) -> None:
    """Write the armature's motion; the user's scene stays as it is.

    Joints stand in the world, in metres times `options.bvh_scale`. Bones that move against their parents have
    position channels, the others rotations alone. A bone `root` is added where there are several top bones.

    Raises:
        SceneError: the armature has no keys, or is not in the current view layer.
        OptionError: the range or the rate is empty.
        OutputError: the file cannot be written.
    """
    scale = float(context.scene.unit_settings.scale_length) * options.bvh_scale
    with whole_export(path) as partial, export_job(context, armature, options) as job:
        text = "\n".join(bvh_lines(_single_rooted(job.poses), scale)) + "\n"
        partial.write_text(text, encoding="utf-8", newline="\n")


def _single_rooted(poses: SampledPoses) -> SampledPoses:
    several_tops = sum(parent < 0 for parent in poses.skeleton.parents) > 1
    return with_root_bone(poses, is_moving=False) if several_tops else poses


def bvh_lines(poses: SampledPoses, scale: float) -> Iterator[str]:
    """Give the file's lines.

    Args:
        scale: of the lengths.
    """
    skeleton = poses.skeleton
    rest_world = poses.object_world[0] @ skeleton.rest
    heads = rest_world[:, :3, 3] @ BVH_FROM_WORLD.T * scale
    tails = (skeleton.tails @ poses.object_world[0, :3, :3].T + poses.object_world[0, :3, 3]) @ BVH_FROM_WORLD.T * scale
    rotmat, positions = _joint_motion(poses, rest_world, scale)
    has_position = _moves(positions, heads, skeleton.parents, POSITION_TOLERANCE * scale)
    order: list[int] = []
    yield "HIERARCHY"
    yield from _joint_lines(0, "", poses, heads, tails, has_position, order)
    yield from ("MOTION", f"Frames: {len(poses.frames)}", f"Frame Time: {1.0 / poses.rate_hz:.9f}")
    angles = np.degrees(rotmat_to_zxy(rotmat))
    columns = [
        np.concatenate([positions[:, bone], angles[:, bone]] if has_position[bone] else [angles[:, bone]], axis=1)
        for bone in order
    ]
    for row in np.concatenate(columns, axis=1):
        yield " ".join(f"{value:.7g}" for value in row)


def _joint_motion(poses: SampledPoses, rest_world: FloatArray, scale: float) -> tuple[FloatArray, FloatArray]:
    """Return the joints' rotations against their parents (T, B, 3, 3) and their positions in them (T, B, 3).

    Joints rest in BVH's own axes: a global rotation is what turned the bone away from its rest.
    """
    linear = poses.world[..., :3, :3]
    turned = linear / np.linalg.norm(linear, axis=-2, keepdims=True)
    rest = rest_world[:, :3, :3] / np.linalg.norm(rest_world[:, :3, :3], axis=-2, keepdims=True)
    global_rotmat = BVH_FROM_WORLD @ turned @ rest.transpose(0, 2, 1) @ BVH_FROM_WORLD.T
    global_position = poses.world[..., :3, 3] @ BVH_FROM_WORLD.T * scale
    rotmat, positions = global_rotmat.copy(), global_position.copy()
    for bone, parent in enumerate(poses.skeleton.parents):
        if parent >= 0:
            into_parent = global_rotmat[:, parent].transpose(0, 2, 1)
            rotmat[:, bone] = into_parent @ global_rotmat[:, bone]
            offset = global_position[:, bone] - global_position[:, parent]
            positions[:, bone] = (into_parent @ offset[..., None])[..., 0]
    return rotmat, positions


def _moves(positions: FloatArray, heads: FloatArray, parents: tuple[int, ...], tolerance: float) -> list[bool]:
    offsets = np.array(
        [heads[bone] - heads[parent] if parent >= 0 else heads[bone] for bone, parent in enumerate(parents)]
    )
    furthest = np.abs(positions - offsets).max(axis=(0, 2))
    return [parent < 0 or bool(furthest[bone] > tolerance) for bone, parent in enumerate(parents)]


def _joint_lines(
    bone: int,
    indent: str,
    poses: SampledPoses,
    heads: FloatArray,
    tails: FloatArray,
    has_position: list[bool],
    order: list[int],
) -> Iterator[str]:
    """Give a joint's lines and those below it, and note the order in which they are written."""
    skeleton = poses.skeleton
    order.append(bone)
    parent = skeleton.parents[bone]
    offset = heads[bone] - heads[parent] if parent >= 0 else heads[bone]
    channels = "6 Xposition Yposition Zposition" if has_position[bone] else "3"
    yield f"{indent}{'JOINT' if indent else 'ROOT'} {_bvh_name(skeleton.names[bone])}"
    yield f"{indent}{{"
    yield f"{indent}\t{_offset(offset)}"
    yield f"{indent}\tCHANNELS {channels} Zrotation Xrotation Yrotation"
    children = [child for child, its_parent in enumerate(skeleton.parents) if its_parent == bone]
    for child in children:
        yield from _joint_lines(child, f"{indent}\t", poses, heads, tails, has_position, order)
    if not children:
        yield from (f"{indent}\tEnd Site", f"{indent}\t{{", f"{indent}\t\t{_offset(tails[bone] - heads[bone])}")
        yield f"{indent}\t}}"
    yield f"{indent}}}"


def _offset(offset: FloatArray) -> str:
    return "OFFSET " + " ".join(f"{value:.7g}" for value in offset)


def _bvh_name(name: str) -> str:
    """Return a name without white space, which would end it."""
    return "_".join(name.split())


def rotmat_to_zxy(rotmat: FloatArray) -> FloatArray:
    """Return angles (T, ..., 3), radians, with rotmat = Rz(a0) Rx(a1) Ry(a2), without jumps in time.

    Note: where the middle angle is a right angle, the third is zero.
    """
    middle = np.arcsin(np.clip(rotmat[..., 2, 1], -1.0, 1.0))
    is_locked = np.abs(rotmat[..., 2, 1]) > 1.0 - 1e-12
    first = np.where(
        is_locked,
        np.arctan2(rotmat[..., 1, 0], rotmat[..., 0, 0]),
        np.arctan2(-rotmat[..., 0, 1], rotmat[..., 1, 1]),
    )
    last = np.where(is_locked, 0.0, np.arctan2(-rotmat[..., 2, 0], rotmat[..., 2, 2]))
    return _continuous(np.stack([first, middle, last], axis=-1))


def _continuous(angles: FloatArray) -> FloatArray:
    """Return the same rotations with, in each frame, the triple and the turns nearest to the frame before."""
    result = angles.copy()
    half_turn = np.array([np.pi, np.pi, np.pi])
    for frame in range(1, len(angles)):
        before = result[frame - 1]
        # Rz(a) Rx(b) Ry(c) = Rz(a + pi) Rx(pi - b) Ry(c + pi).
        other = angles[frame] * np.array([1.0, -1.0, 1.0]) + half_turn
        candidates = [near + 2 * np.pi * np.round((before - near) / (2 * np.pi)) for near in (angles[frame], other)]
        distances = [np.abs(candidate - before).sum(axis=-1) for candidate in candidates]
        result[frame] = np.where((distances[0] <= distances[1])[..., None], *candidates)
    return result
