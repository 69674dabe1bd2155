"""Writes a captured armature's motion as an AMASS npz. The layout is documented in the README of the project."""

from pathlib import Path
from typing import Any, Final

import numpy as np

from ...core.body_file import load_body_file, open_body_path
from ...core.errors import SceneError
from ...core.rotations import rotmat_to_rotvec
from ...core.skeleton import BETA_COUNT, JOINT_COUNT, JOINT_NAMES, PARENTS
from ...core.whole_file import whole_file
from ..capture_tags import BodyTag, read_body_tag
from ..rest_pose import shape_body
from .job import export_job
from .options import ExportOptions
from .poses import FloatArray, SampledPoses

REST_TOLERANCE: Final = 0.9
"""Cosine of how far a rest limb may lean from the T-pose's before the rotations would not be SMPL's: about 25 deg."""


def export_amass(context: Any, armature: Any, path: Path, options: ExportOptions) -> None:
    """Write the motion of an armature with SMPL's 24 bones, z up as AMASS has it; the user's scene stays as it is.

    Keys: `poses` (T, 72) axis-angle, `trans` (T, 3) metres, `betas` (10,), `gender`, `mocap_framerate`, and `body`.
    The bundled body's shape means nothing to SMPL, so with `body` = open `betas` is zero and the shape stands in
    `open_betas`.

    Raises:
        SceneError: the armature lacks one of SMPL's bones, has no keys, or is not in the current view layer.
        OptionError: the range or the rate is empty.
        OutputError: the file cannot be written.
    """
    missing = [name for name in JOINT_NAMES if name not in armature.data.bones]
    if missing:
        raise SceneError(
            f"AMASS files hold SMPL's bones, and {armature.name} has no {missing[0]}.",
            "Export the captured armature, or choose another format for this rig.",
        )
    metres = float(context.scene.unit_settings.scale_length)
    with export_job(context, armature, options) as job:
        arrays = amass_arrays(job.poses, read_body_tag(armature), metres)
    with whole_file(path) as partial, partial.open("wb") as file:
        np.savez_compressed(file, **arrays)


def amass_arrays(poses: SampledPoses, tag: BodyTag | None, metres: float) -> dict[str, Any]:
    """Return the file's arrays.

    Args:
        tag: what the armature remembers of its body; None for an armature of another origin.
        metres: in a unit of the scene.
    """
    bones = [poses.skeleton.names.index(name) for name in JOINT_NAMES]
    rest = poses.skeleton.rest[bones]
    linear = poses.world[:, bones, :3, :3]
    world_rotmat = linear / np.linalg.norm(linear, axis=-2, keepdims=True)
    # What turned a bone away from its rest, seen from SMPL's axes, whichever way the bone itself lies.
    armature_from_smpl = _rest_axes(rest[:, :3, 3])
    turned: FloatArray = world_rotmat @ rest[:, :3, :3].transpose(0, 2, 1) @ armature_from_smpl
    local = turned.copy()
    for joint, parent in enumerate(PARENTS):
        if parent >= 0:
            local[:, joint] = turned[:, parent].transpose(0, 2, 1) @ turned[:, joint]
    pelvis = poses.world[:, bones[0], :3, 3] * metres
    rest_pelvis = _rest_pelvis(tag, armature_from_smpl.T @ rest[0, :3, 3] * metres)
    body, betas = (tag.body, tag.betas) if tag else ("smpl", np.zeros(BETA_COUNT))
    arrays: dict[str, Any] = {
        "poses": rotmat_to_rotvec(local).reshape(-1, JOINT_COUNT * 3).astype(np.float32),
        "trans": (pelvis - rest_pelvis).astype(np.float32),
        "betas": (np.zeros(BETA_COUNT) if body == "open" else betas).astype(np.float32),
        "gender": np.asarray(tag.gender if tag else "neutral"),
        "mocap_framerate": np.asarray(poses.rate_hz, np.float64),
        "body": np.asarray(body),
    }
    if body == "open":
        arrays["open_betas"] = np.asarray(betas, np.float32)
    return arrays


def _rest_axes(rest_heads: FloatArray) -> FloatArray:
    """Return SMPL's axes (left, up, forward) as columns (3, 3) in the armature's, from rest joints (24, 3).

    Raises:
        SceneError: the rest is not SMPL's T-pose, whichever way the armature's axes lie.
    """
    place = dict(zip(JOINT_NAMES, rest_heads, strict=True))
    left = place["left_shoulder"] - place["right_shoulder"]
    up = place["head"] - place["pelvis"]
    axes = []
    for direction in (left, up):
        axis = np.eye(3)[np.abs(direction).argmax()] * np.sign(direction[np.abs(direction).argmax()])
        axes.append(axis)
    arms = [place[f"{side}_wrist"] - place[f"{side}_shoulder"] for side in ("left", "right")]
    leans = [(left, axes[0]), (up, axes[1]), (arms[0], axes[0]), (arms[1], -axes[0])]
    if any(limb @ axis < REST_TOLERANCE * np.linalg.norm(limb) for limb, axis in leans):
        raise SceneError("The armature does not rest in SMPL's T-pose.", "Choose another format for this rig.")
    return np.stack([axes[0], axes[1], np.cross(axes[0], axes[1])], axis=1)


def _rest_pelvis(tag: BodyTag | None, rest_head: FloatArray) -> FloatArray:
    """Return the pelvis (3,) of the body at rest, metres, SMPL's axes: what `trans` leaves out.

    Args:
        rest_head: (3,) the pelvis bone's head at rest, metres, SMPL's axes.
    """
    if tag is None:
        return rest_head
    if tag.rest_pelvis is not None:
        return tag.rest_pelvis
    # Captures of earlier versions do not remember it: the bundled body has its own, and about that of SMPL.
    betas = tag.betas if tag.body == "open" else np.zeros(BETA_COUNT)
    pelvis: FloatArray = shape_body(load_body_file(open_body_path()), betas).joints[0]
    return pelvis
