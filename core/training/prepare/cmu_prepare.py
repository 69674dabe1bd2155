"""`python -m core prepare cmu FOLDER`: public CMU motions into the motion file that the trainer reads.

The file's layout is that of ../clips.py, with more about each clip: `clip_name`, `clip_desc`, `clip_rig`,
`clip_floor_y` (metres) and `clip_limb_error_deg`, and the generic skeleton whose pelvis `trans` is.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...errors import MotionDataError
from ...motion_import.bvh import load_bvh_clip
from ...motion_import.rest_pose import OFFSETS_M, transfer
from ...motion_import.source_clip import FloatArray, SourceClip
from ...rotations import rotmat_to_rotvec
from ...skeleton import JOINT_NAMES, PARENTS
from ...whole_file import whole_file
from ..resampling import sample_positions, sample_rotations, source_times
from .cmu_asf_amc import CMU_FRAME_RATE_HZ, AsfSkeleton, load_amc, load_asf
from .cmu_folder import Recording, find_recordings, skeleton_of, split_of

FRAME_RATE_HZ: Final = 30.0

LICENCE: Final = (
    "CMU Graphics Lab Motion Capture Database: free for use in research projects; may be included in commercially-sold "
    "products, but the data may not be resold directly, even in converted form. The data was obtained from "
    "mocap.cs.cmu.edu; the database was created with funding from NSF EIA-0196217."
)

JUMP_DEG: Final = 55.0
"""A core joint that turns more than this within one frame at 30 Hz is a defect of the recording."""
_FRAMES_AROUND_JUMP: Final = 2
_LARGEST_LIMB_ERROR_DEG: Final = 0.1

_FOOT_JOINTS: Final = [joint for joint, name in enumerate(JOINT_NAMES) if name.endswith(("_ankle", "_foot"))]
_NOISY_ENDS: Final = ("_foot", "_wrist", "_hand")
_FLOOR_PERCENTILE: Final = 2.0


@dataclass(frozen=True)
class PreparedClip:
    """One clip at 30 Hz.

    Attributes:
        recording: where it comes from.
        rig: see rigs.py.
        poses: (T, 24, 3) local axis-angle.
        pelvis: (T, 3) metres, Y up.
        valid: (T,) bool.
        floor_y: height of the floor, metres.
        limb_error_deg: largest angle between a limb here and in the recording.
    """

    recording: Recording
    rig: str
    poses: NDArray[np.float32]
    pelvis: NDArray[np.float32]
    valid: NDArray[np.bool_]
    floor_y: float
    limb_error_deg: float


def prepare_cmu(
    folder: Path,
    output: Path,
    report: Callable[[str], None],
    *,
    frame_rate_hz: float | None = None,
    val_subjects: Collection[int] | None = None,
    test_subjects: Collection[int] | None = None,
) -> None:
    """Convert all recordings below a folder and write the motion file, whole or not at all.

    Args:
        folder: holds .asf/.amc or .bvh files at any depth; an index text file gives the descriptions.
        output: the .npz to write.
        report: takes one sentence at a time.
        frame_rate_hz: what the recordings were made with, where neither file nor database tells it rightly.
        val_subjects, test_subjects: who goes where; None for the rule of cmu_folder.py.
    Raises:
        MotionDataError: nothing in the folder can be used. A single damaged recording is reported and left out.
    """
    recordings = find_recordings(folder)
    skeletons: dict[Path, AsfSkeleton] = {}
    clips, failed = [], 0
    for number, recording in enumerate(recordings, start=1):
        try:
            clip = prepare_clip(read_recording(recording, skeletons, frame_rate_hz), recording)
        except MotionDataError as error:
            failed += 1
            report(f"Left out: {error.message}")
            continue
        clips.append(clip)
        is_off = clip.limb_error_deg > _LARGEST_LIMB_ERROR_DEG
        note = f", limbs up to {clip.limb_error_deg:.1f} deg off" if is_off else ""
        report(f"[{number}/{len(recordings)}] {recording.name} ({clip.rig}): {len(clip.poses)} frames{note}")
    if not clips:
        raise MotionDataError(f"None of the {failed} recordings in {folder} can be read.", "See the lines above.")
    splits = [split_of(clip.recording.subject, val_subjects, test_subjects) for clip in clips]
    with whole_file(output) as partial, partial.open("wb") as file:
        np.savez_compressed(file, **motion_arrays(clips, splits))
    report(_summary(clips, splits, failed, output))


def read_recording(
    recording: Recording, skeletons: dict[Path, AsfSkeleton], frame_rate_hz: float | None = None
) -> SourceClip:
    """Return a recording on its own skeleton; skeletons that were read before are taken from `skeletons`."""
    rate = frame_rate_hz or recording.frame_rate_hz
    if recording.path.suffix.lower() == ".bvh":
        return load_bvh_clip(recording.path, rate)
    skeleton = skeleton_of(recording)
    if skeleton not in skeletons:
        skeletons[skeleton] = load_asf(skeleton)
    return load_amc(recording.path, skeletons[skeleton], rate or CMU_FRAME_RATE_HZ)


def prepare_clip(source: SourceClip, recording: Recording) -> PreparedClip:
    """Return a recording on SMPL's joints at 30 Hz."""
    motion = transfer(source)
    times = source_times(source.frame_count, source.frame_rate_hz, FRAME_RATE_HZ)
    rotmat = sample_rotations(motion.rotmat, times)
    pelvis = sample_positions(motion.pelvis, times)
    return PreparedClip(
        recording=recording,
        rig=source.rig,
        poses=rotmat_to_rotvec(rotmat).astype(np.float32),
        pelvis=pelvis.astype(np.float32),
        valid=valid_frames(rotmat),
        floor_y=floor_height_m(rotmat, pelvis),
        limb_error_deg=motion.limb_error_deg,
    )


