"""Loads the user's own SMPL file (npz, or pkl from any year) as a `BodyFile`, running nothing that the file contains.

Old SMPL files are Python 2 pickles that hold arrays of the `chumpy` package. They are read here without chumpy: the
unpickler knows numpy's array constructors and turns every chumpy or scipy object into an inert record of its fields.
Any other name in the pickle ends the reading. SMPL's pose-dependent corrections
(`posedirs`) are for training and evaluation alone; they are read apart.
"""

import os
import pickle
import re
import struct
import zipfile
from collections import OrderedDict
from collections.abc import Collection
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray

from .array_archive import ArchiveError, read_arrays
from .body_file import BodyFile
from .errors import BodyFileError, reason_of
from .skeleton import BETA_COUNT, JOINT_COUNT, JOINT_NAMES, LANDMARK_COUNT, LANDMARK_NAMES, PARENTS

NEEDED_KEYS: Final = {"v_template": 2, "shapedirs": 3, "J_regressor": 2, "weights": 2, "f": 2, "kintree_table": 2}
"""What an SMPL file must hold, and how many dimensions each array has."""

VERTICES: Final = {
    "nose": 332, "left_eye": 2800, "right_eye": 6260, "left_ear": 583, "right_ear": 4071,
    "left_thumb_tip": 2746, "left_index_tip": 2319, "left_pinky_tip": 2673,
    "right_thumb_tip": 6191, "right_index_tip": 5782, "right_pinky_tip": 6133,
    "left_big_toe": 3216, "left_heel_skin": 3387, "right_big_toe": 6617, "right_heel_skin": 6787,
}  # fmt: skip
"""Well-known vertices of the SMPL surface."""

_GENDERS: Final = {"n": "neutral", "f": "female", "m": "male"}

HIP_WIDENING: Final = 0.26
"""SMPL's hip joints are 14 cm apart, BlazePose's hips 21: each landmark lies outside by this share of the distance."""

BAD_PICKLE_ERRORS: Final = (
    pickle.UnpicklingError, ArithmeticError, AssertionError, AttributeError, EOFError, ImportError, LookupError,
    MemoryError, RecursionError, struct.error, TypeError, ValueError,
)  # fmt: skip


def load_smpl_file(path: str | os.PathLike[str]) -> BodyFile:
    """Return the SMPL body in `path` (.npz or .pkl) with BlazePose-style landmarks on it.

    Note: gender is what the file itself states, which few do; else what its name says (SMPL_MALE, basicmodel_f, ...)
        or one of the two folders that it lies in (smpl/male/model.pkl); else it is neutral.
    Raises: BodyFileError when the file is missing, unsafe, damaged, or not an SMPL body with 24 joints.
    """
    file = Path(path)
    if not file.is_file():
        raise BodyFileError(f"The SMPL file {file} does not exist.", "Download it from the SMPL website first.")
    content = _read_content(file, NEEDED_KEYS)
    missing = [key for key in NEEDED_KEYS if key not in content]
    if missing:
        raise BodyFileError(f"{file} is not an SMPL body: it lacks {', '.join(missing)}.")
    try:
        arrays = {key: _as_array(content[key]) for key in NEEDED_KEYS}
    except BAD_PICKLE_ERRORS as error:
        raise BodyFileError(f"{file} holds damaged arrays ({reason_of(error)}).") from error
    return body_from_arrays(file, arrays, _stated_gender(file, content) or _gender_from_name(file))


def load_pose_corrections(path: str | os.PathLike[str]) -> NDArray[np.float32] | None:
    """Return SMPL's pose-dependent corrections `posedirs` (V, 3, 207), metres; None where the file has none.

    Note: published numbers are of bodies with them; the estimator at run time poses without.
    Raises: BodyFileError as `load_smpl_file`.
    """
    file = Path(path)
    content = _read_content(file, ("posedirs",))
    if "posedirs" not in content:
        return None
    try:
        corrections = _as_array(content["posedirs"])
    except BAD_PICKLE_ERRORS as error:
        raise BodyFileError(f"{file} holds damaged arrays ({reason_of(error)}).") from error
    if corrections.ndim != 3 or corrections.shape[1:] != (3, 9 * (JOINT_COUNT - 1)):
        raise BodyFileError(f"The posedirs of {file} have the shape {corrections.shape}, not (V, 3, 207).")
    return np.ascontiguousarray(corrections, np.float32)


