"""The body file: a skinned body in SMPL layout with its 33 landmarks, stored compactly as an npz.

Read by the core and by the add-on. Holds data only; posing is `body_model`'s work.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .array_archive import read_arrays
from .errors import BodyFileError, reason_of

JOINTS: Final = 24
BETAS: Final = 10
LANDMARKS: Final = 33
LENGTH_STEP_M: Final = 5e-5
"""Template vertices are stored as whole multiples of this: 0.05 mm."""
UINT16_MAX: Final = 65535
INT16_MAX: Final = 32767


@dataclass(frozen=True)
class BodyFile:
    """A body in SMPL layout, T-pose rest facing +Z, Y up, +X the subject's left, metres.

    v_template: (V, 3). shapedirs: (V, 3, 10), metres per unit of beta. joint_regressor: (24, V).
    lbs_weights: (V, 24), rows sum to 1. faces: (F, 3) int32. uv: (F, 3, 2) per face corner, or None.
    Landmark l = landmark_joint_weights[l] @ joints + landmark_vertex_weights[l] @ vertices[landmark_vertex_ids];
    the two rows sum to 1 together. landmark_joint_weights: (33, 24). landmark_vertex_ids: (K,) int32.
    landmark_vertex_weights: (33, K).
    """

    name: str
    gender: str
    v_template: NDArray[np.float32]
    shapedirs: NDArray[np.float32]
    joint_regressor: NDArray[np.float32]
    lbs_weights: NDArray[np.float32]
    faces: NDArray[np.int32]
    uv: NDArray[np.float32] | None
    landmark_joint_weights: NDArray[np.float32]
    landmark_vertex_ids: NDArray[np.int32]
    landmark_vertex_weights: NDArray[np.float32]

    def __post_init__(self) -> None:
        """Check that the arrays fit each other. Raises: BodyFileError."""
        vertex_count, landmark_vertex_count = len(self.v_template), len(self.landmark_vertex_ids)
        expected = {
            "v_template": (vertex_count, 3),
            "shapedirs": (vertex_count, 3, BETAS),
            "joint_regressor": (JOINTS, vertex_count),
            "lbs_weights": (vertex_count, JOINTS),
            "faces": (len(self.faces), 3),
            "landmark_joint_weights": (LANDMARKS, JOINTS),
            "landmark_vertex_weights": (LANDMARKS, landmark_vertex_count),
        }
        for key, shape in expected.items():
            if getattr(self, key).shape != shape:
                raise BodyFileError(f"The body's {key} has shape {getattr(self, key).shape} instead of {shape}.")
        for key in ("faces", "landmark_vertex_ids"):
            ids = getattr(self, key)
            if ids.size and (ids.min() < 0 or ids.max() >= vertex_count):
                raise BodyFileError(f"The body's {key} points to vertices that do not exist.")
        for key in (*expected, "uv"):
            values = getattr(self, key)
            if values is not None and not np.isfinite(values).all():
                raise BodyFileError(f"The body's {key} holds values that are not numbers.")


def open_body_path() -> Path:
    """Return where the bundled open body lies."""
    return Path(__file__).parent / "assets" / "open_body.npz"


def load_body_file(path: str | os.PathLike[str]) -> BodyFile:
    """Return the body stored in an npz written by `save_body_file`.

    Raises: BodyFileError when the file is missing, damaged, or not such a body.
    """
    try:
        return _unpack(read_arrays(Path(path)))
    except FileNotFoundError:
        raise BodyFileError(f"The body file {path} does not exist.") from None
    except (ArithmeticError, AttributeError, LookupError, MemoryError, TypeError, ValueError) as error:
        raise BodyFileError(f"{path} is not a Jointwise body file ({reason_of(error)}).") from error


def save_body_file(path: str | os.PathLike[str], body: BodyFile) -> None:
    """Write a body compactly: int16 lengths, uint16 weights, sparse regressor. The file appears only when whole.

    Note: rounds lengths to 0.05 mm and shape directions to 1/32767 of their largest entry; see `quantise_lengths`.
    """
    target = Path(path)
    partial = target.with_name(target.name + ".partial.npz")
    try:
        np.savez_compressed(partial, **_pack(body))
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def quantise_lengths(
    v_template: NDArray[Any], shapedirs: NDArray[Any]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the template (V, 3) and shape directions (V, 3, 10) as they will read back from the file."""
    template, steps, directions = _length_integers(v_template, shapedirs)
    return (template * np.float32(LENGTH_STEP_M)).astype(np.float32), (directions * steps).astype(np.float32)


