"""AMASS: marker-based motion capture as SMPL-H or SMPL-X poses, one npz per recording.

Layout: `<root>/<data set>/<subject>/*_poses.npz` (SMPL-H) or `*_stageii.npz` (SMPL-X), with a shape file per subject.
Only the body's joints are taken: 0..21 are SMPL's, and a hand is the first joint of its index finger, the joint that
stands where SMPL's hand does.
"""

import zipfile
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...errors import MotionDataError
from ...rotations import rotmat_to_rotvec, rotvec_to_rotmat
from ...skeleton import BETA_COUNT
from ..resampling import sample_positions, sample_rotations, source_times
from .folder_checks import require_folder
from .genders import read_gender
from .sequence import Gender, Sequence

FRAME_RATE_HZ: Final = 25.0
"""VIBE's rate."""
MINIMUM_FRAMES: Final = 60
"""VIBE leaves out shorter recordings."""

FOLDER_NAMES: Final = (
    # VIBE's selection, each under its old and its new name.
    ("ACCAD",), ("BioMotionLab_NTroje", "BMLrub"), ("CMU",), ("EKUT",), ("Eyes_Japan_Dataset",), ("HumanEva",),
    ("KIT",), ("MPI_HDM05", "HDM05"), ("MPI_Limits", "PosePrior"), ("MPI_mosh", "MoSh"), ("SFU",),
    ("SSM_synced", "SSM"), ("TCD_handMocap", "TCDHands"), ("TotalCapture",), ("Transitions_mocap", "Transitions"),
)  # fmt: skip

_EXPECTED: Final = "AMASS's folders (ACCAD, CMU, KIT, ...), each with <subject>/*.npz,"
_RATE_KEYS: Final = ("mocap_framerate", "mocap_frame_rate")
_BODY_JOINTS: Final = 22
_HAND_JOINTS: Final = {
    # Joints in all (poses columns / 3): left and right index1.
    52: (22, 37),
    55: (25, 40),
}


def read_amass(
    root: Path,
    *,
    frame_rate_hz: float = FRAME_RATE_HZ,
    minimum_frames: int = MINIMUM_FRAMES,
    data_sets: Collection[str] | None = None,
) -> Iterator[Sequence]:
    """Give all recordings, Z up, resampled; those that are too short are left out.

    Args:
        root: the folder that holds the data sets' folders.
        frame_rate_hz: to resample to.
        minimum_frames: fewer frames than this, after resampling, are too short.
        data_sets: names of folders to read, old or new; None for all of VIBE's that are there.
    Raises:
        MotionDataError: no known folder, a damaged file, or one subject under two genders.
    """
    for folder in _data_set_folders(root, data_sets):
        for subject, files in _files_by_subject(folder):
            yield from _read_subject(root, subject, files, frame_rate_hz, minimum_frames)


def _read_subject(
    root: Path, subject: Path, files: list[Path], frame_rate_hz: float, minimum_frames: int
) -> Iterator[Sequence]:
    """Give the recordings of one subject's folder."""
    known = _gender_of_shape_file(subject)
    for path in files:
        sequence = read_amass_file(path, frame_rate_hz, path.relative_to(root).with_suffix("").as_posix())
        known = known or (sequence.gender, path)
        if sequence.gender != known[0]:
            raise MotionDataError(
                f"{path} belongs to the {sequence.gender} model but {known[1]} to the {known[0]} one; one subject has "
                "one, so two releases may have been unpacked over each other."
            )
        if sequence.frame_count >= minimum_frames:
            yield sequence


def read_amass_file(path: Path, frame_rate_hz: float, name: str) -> Sequence:
    """Return one recording, resampled.

    Raises:
        MotionDataError: damaged, cut off, or not an AMASS recording.
    """
    arrays = _read_npz(path, ("poses", "trans", "betas", "gender", *_RATE_KEYS))
    rate_key = next((key for key in _RATE_KEYS if key in arrays), None)
    missing = [key for key in ("poses", "trans", "betas", "gender") if key not in arrays]
    if rate_key is None:
        missing.append(" or ".join(_RATE_KEYS))
    if missing or rate_key is None:
        raise MotionDataError(f"{path} is not an AMASS recording: it lacks {', '.join(missing)}.")
    source_rate_hz = float(arrays[rate_key])
    if not source_rate_hz > 0:
        raise MotionDataError(f"{path} states the frame rate {source_rate_hz}; a positive one was expected there.")
    poses, trans = _body_poses(path, arrays["poses"]), arrays["trans"].astype(np.float64)
    if len(trans) != len(poses) or not len(poses):
        raise MotionDataError(f"{path} has {len(poses)} poses but {len(trans)} translations.")
    times = source_times(len(poses), source_rate_hz, frame_rate_hz)
    rotvec = rotmat_to_rotvec(sample_rotations(rotvec_to_rotmat(poses), times))
    return Sequence(
        data_set="amass",
        name=name,
        split="train",
        frame_ids=np.arange(len(times)),
        frame_rate_hz=frame_rate_hz,
        axes="world_z_up",
        poses=rotvec.astype(np.float32),
        trans=sample_positions(trans, times).astype(np.float32),
        betas=_betas(path, arrays["betas"]),
        gender=read_gender(arrays["gender"], path),
        has_poses=np.ones(len(times), bool),
    )