def body_from_arrays(file: Path, arrays: dict[str, NDArray[Any]], gender: str = "neutral") -> BodyFile:
    """Return the SMPL body of the arrays `NEEDED_KEYS` that came from `file`; BodyFileError when they are none."""
    for key, dimensions in NEEDED_KEYS.items():
        if arrays[key].ndim != dimensions:
            raise BodyFileError(f"{file} is no SMPL body: its {key} has the shape {arrays[key].shape}.")
    joint_count = arrays["kintree_table"].shape[-1]
    if joint_count != JOINT_COUNT:
        raise BodyFileError(
            f"{file} has {joint_count} joints; an SMPL body has {JOINT_COUNT}.", "SMPL-H and SMPL-X files do not fit."
        )
    # The root's parent is stored as 2**32 - 1 in some files, -1 in others.
    if tuple(int(parent) for parent in arrays["kintree_table"][0][1:]) != PARENTS[1:]:
        raise BodyFileError(f"The joints of {file} hang together in another way than SMPL's.")
    if len(arrays["v_template"]) <= max(VERTICES.values()):
        raise BodyFileError(f"{file} has {len(arrays['v_template'])} vertices; an SMPL body has 6890.")
    if arrays["shapedirs"].ndim != 3 or arrays["shapedirs"].shape[2] < BETA_COUNT:
        raise BodyFileError(f"{file} has fewer than {BETA_COUNT} shape directions.")
    joint_weights, vertex_ids, vertex_weights = _landmarks()
    return BodyFile(
        name="smpl",
        gender=gender,
        v_template=arrays["v_template"].astype(np.float32),
        shapedirs=np.ascontiguousarray(arrays["shapedirs"][:, :, :BETA_COUNT], np.float32),
        joint_regressor=arrays["J_regressor"].astype(np.float32),
        lbs_weights=arrays["weights"].astype(np.float32),
        faces=arrays["f"].astype(np.int32),
        uv=None,
        landmark_joint_weights=joint_weights,
        landmark_vertex_ids=vertex_ids,
        landmark_vertex_weights=vertex_weights,
    )


def _gender_from_name(file: Path) -> str:
    """Return the gender that the file's name states, or else the folder it lies in, or that one's; neutral for none.

    Note: single letters count in the file's name alone; folders are called `m` or `f` for other reasons.
    """
    stem, *folders = [
        set(re.split(r"[^a-z]+", re.sub(r"smpl[hx]?|model|basic", " ", name.lower())))
        for name in (file.stem, *(folder.name for folder in list(file.absolute().parents)[:2]))
    ]
    letters = {_GENDERS[word] for word in stem & _GENDERS.keys()}
    for words in (stem, letters, *folders):
        # A name with two of them, such as male_and_female, says nothing.
        genders = words & set(_GENDERS.values())
        if len(genders) == 1:
            return genders.pop()
    return "neutral"


def _stated_gender(file: Path, content: dict[str, Any]) -> str | None:
    """Return the gender that a file states under the key `gender`; None where it states none of the three."""
    if zipfile.is_zipfile(file):
        try:
            content = _read_npz(file, ("gender",))
        except BodyFileError:
            # It holds an object, which is never unpickled; the name is left to tell.
            return None
    value = content.get("gender")
    item = value.item() if isinstance(value, np.generic | np.ndarray) and value.size == 1 else value
    text = item.decode("latin1") if isinstance(item, bytes) else item
    if not isinstance(text, str):
        return None
    # Some files hold the text of a Python bytes object.
    name = text.strip().lower().removeprefix("b'").strip("'\" ")
    return _GENDERS.get(name, name if name in _GENDERS.values() else None)