def valid_frames(rotmat: FloatArray) -> NDArray[np.bool_]:
    """Return (T,): false within two frames of a jump of a joint other than feet, wrists and hands.

    Args:
        rotmat: (T, 24, 3, 3) local rotations at 30 Hz.
    """
    core = [joint for joint, name in enumerate(JOINT_NAMES) if not name.endswith(_NOISY_ENDS)]
    turns = np.swapaxes(rotmat[:-1, core], -1, -2) @ rotmat[1:, core]
    angles_deg = np.rad2deg(np.linalg.norm(rotmat_to_rotvec(turns), axis=-1))
    valid = np.ones(len(rotmat), bool)
    for frame in np.flatnonzero((angles_deg > JUMP_DEG).any(axis=1)) + 1:
        valid[max(frame - _FRAMES_AROUND_JUMP, 0) : frame + _FRAMES_AROUND_JUMP] = False
    return valid


def floor_height_m(rotmat: FloatArray, pelvis: FloatArray) -> float:
    """Return the height that the lower foot almost never goes below, on the generic skeleton."""
    positions = forward_kinematics(rotmat, pelvis)
    lowest = positions[:, _FOOT_JOINTS, 1].min(axis=1)
    return float(np.percentile(lowest, _FLOOR_PERCENTILE))


def forward_kinematics(rotmat: FloatArray, pelvis: FloatArray) -> FloatArray:
    """Return joint positions (T, 24, 3), metres, of the generic skeleton.

    Args:
        rotmat: (T, 24, 3, 3) local rotations.
        pelvis: (T, 3) metres.
    """
    global_rotmat, positions = [rotmat[:, 0]], [pelvis]
    for joint, parent in enumerate(PARENTS[1:], start=1):
        positions.append(positions[parent] + global_rotmat[parent] @ OFFSETS_M[joint])
        global_rotmat.append(global_rotmat[parent] @ rotmat[:, joint])
    return np.stack(positions, axis=1)


def motion_arrays(clips: list[PreparedClip], splits: list[str]) -> dict[str, Any]:
    """Return the motion file's arrays."""
    lengths = np.array([len(clip.poses) for clip in clips], np.int64)
    return {
        "poses": np.concatenate([clip.poses for clip in clips]),
        "trans": np.concatenate([clip.pelvis for clip in clips]),
        "valid": np.concatenate([clip.valid for clip in clips]),
        "clip_name": np.array([clip.recording.name for clip in clips]),
        "clip_subject": np.array([clip.recording.subject for clip in clips], np.int32),
        "clip_desc": np.array([clip.recording.description for clip in clips]),
        "clip_start": np.concatenate([[0], np.cumsum(lengths)[:-1]]),
        "clip_len": lengths,
        "clip_split": np.array(splits),
        "clip_rig": np.array([clip.rig for clip in clips]),
        "clip_floor_y": np.array([clip.floor_y for clip in clips], np.float32),
        "clip_limb_error_deg": np.array([clip.limb_error_deg for clip in clips], np.float32),
        "fps": np.float32(FRAME_RATE_HZ),
        "joint_names": np.array(JOINT_NAMES),
        "parents": np.array(PARENTS, np.int64),
        "offsets": OFFSETS_M.astype(np.float32),
        "up_axis": np.array("Y"),
        "licence": np.array(LICENCE),
    }


def _summary(clips: list[PreparedClip], splits: list[str], failed: int, output: Path) -> str:
    minutes = dict.fromkeys(("train", "val", "test"), 0.0)
    for clip, split in zip(clips, splits, strict=True):
        minutes[split] += len(clip.poses) / FRAME_RATE_HZ / 60
    parts = ", ".join(f"{split} {length:.1f} min" for split, length in minutes.items())
    empty = [split for split in ("train", "val") if not minutes[split]]
    advice = f" No subject fell to {' and '.join(empty)}: choose with --val-subjects." if empty else ""
    left_out = f", {failed} left out" if failed else ""
    return f"{output}: {len(clips)} clips{left_out}; {parts}.{advice}"
