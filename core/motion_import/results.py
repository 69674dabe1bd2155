"""Result files of other estimators: VIBE, PARE, WHAM, GVHMR and 4D-Humans (PHALP). Mappings in, people out.

Sources of the layouts: what each project's demo writes. VIBE and PARE: {person: {pose, betas, orig_cam, pred_cam,
bboxes, frame_ids}}. WHAM: {person: {pose_world, trans_world, pose, trans, betas, frame_ids}}, world with y up.
GVHMR: {smpl_params_global, smpl_params_incam, K_fullimg}, world with y up. PHALP: {frame: {tid, smpl, camera, size}}.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..errors import MotionDataError
from ..focal_length import choose_focal_length_px
from ..rotations import rotvec_to_rotmat
from ..skeleton import JOINT_COUNT
from .imported import FloatArray, ImportedPerson, Lens, mean_betas
from .smpl_arrays import is_smpl_arrays, read_smpl_arrays

GVHMR_RATE_HZ: Final = 30.0
"""GVHMR writes its copy of every video at this rate."""

PHALP_FOCAL_LENGTH_PX: Final = 5000.0


def read_result(content: Any, path: Path) -> list[ImportedPerson]:
    """Return the people of a result file, those with most frames first.

    Raises:
        MotionDataError: none of the known layouts, or one with something missing.
    """
    if isinstance(content, Mapping):
        values = [value for value in content.values() if isinstance(value, Mapping)]
        if "smpl_params_global" in content:
            return [_read_gvhmr(content, path)]
        if is_smpl_arrays(content):
            return [read_smpl_arrays(content, path)]
        if values and all({"smpl", "tid"} <= set(value) for value in values):
            return _read_phalp(content, path)
        if values and all("pose" in value for value in values):
            return _by_length([_read_person(value, path) for value in values])
    raise MotionDataError(
        f"{path} is none of the results that can be imported.",
        "These are AMASS, SMPL-X, VIBE, PARE, WHAM, GVHMR and 4D-Humans files, and BVH.",
    )


def _by_length(people: list[ImportedPerson]) -> list[ImportedPerson]:
    return sorted(people, key=lambda person: -len(person.rotmat))


def _read_person(result: Mapping[str, Any], path: Path) -> ImportedPerson:
    if "trans_world" in result:
        return _read_wham(result)
    needed = ("orig_cam", "pred_cam", "bboxes")
    missing = [name for name in needed if result.get(name) is None]
    if missing:
        raise MotionDataError(f"{path} does not say where the body is: it lacks {', '.join(missing)}.")
    return _read_weak_perspective(result)


def _read_wham(result: Mapping[str, Any]) -> ImportedPerson:
    return ImportedPerson(
        source="WHAM",
        rotmat=_rotmat(result["pose_world"], "WHAM"),
        place=np.asarray(result["trans_world"], np.float64),
        axes="world_y_up",
        betas=mean_betas(result.get("betas", np.zeros(10))),
        frame_ids=_frame_ids(result),
    )


def _read_weak_perspective(result: Mapping[str, Any]) -> ImportedPerson:
    """Return a person of VIBE or PARE; its weak camera becomes a place before a lens of usual length."""
    orig_cam, crop_cam, bboxes = (np.asarray(result[name], np.float64) for name in ("orig_cam", "pred_cam", "bboxes"))
    scale_x, scale_y, shift_x, shift_y = orig_cam.T
    # The picture's size is not in the file, but its share of the box's is.
    width = float(np.median(crop_cam[:, 0] * bboxes[:, 2] / scale_x))
    height = float(np.median(crop_cam[:, 0] * bboxes[:, 2] / scale_y))
    size = (max(1, round(width)), max(1, round(height)))
    focal_length_px = choose_focal_length_px(size)[0]
    depth = 2.0 * focal_length_px / (scale_x * width)
    pose = np.asarray(result["pose"])
    source = "PARE" if pose.ndim == 4 else "VIBE"
    return ImportedPerson(
        source=source,
        rotmat=_rotmat(pose, source),
        place=np.stack([shift_x, shift_y, depth], axis=1),
        axes="camera",
        betas=mean_betas(result.get("betas", np.zeros(10))),
        frame_ids=_frame_ids(result),
        lens=Lens(focal_length_px, size),
    )


def _read_gvhmr(content: Mapping[str, Any], path: Path) -> ImportedPerson:
    params = content["smpl_params_global"]
    names = ("global_orient", "body_pose", "transl", "betas")
    if not isinstance(params, Mapping) or any(name not in params for name in names):
        raise MotionDataError(f"{path} is a GVHMR result without its {', '.join(names)}.")
    person = read_smpl_arrays({**params, "fps": GVHMR_RATE_HZ}, path)
    return ImportedPerson("GVHMR", person.rotmat, person.place, "world_y_up", person.betas, rate_hz=GVHMR_RATE_HZ)


def _read_phalp(content: Mapping[str, Any], path: Path) -> list[ImportedPerson]:
    """Return 4D-Humans' people: each track's frames, in the order of the file's frame names."""
    rows: dict[int, list[tuple[int, Mapping[str, Any], Any]]] = {}
    size = None
    for number, name in enumerate(sorted(content)):
        frame = content[name]
        sizes = frame.get("size", [])
        size = size or ((int(sizes[0][1]), int(sizes[0][0])) if len(sizes) else None)
        # A track that was not seen in this frame stands there with what it was last seen with.
        seen = {int(track) for track in frame.get("tracked_ids", frame["tid"])}
        for track, smpl, camera in zip(frame["tid"], frame["smpl"], frame["camera"], strict=False):
            if int(track) in seen:
                rows.setdefault(int(track), []).append((number, smpl, camera))
    if not rows or size is None:
        raise MotionDataError(f"{path} is a 4D-Humans result in which nobody was tracked.")
    return _by_length([_phalp_person(track_rows, size) for track_rows in rows.values()])