def _landmark_mixes() -> dict[str, dict[str, float]]:
    """Return each landmark as weights of joints and `VERTICES`.

    Note: eye corners, mouth and knuckles have no agreed vertex on SMPL. They are set off from the eyes, nose, ears and
    finger tips in the proportions of the open body's face and hand.
    """
    mixes: dict[str, dict[str, float]] = {"nose": {"nose": 1.0}}
    for side, other in (("left_", "right_"), ("right_", "left_")):
        mixes |= {
            side + "eye_inner": {side + "eye": 0.79, other + "eye": 0.21},
            side + "eye": {side + "eye": 1.0},
            side + "eye_outer": {side + "eye": 1.22, other + "eye": -0.22},
            side + "ear": {side + "ear": 1.0},
            # nose + 0.43 (this eye - other eye) + 0.79 (nose - mid-eye) + 0.45 (mid-ear - mid-eye)
            "mouth_" + side[:-1]: {
                "nose": 1.79, side + "eye": -0.19, other + "eye": -1.05, side + "ear": 0.225, other + "ear": 0.225,
            },
            side + "pinky": {side + "hand": 1.0, side + "pinky_tip": 0.28, side + "index_tip": -0.28},
            side + "index": {side + "hand": 1.0, side + "index_tip": 0.28, side + "pinky_tip": -0.28},
            side + "thumb": {side + "wrist": 0.73, side + "thumb_tip": 0.27},
            side + "hip": {side + "hip": 1.0 + HIP_WIDENING, other + "hip": -HIP_WIDENING},
            side + "heel": {side + "heel_skin": 1.0},
            side + "foot_index": {side + "big_toe": 1.0},
        }  # fmt: skip
        mixes |= {side + name: {side + name: 1.0} for name in ("shoulder", "elbow", "wrist", "knee", "ankle")}
    return mixes


def _landmarks() -> tuple[NDArray[np.float32], NDArray[np.int32], NDArray[np.float32]]:
    """Return joint weights (33, 24), vertex ids (K,) and vertex weights (33, K) of SMPL's landmarks."""
    names = list(VERTICES)
    joint_weights = np.zeros((LANDMARK_COUNT, JOINT_COUNT), np.float32)
    vertex_weights = np.zeros((LANDMARK_COUNT, len(names)), np.float32)
    for landmark, mix in _landmark_mixes().items():
        row = LANDMARK_NAMES.index(landmark)
        for source, weight in mix.items():
            if source in VERTICES:
                vertex_weights[row, names.index(source)] = weight
            else:
                joint_weights[row, JOINT_NAMES.index(source)] = weight
    return joint_weights, np.array(list(VERTICES.values()), np.int32), vertex_weights


def _read_content(file: Path, keys: Collection[str]) -> dict[str, Any]:
    """Return what an SMPL file holds; of an npz only the keys."""
    return _read_npz(file, keys) if zipfile.is_zipfile(file) else _read_pickle(file)


def _read_npz(file: Path, keys: Collection[str]) -> dict[str, Any]:
    try:
        return read_arrays(file, keys)
    except (ArchiveError, OSError) as error:
        raise BodyFileError(f"{file} cannot be read as an SMPL npz ({reason_of(error)}).") from error


def _read_pickle(file: Path) -> dict[str, Any]:
    try:
        with file.open("rb") as stream:
            content = _ArrayUnpickler(stream).load()
    except OSError as error:
        raise BodyFileError(f"{file} cannot be read ({error.strerror}).") from error
    except BAD_PICKLE_ERRORS as error:
        raise BodyFileError(f"{file} is not an SMPL pickle ({reason_of(error)}).") from error
    if not isinstance(content, dict):
        raise BodyFileError(f"{file} is not an SMPL body: it holds no table of arrays.")
    return {str(key): value for key, value in content.items()}


class _InertRecord:
    """Stands in for an object of a foreign class: keeps the fields it was stored with and can do nothing."""

    def __new__(cls, *_args: object, **_kwargs: object) -> "_InertRecord":
        record = super().__new__(cls)
        record.fields = {}
        return record

    fields: dict[str, Any]

    def __setstate__(self, state: object) -> None:
        # With slots a state is (fields, slot fields).
        parts = state if isinstance(state, tuple) else (state,)
        self.fields = {str(key): value for part in parts if isinstance(part, dict) for key, value in part.items()}


def _latin1_bytes(text: str, encoding: str = "latin1") -> bytes:
    """Stand in for `_codecs.encode`, which Python 3 writes into old-protocol pickles to store bytes."""
    if encoding not in {"latin1", "latin-1"}:
        raise pickle.UnpicklingError(f"the encoding {encoding} is not expected in a body file")
    return text.encode("latin1")


