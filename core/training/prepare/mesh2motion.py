"""`python -m core prepare mesh2motion FOLDER`: Mesh2Motion's keyed human animations into the trainer's motion file.

They hold what recordings of walkers lack: push-ups, kneeling, sitting, sleeping. Blender reads the .blend files, by
docs/prepare/actions_from_blender.py; FOLDER holds what that wrote. The layout is that of cmu_prepare.py's file.
"""

import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...errors import MotionDataError
from ...motion_import.rigs import Rig
from ...motion_import.source_clip import SourceClip
from ...rotations import rotmat_to_rotvec, rotvec_to_rotmat
from ...whole_file import whole_file
from .cmu_folder import Recording
from .cmu_prepare import FRAME_RATE_HZ, PreparedClip, motion_arrays, prepare_clip
from .cycles import repeat_clip

LICENCE: Final = "Mesh2Motion's human animations, CC0 1.0 (public domain)."

VAL_CLIPS: Final = frozenset({"sleeping", "meditate"})
LEFT_OUT: Final = frozenset(
    {"flying-forward", "flying-forward-super", "levitate-entrance", "levitate-idle", "shiver", "crawl", "run-anime"}
)
"""Nobody flies; the shiver is a quarter of a second; the last two move on the spot (`crawl-RM` is the true crawl)."""

FIRST_SUBJECT: Final = 3000
CYCLE_TOLERANCE_DEG: Final = 3.0
"""A clip whose last pose is its first one this closely, on the mean of all joints, is a cycle."""

_PREFIX: Final = "animation-human-"

RIG: Final = Rig(
    "mesh2motion",
    {
        "pelvis": "pelvis", "spine1": "spine_01", "spine2": "spine_02", "spine3": "spine_03",
        "neck": "neck_01", "head": "head",
        "left_hip": "thigh_l", "left_knee": "calf_l", "left_ankle": "foot_l", "left_foot": "ball_l",
        "left_collar": "clavicle_l", "left_shoulder": "upperarm_l", "left_elbow": "lowerarm_l",
        "left_wrist": "hand_l",
    },
    ("_l", "_r"),
)  # fmt: skip

SMPL_FROM_BLENDER: Final = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
"""Takes a vector of Blender's axes, body facing -Y, to +X left, Y up, +Z forward."""

_HINGES: Final = {"left_elbow": np.array([0.0, -1.0, 0.0]), "right_elbow": np.array([0.0, 1.0, 0.0])}
"""The rig rests with its palms down, so its elbows bend about the vertical, as SMPL's do."""


def prepare_mesh2motion(folder: Path, output: Path, report: Callable[[str], None]) -> None:
    """Convert all animations and write the motion file, whole or not at all.

    Args:
        folder: holds the files of actions_from_blender.py.
        output: the .npz to write.
        report: takes one sentence at a time.
    Raises:
        MotionDataError: the folder holds no such files, or one is damaged.
    """
    paths = sorted(folder.glob(f"{_PREFIX}*.npz"))
    if not paths:
        raise MotionDataError(
            f"{folder} holds no {_PREFIX}*.npz.", "Make them by docs/prepare/actions_from_blender.py."
        )
    clips = []
    for number, path in enumerate(paths):
        name = path.stem[len(_PREFIX) :]
        if name in LEFT_OUT:
            report(f"Left out: {name}")
            continue
        clips.append(prepare_animation(load_animation(path), name, FIRST_SUBJECT + number))
        report(f"{name}: {len(clips[-1].poses)} frames, limbs {clips[-1].limb_error_deg:.2f} deg off")
    splits = ["val" if clip.recording.name in VAL_CLIPS else "train" for clip in clips]
    with whole_file(output) as partial, partial.open("wb") as file:
        np.savez_compressed(file, **{**motion_arrays(clips, splits), "licence": np.array(LICENCE)})
    report(f"{output}: {len(clips)} clips, {sum(len(clip.poses) for clip in clips) / FRAME_RATE_HZ:.0f} s")


def prepare_animation(source: SourceClip, name: str, subject: int) -> PreparedClip:
    """Return one animation on SMPL's joints at 30 Hz, its floor at height 0, and repeated where it is a cycle."""
    recording = Recording(Path(name), name, subject, name.replace("-", " "), source.frame_rate_hz)
    clip = prepare_clip(source, recording)
    pelvis = clip.pelvis - np.array([0.0, clip.floor_y, 0.0], np.float32)
    clip = replace(clip, pelvis=pelvis, floor_y=0.0)
    return repeat_clip(clip) if is_cycle(clip.poses) else clip


def is_cycle(poses: NDArray[np.float32]) -> bool:
    """Tell whether the poses (T, 24, 3) end as they began."""
    first, last = rotvec_to_rotmat(poses[[0, -1]].astype(np.float64))
    seam_deg = np.rad2deg(np.linalg.norm(rotmat_to_rotvec(np.swapaxes(first, -1, -2) @ last), axis=-1))
    return bool(seam_deg.mean() < CYCLE_TOLERANCE_DEG)


def load_animation(path: Path) -> SourceClip:
    """Read a file of actions_from_blender.py.

    Raises:
        MotionDataError: damaged, or on another skeleton.
    """
    arrays = _read_arrays(path)
    names = arrays["bones"].tolist()
    bones = RIG.joint_bones()
    if lacking := [bone for bone in bones.values() if bone not in names]:
        raise MotionDataError(f"{path} is on an unknown skeleton: it lacks {', '.join(lacking[:4])}.")
    if not np.isfinite(arrays["matrices"]).all() or len(arrays["matrices"]) < 2:
        raise MotionDataError(f"{path} holds no motion.")
    rest, matrices = arrays["rest"].astype(np.float64), arrays["matrices"].astype(np.float64)
    index = {joint: names.index(bone) for joint, bone in bones.items()}
    axes = SMPL_FROM_BLENDER
    turned = matrices[..., :3, :3] @ np.swapaxes(rest[:, :3, :3], -1, -2)
    return SourceClip(
        rig=RIG.name,
        frame_rate_hz=float(arrays["frame_rate"]),
        rotations={joint: axes @ turned[:, bone] @ axes.T for joint, bone in index.items()},
        positions={joint: matrices[:, bone, :3, 3] @ axes.T for joint, bone in index.items()},
        rest={joint: axes @ rest[bone, :3, 3] for joint, bone in index.items()},
        hinge_axes=dict(_HINGES),
    )


def _read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in ("bones", "rest", "matrices", "frame_rate")}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise MotionDataError(f"{path} was not written by actions_from_blender.py, or it is damaged.") from error