def _phalp_person(rows: list[tuple[int, Mapping[str, Any], Any]], size: tuple[int, int]) -> ImportedPerson:
    rotmat = np.stack([_phalp_rotmat(smpl) for _, smpl, _ in rows])
    camera = np.stack([np.asarray(place, np.float64).reshape(3) for _, _, place in rows])
    focal_length_px = choose_focal_length_px(size)[0]
    # Its lens is very long; with a usual one the body stands nearer and looks the same.
    camera[:, 2] *= focal_length_px / PHALP_FOCAL_LENGTH_PX
    return ImportedPerson(
        source="4D-Humans",
        rotmat=rotmat,
        place=camera,
        axes="camera",
        betas=mean_betas(np.stack([np.asarray(smpl["betas"], np.float64).reshape(-1) for _, smpl, _ in rows])),
        frame_ids=np.array([number for number, _, _ in rows], np.int64),
        lens=Lens(focal_length_px, size),
    )


def _phalp_rotmat(smpl: Mapping[str, Any]) -> FloatArray:
    root, body = (np.asarray(smpl[name], np.float64).reshape(-1, 3, 3) for name in ("global_orient", "body_pose"))
    return np.concatenate([root, body])


def _rotmat(pose: Any, source: str) -> FloatArray:
    """Return local rotations (T, 24, 3, 3) of axis-angle (T, 72) or matrices."""
    array = np.asarray(pose, np.float64)
    if array.ndim == 4:
        return array
    if array.ndim != 2 or array.shape[1] != 3 * JOINT_COUNT:
        raise MotionDataError(f"The {source} file's pose has the shape {array.shape}, not (T, 72).")
    return rotvec_to_rotmat(array.reshape(-1, JOINT_COUNT, 3))


def _frame_ids(result: Mapping[str, Any]) -> Any:
    ids = result.get("frame_ids")
    return None if ids is None else np.asarray(ids).astype(np.int64).reshape(-1)
