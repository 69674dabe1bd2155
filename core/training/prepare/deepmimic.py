"""`python -m core prepare deepmimic SOURCE`: DeepMimic's humanoid clips into the motion file that the trainer reads.

They hold what CMU's lack: getting up, rolling, crawling, flips and kicks. The layout is that of cmu_prepare.py's file.
"""

import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from ...errors import MotionDataError
from ...whole_file import whole_file
from .cmu_folder import Recording
from .cmu_prepare import FRAME_RATE_HZ, PreparedClip, motion_arrays, prepare_clip
from .cycles import repeat_clip
from .deepmimic_clip import humanoid_clip, read_humanoid_motion

LICENCE: Final = (
    "Humanoid motion clips of DeepMimic (Xue Bin Peng and others), MIT licence, as they come with the PyBullet "
    "package, zlib licence, and that package's walker clips."
)

VAL_CLIPS: Final = frozenset({"getup_facedown", "spinkick", "dance_b", "punch"})
FIRST_SUBJECT: Final = 2000
"""Each clip counts as a subject of its own, from this number on."""

_PREFIX: Final = "humanoid3d_"
_WALKER_FOLDER: Final = "walker"


def prepare_deepmimic(source: Path, output: Path, report: Callable[[str], None]) -> None:
    """Convert all clips of the humanoid and write the motion file, whole or not at all.

    Args:
        source: the PyBullet package's wheel, or a folder that holds `humanoid3d_*.txt` at any depth.
        output: the .npz to write.
        report: takes one sentence at a time.
    Raises:
        MotionDataError: the source is missing or holds no clip, or a clip is damaged.
    """
    clips = []
    for number, (name, text) in enumerate(sorted(find_clips(source).items())):
        clips.append(prepare_humanoid_clip(name, text, FIRST_SUBJECT + number))
        report(f"{name}: {len(clips[-1].poses)} frames, limbs {clips[-1].limb_error_deg:.2f} deg off")
    splits = ["val" if clip.recording.name in VAL_CLIPS else "train" for clip in clips]
    with whole_file(output) as partial, partial.open("wb") as file:
        np.savez_compressed(file, **{**motion_arrays(clips, splits), "licence": np.array(LICENCE)})
    report(f"{output}: {len(clips)} clips, {sum(len(clip.poses) for clip in clips) / FRAME_RATE_HZ:.0f} s")


def prepare_humanoid_clip(name: str, text: str, subject: int) -> PreparedClip:
    """Return one clip on SMPL's joints at 30 Hz, its floor at height 0."""
    motion = read_humanoid_motion(text, name, FRAME_RATE_HZ)
    recording = Recording(Path(name), name, subject, name.replace("_", " "), FRAME_RATE_HZ)
    clip = prepare_clip(humanoid_clip(motion, FRAME_RATE_HZ), recording)
    pelvis = clip.pelvis - np.array([0.0, clip.floor_y, 0.0], np.float32)
    # The files hold no defects; what turns fast in them is a kick or a flip.
    clip = replace(clip, pelvis=pelvis, floor_y=0.0, valid=np.ones(len(pelvis), bool))
    # Most cycles last a second or two, which no training window fits into.
    return repeat_clip(clip) if motion.is_cyclic else clip


def find_clips(source: Path) -> dict[str, str]:
    """Return the text of each humanoid clip by its short name, such as `spinkick`.

    Raises:
        MotionDataError: the source is missing or holds none.
    """
    if source.is_dir():
        found = {path.as_posix(): path for path in sorted(source.rglob("*.txt"))}
        clips = {name: found[path].read_text("utf-8") for path in found if (name := _clip_name(path))}
    else:
        clips = _clips_of_wheel(source)
    if not clips:
        raise MotionDataError(f"{source} holds no {_PREFIX}*.txt.", "Give PyBullet's wheel, or DeepMimic's motions.")
    return clips


def _clips_of_wheel(wheel: Path) -> dict[str, str]:
    try:
        with zipfile.ZipFile(wheel) as archive:
            return {
                name: archive.read(path).decode("utf-8")
                for path in sorted(archive.namelist())
                if (name := _clip_name(path))
            }
    except FileNotFoundError as error:
        raise MotionDataError(f"{wheel} does not exist.", "Give PyBullet's wheel, or DeepMimic's motions.") from error
    except (OSError, zipfile.BadZipFile) as error:
        raise MotionDataError(f"{wheel} is no wheel, or it is damaged.") from error


def _clip_name(path: str) -> str | None:
    """Return a clip's short name, or None for any other file."""
    *folders, name = path.split("/")
    if not name.endswith(".txt"):
        return None
    if name.startswith(_PREFIX):
        # DeepMimic's training arguments are called after the clips, too.
        return None if name.endswith("_args.txt") else name[len(_PREFIX) : -len(".txt")]
    is_walker = folders[-1:] == [_WALKER_FOLDER] and folders[-2:-1] == ["motions"]
    return f"walker_{name[: -len('.txt')].lstrip('0')}" if is_walker else None