def quantise_weights(lbs_weights: NDArray[Any]) -> NDArray[np.float32]:
    """Return skin weights (V, 24) of at most four joints a vertex as they will read back from the file."""
    return _dense_weights(*_sparse_weights(lbs_weights))


def _length_integers(
    v_template: NDArray[Any], shapedirs: NDArray[Any]
) -> tuple[NDArray[np.int16], NDArray[np.float32], NDArray[np.int16]]:
    template = np.round(v_template / LENGTH_STEP_M).astype(np.int16)
    steps = (np.abs(shapedirs).max(axis=(0, 1)) / INT16_MAX).astype(np.float32)
    directions = np.round(shapedirs / np.maximum(steps, 1e-12)).clip(-INT16_MAX, INT16_MAX).astype(np.int16)
    return template, steps, directions


def _sparse_weights(lbs_weights: NDArray[Any]) -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
    """Return joint ids (V, 4) and integer weights (V, 4)."""
    ids = np.argsort(-lbs_weights, axis=1, kind="stable")[:, :4]
    values = np.round(np.take_along_axis(lbs_weights, ids, axis=1) * UINT16_MAX)
    return ids.astype(np.uint8), values.astype(np.uint16)


def _dense_weights(ids: NDArray[np.uint8], values: NDArray[np.uint16]) -> NDArray[np.float32]:
    weights = np.zeros((len(ids), JOINTS), np.float32)
    np.put_along_axis(weights, ids.astype(np.int64), values.astype(np.float32), axis=1)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float32)


def _pack(body: BodyFile) -> dict[str, Any]:
    template, steps, directions = _length_integers(body.v_template, body.shapedirs)
    weight_ids, weight_values = _sparse_weights(body.lbs_weights)
    rows, columns = np.nonzero(body.joint_regressor)
    packed: dict[str, Any] = {
        "name": body.name,
        "gender": body.gender,
        "v_template_steps": template,
        "shapedirs_steps": directions,
        "shapedirs_step": steps,
        "regressor_joint": rows.astype(np.uint8),
        "regressor_vertex": columns.astype(np.uint16),
        "regressor_weight": body.joint_regressor[rows, columns].astype(np.float32),
        "lbs_joint": weight_ids,
        "lbs_weight": weight_values,
        "faces": body.faces.astype(np.uint16),
        "landmark_joint_weights": body.landmark_joint_weights.astype(np.float32),
        "landmark_vertex_ids": body.landmark_vertex_ids.astype(np.uint16),
        "landmark_vertex_weights": body.landmark_vertex_weights.astype(np.float32),
    }
    if body.uv is not None:
        packed["uv"] = np.round(np.clip(body.uv, 0, 1) * UINT16_MAX).astype(np.uint16)
    return packed


def _unpack(packed: dict[str, NDArray[Any]]) -> BodyFile:
    template = packed["v_template_steps"].astype(np.float32) * np.float32(LENGTH_STEP_M)
    regressor = np.zeros((JOINTS, len(template)), np.float32)
    regressor[packed["regressor_joint"], packed["regressor_vertex"]] = packed["regressor_weight"]
    uv = (packed["uv"] / UINT16_MAX).astype(np.float32) if "uv" in packed else None
    return BodyFile(
        name=str(packed["name"]),
        gender=str(packed["gender"]),
        v_template=template,
        shapedirs=packed["shapedirs_steps"] * packed["shapedirs_step"].astype(np.float32),
        joint_regressor=regressor,
        lbs_weights=_dense_weights(packed["lbs_joint"], packed["lbs_weight"]),
        faces=packed["faces"].astype(np.int32),
        uv=uv,
        landmark_joint_weights=packed["landmark_joint_weights"].astype(np.float32),
        landmark_vertex_ids=packed["landmark_vertex_ids"].astype(np.int32),
        landmark_vertex_weights=packed["landmark_vertex_weights"].astype(np.float32),
    )