def _reconstruct_record(kind: type, *_base: object) -> _InertRecord:
    """Stand in for `copy_reg._reconstructor` of protocols 0 and 1."""
    if not issubclass(kind, _InertRecord):
        raise pickle.UnpicklingError(f"{kind.__name__} is not expected in a body file")
    return kind()


def _empty_array(*_arguments: object) -> NDArray[Any]:
    """Stand in for numpy's `_reconstruct`: an array that the pickle's next step fills."""
    return np.ndarray((0,), np.int8)


def _array_from_bytes(buffer: Any, dtype: Any, shape: tuple[int, ...], order: Any) -> NDArray[Any]:
    """Stand in for numpy's `_frombuffer` of protocol 5."""
    return np.frombuffer(buffer, np.dtype(dtype)).reshape(shape, order=order)


def _scalar(dtype: Any, data: bytes | str) -> Any:
    """Stand in for numpy's `scalar`; Python 2 stored the bytes as text."""
    content = data.encode("latin1") if isinstance(data, str) else data
    return np.frombuffer(content, np.dtype(dtype))[0]


def _allowed_names() -> dict[tuple[str, str], Any]:
    """Return what a body pickle may name: array constructors and records."""
    names: dict[tuple[str, str], Any] = {
        ("numpy", "ndarray"): _InertRecord,
        ("numpy", "dtype"): np.dtype,
        ("_codecs", "encode"): _latin1_bytes,
        ("collections", "OrderedDict"): OrderedDict,
        ("__builtin__", "object"): _InertRecord,
        ("builtins", "object"): _InertRecord,
        ("copy_reg", "_reconstructor"): _reconstruct_record,
        ("copyreg", "_reconstructor"): _reconstruct_record,
    }
    for core_name in ("numpy.core", "numpy._core"):
        names[f"{core_name}.multiarray", "_reconstruct"] = _empty_array
        names[f"{core_name}.multiarray", "scalar"] = _scalar
        names[f"{core_name}.numeric", "_frombuffer"] = _array_from_bytes
    return names


class _ArrayUnpickler(pickle.Unpickler):
    """Unpickles arrays and records; every other name in the file is refused."""

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__(stream, encoding="latin1")
        self._allowed = _allowed_names()

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        if (module_name, global_name) in self._allowed:
            return self._allowed[module_name, global_name]
        if f"{module_name}.".startswith(("chumpy.", "scipy.sparse.")):
            return type(global_name, (_InertRecord,), {"__module__": module_name})
        raise pickle.UnpicklingError(f"it names {module_name}.{global_name}, which a body file has no use for")


def _as_array(value: object) -> NDArray[Any]:
    """Return a plain numeric array from an array, a chumpy record or a sparse matrix record."""
    if not isinstance(value, _InertRecord):
        array = np.asarray(value)
        if array.dtype.kind not in "fiu":
            raise ValueError(f"numbers expected, not {array.dtype}")
        return array
    fields = value.fields
    if "x" in fields:  # chumpy.Ch
        return _as_array(fields["x"])
    if "a" in fields and "idxs" in fields:  # chumpy's Select: elements of another array
        chosen = _as_array(fields["a"]).ravel()[_as_array(fields["idxs"])]
        return np.reshape(chosen, fields.get("preferred_shape", chosen.shape))
    if "data" in fields:
        return _dense(type(value).__name__, fields)
    raise ValueError(f"an object of class {type(value).__name__} cannot be turned into an array")


def _dense(kind: str, fields: dict[str, Any]) -> NDArray[Any]:
    """Return the dense form of a scipy csc, csr or coo matrix from its stored fields."""
    shape = tuple(int(size) for size in fields.get("_shape", fields.get("shape", ())))
    data = _as_array(fields["data"])
    if len(shape) != 2:
        raise ValueError("a sparse matrix without a shape")
    if "indptr" in fields:
        inner = _as_array(fields["indices"])
        outer = np.repeat(np.arange(len(fields["indptr"]) - 1), np.diff(_as_array(fields["indptr"])))
        rows, columns = (outer, inner) if kind.startswith("csr") else (inner, outer)
    elif "coords" in fields:
        rows, columns = (_as_array(ids) for ids in fields["coords"])
    else:
        rows, columns = _as_array(fields["row"]), _as_array(fields["col"])
    dense = np.zeros(shape, data.dtype)
    np.add.at(dense, (rows, columns), data)
    return dense