def amass_folders(root: Path, data_sets: Collection[str] | None) -> tuple[dict[str, int], tuple[str, ...]]:
    """Return how many recordings each of AMASS's folders holds, and which of VIBE's selection are not there.

    Raises:
        MotionDataError: none is there, or not one that `data_sets` names.
    """
    found = {folder.name: len(_recordings(folder)) for folder in _data_set_folders(root, data_sets)}
    missing = [names[-1] for names in FOLDER_NAMES if not set(names) & set(found)] if data_sets is None else []
    return found, tuple(missing)


def _data_set_folders(root: Path, data_sets: Collection[str] | None) -> list[Path]:
    require_folder(root, _EXPECTED)
    wanted = [names for names in FOLDER_NAMES if data_sets is None or set(names) & set(data_sets)]
    other = [(name,) for name in data_sets or () if not any(name in names for names in FOLDER_NAMES)]
    found = []
    for names in [*wanted, *other]:
        folders = [root / name for name in names if (root / name).is_dir()]
        if not folders and data_sets is not None:
            raise MotionDataError(f"{root / names[0]} does not exist; this part of AMASS was expected there.")
        found += folders[:1]
    if not found:
        raise MotionDataError(f"{root} holds none of {_EXPECTED} which were expected there.")
    return found


def _files_by_subject(folder: Path) -> Iterator[tuple[Path, list[Path]]]:
    """Give each folder that holds recordings, and the recordings; archives differ in how deep they lie."""
    recordings = _recordings(folder)
    if not recordings:
        raise MotionDataError(
            f"{folder} holds no <subject>/*_poses.npz and no *_stageii.npz, which were expected there."
        )
    for subject in sorted({path.parent for path in recordings}):
        yield subject, [path for path in recordings if path.parent == subject]


def _recordings(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*.npz")) if not path.stem.endswith(("shape", "_stagei"))]


def _gender_of_shape_file(subject: Path) -> tuple[Gender, Path] | None:
    """Return the gender that a subject's shape file states: in it (SMPL-H) or in its name (SMPL-X)."""
    for path in sorted(subject.glob("*.npz")):
        if path.stem.endswith("_stagei"):
            return read_gender(path.stem.removesuffix("_stagei"), path), path
        if path.stem.endswith("shape"):
            gender = _read_npz(path, ("gender",)).get("gender")
            return None if gender is None else (read_gender(gender, path), path)
    return None


def _read_npz(path: Path, keys: Collection[str]) -> dict[str, NDArray[Any]]:
    """Return those of the keys that a file holds; never unpickles."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return {key: archive[key] for key in keys if key in archive.files}
    except (OSError, ValueError, EOFError, AttributeError, zipfile.BadZipFile, zlib.error) as error:
        raise MotionDataError(
            f"{path} is damaged or cut off; the archive may not be downloaded completely.", "Download it again."
        ) from error


def _body_poses(path: Path, poses: NDArray[Any]) -> NDArray[np.float64]:
    """Return (F, 24, 3) axis-angle of SMPL's joints out of SMPL-H's 52 or SMPL-X's 55."""
    joint_count = poses.shape[1] // 3 if poses.ndim == 2 else 0
    if joint_count not in _HAND_JOINTS or poses.shape[1] % 3:
        raise MotionDataError(f"{path}: poses has the shape {poses.shape}, not (F, 156) or (F, 165).")
    joints = poses.reshape(len(poses), joint_count, 3).astype(np.float64)
    return joints[:, [*range(_BODY_JOINTS), *_HAND_JOINTS[joint_count]]]


def _betas(path: Path, betas: NDArray[Any]) -> NDArray[np.float32]:
    if betas.ndim != 1 or len(betas) < BETA_COUNT:
        raise MotionDataError(
            f"{path}: betas has the shape {betas.shape}; at least ({BETA_COUNT},) was expected there."
        )
    return betas[:BETA_COUNT].astype(np.float32)
