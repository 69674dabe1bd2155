"""The backbone `onnx`: a user's own per-frame network on crops, its outputs brought to this project's conventions.

Runs on ONNX Runtime; torch is never imported.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .errors import EngineError, OptionError
from .models.onnx_engine import open_session
from .models.weights import file_sha256
from .pare_crops import normalise_crops
from .rotations import rotmat_to_rot6d, rotvec_to_rotmat
from .settings import Device
from .skeleton import BETA_COUNT, JOINT_COUNT, JOINT_NAMES, LANDMARK_COUNT, LANDMARK_NAMES
from .user_network_file import (
    IGNORED,
    ROOT_LANDMARKS,
    ImageInput,
    LandmarkOutput,
    RotationFormat,
    RotationOutput,
    UserNetworkFile,
    read_user_network_file,
)

FloatArray = NDArray[np.floating[Any]]

VALUES_PER_ROTATION: Final[dict[RotationFormat, int]] = {"rotmat": 9, "rot6d": 6, "rot6d_columns": 6, "axis_angle": 3}
CAMERA_SIZE: Final = 3


@dataclass(frozen=True)
class UserNetworkOutput:
    """What a user's network says about N crops; None where it gives no such thing.

    Attributes:
        rot6d: (N, 24, 6) interleaved columns, local rotations, the root's in camera axes.
        landmarks: (N, 33, 3) metres, camera axes, rooted midway between the hips; NaN where the network has none.
        betas: (N, 10).
        weak_camera: (N, 3) scale, t_x, t_y relative to the crop.
    """

    rot6d: NDArray[np.float32] | None
    landmarks: NDArray[np.float32] | None
    betas: NDArray[np.float32] | None
    weak_camera: NDArray[np.float32] | None


class UserNetwork:
    """A user's network, loaded and checked against its description.

    Attributes:
        file: the description.
        crop_side_px, box_scale: which crops it wants, see `core.crop_backbone.CropModel`.
        name, engine, device, weights_sha256: as of any `engine.Network`, for the motion file.
    """

    engine = "onnx"

    def __init__(self, file: UserNetworkFile, session: Any, device: str, device_reason: str = "") -> None:
        self.file, self.device, self.device_reason = file, device, device_reason
        self.name = file.path.stem
        self.crop_side_px, self.box_scale = file.image.side_px, file.image.crop_scale
        self.weights_sha256 = file_sha256(file.path)
        self._session = session
        self._input = _find_input(file, session)
        self._output_names = _find_outputs(file, session)
        # A network that was exported for one crop is asked crop by crop.
        batch = self._input.shape[0] if self._input.shape else None
        self._batch_size = batch if isinstance(batch, int) and batch > 0 else 0

    def run_crops(self, crops: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        """Return the outputs that the network has, by the names of `UserNetworkOutput`; see `run`."""
        output = self.run(crops)
        return {name: values for name, values in vars(output).items() if values is not None}

    def run(self, crops: NDArray[np.uint8]) -> UserNetworkOutput:
        """Return the outputs for RGB crops (N, S, S, 3) with S as the description says, N at least 1.

        Raises:
            EngineError: the network failed, or an output is not finite or has another size than described.
        """
        images = prepare_crops(crops, self.file.image)
        step = self._batch_size or len(images)
        parts = [self._run_batch(images[start : start + step], step) for start in range(0, len(images), step)]
        outputs = {name: np.concatenate([part[name] for part in parts]) for name in self._output_names}
        return read_outputs(outputs, self.file)

    def _run_batch(self, images: NDArray[np.float32], size: int) -> dict[str, NDArray[Any]]:
        # A network for batches of one size gets the last crop again until the batch is full.
        padded = np.concatenate([images, np.repeat(images[-1:], size - len(images), axis=0)])
        try:
            values = self._session.run(self._output_names, {self._input.name: padded})
        except Exception as error:  # its exception classes are private to ONNX Runtime
            reason = str(error).splitlines()[0]
            raise EngineError(f"The network {self.file.path.name} failed: {reason}") from error
        for name, value in zip(self._output_names, values, strict=True):
            if value.ndim < 2 or len(value) != size:
                raise EngineError(f"The output {name} of {self.file.path.name} has no row for each crop.")
        return {name: value[: len(images)] for name, value in zip(self._output_names, values, strict=True)}


def load_user_network(path: Path, device: Device = "auto", threads: int = 2) -> UserNetwork:
    """Open the network that a TOML file describes.

    Raises:
        OptionError: the description is wrong, or names an input or output that the network does not have.
        EngineError: the ONNX file cannot be opened.
    """
    file = read_user_network_file(path)
    session, chosen = open_session(file.path, device, threads, "Export it again, with a supported opset.")
    return UserNetwork(file, session, chosen.device, chosen.reason)


def prepare_crops(crops: NDArray[np.uint8], image: ImageInput) -> NDArray[np.float32]:
    """Return the network's input of RGB crops (N, S, S, 3)."""
    ordered = crops if image.channel_order == "RGB" else crops[..., ::-1]
    images = normalise_crops(ordered, image.mean, image.std)
    return images if image.layout == "NCHW" else np.ascontiguousarray(images.transpose(0, 2, 3, 1))


def read_outputs(outputs: Mapping[str, NDArray[Any]], file: UserNetworkFile) -> UserNetworkOutput:
    """Return the network's outputs (N, ...) in this project's conventions.

    Raises:
        EngineError: one is not finite, or has another size than described.
    """
    for name, values in outputs.items():
        if not np.isfinite(values).all():
            raise EngineError(f"The output {name} of {file.path.name} is not finite.")
    if isinstance(file.output, LandmarkOutput):
        return UserNetworkOutput(None, _read_landmarks(outputs, file.output), None, None)
    return UserNetworkOutput(
        rot6d=_read_rotations(outputs, file.output),
        landmarks=None,
        betas=_read_row(outputs, file.betas, BETA_COUNT),
        weak_camera=_read_row(outputs, file.weak_camera, CAMERA_SIZE),
    )


def _read_rotations(outputs: Mapping[str, NDArray[Any]], output: RotationOutput) -> NDArray[np.float32]:
    size = VALUES_PER_ROTATION[output.format]
    parts = [_split_rows(outputs[name], name, size) for name in output.names]
    entries = _check_count(np.concatenate(parts, axis=1), output.joint_order, output.names)
    rot6d = np.tile(np.array([1, 0, 0, 1, 0, 0], np.float32), (len(entries), JOINT_COUNT, 1))
    converted = _to_rot6d(entries, output.format)
    for position, name in enumerate(output.joint_order):
        if name != IGNORED:
            rot6d[:, JOINT_NAMES.index(name)] = converted[:, position]
    return rot6d


def _to_rot6d(entries: FloatArray, rotation_format: RotationFormat) -> FloatArray:
    """Return (N, J, 6) interleaved of (N, J, values of the format)."""
    if rotation_format == "rotmat":
        return rotmat_to_rot6d(entries.reshape(*entries.shape[:2], 3, 3))
    if rotation_format == "axis_angle":
        return rotmat_to_rot6d(rotvec_to_rotmat(entries))
    if rotation_format == "rot6d_columns":
        columns = entries.reshape(*entries.shape[:2], 2, 3)
        return columns.swapaxes(-1, -2).reshape(entries.shape)
    return entries


def _read_landmarks(outputs: Mapping[str, NDArray[Any]], output: LandmarkOutput) -> NDArray[np.float32]:
    entries = _check_count(_split_rows(outputs[output.name], output.name, 3), output.joint_order, (output.name,))
    metres = entries * (0.001 if output.unit == "mm" else 1.0)
    if output.axes == "y_up":
        metres = metres * np.array([1.0, -1.0, -1.0])
    landmarks = np.full((len(metres), LANDMARK_COUNT, 3), np.nan, np.float32)
    for position, name in enumerate(output.joint_order):
        if name != IGNORED:
            landmarks[:, LANDMARK_NAMES.index(name)] = metres[:, position]
    hips = [LANDMARK_NAMES.index(name) for name in ROOT_LANDMARKS]
    landmarks -= landmarks[:, hips].mean(axis=1, keepdims=True)
    return landmarks


def _split_rows(values: NDArray[Any], name: str, size: int) -> NDArray[np.float32]:
    """Return (N, entries, size) of an output (N, ...)."""
    flat = values.reshape(len(values), -1)
    if flat.shape[1] % size:
        raise EngineError(f"The output {name} has {flat.shape[1]} values a crop, which is no multiple of {size}.")
    return flat.reshape(len(values), -1, size).astype(np.float32)


def _check_count(entries: NDArray[np.float32], order: Sequence[str], names: Sequence[str]) -> NDArray[np.float32]:
    if entries.shape[1] != len(order):
        raise EngineError(
            f"The output {' and '.join(names)} has {entries.shape[1]} joints; joint_order names {len(order)}."
        )
    return entries


def _read_row(outputs: Mapping[str, NDArray[Any]], name: str, size: int) -> NDArray[np.float32] | None:
    """Return the first `size` values of each row of an output that may be absent."""
    if not name:
        return None
    flat = outputs[name].reshape(len(outputs[name]), -1)
    if flat.shape[1] < size:
        raise EngineError(f"The output {name} has {flat.shape[1]} values a crop instead of {size}.")
    return flat[:, :size].astype(np.float32)


def _find_input(file: UserNetworkFile, session: Any) -> Any:
    """Return the ONNX input that takes the crop, checked against the description."""
    inputs = {entry.name: entry for entry in session.get_inputs()}
    name = file.image.name or next(iter(inputs), "")
    if name not in inputs or len(inputs) != 1:
        raise OptionError(
            f"{file.path.name} has the inputs {', '.join(inputs)}; this needs a network with one, the crop.",
            "Name it in the table [input].",
        )
    side = file.image.side_px
    expected = (3, side, side) if file.image.layout == "NCHW" else (side, side, 3)
    shape = inputs[name].shape[1:]
    if len(shape) != 3 or any(
        isinstance(have, int) and have != want for have, want in zip(shape, expected, strict=True)
    ):
        raise OptionError(
            f"The input {name} of {file.path.name} is {shape}; the description makes it {list(expected)}.",
            "Set side and layout in the table [input].",
        )
    return inputs[name]


def _find_outputs(file: UserNetworkFile, session: Any) -> list[str]:
    """Return the names of the ONNX outputs that are used, each of which must be there."""
    given = [entry.name for entry in session.get_outputs()]
    main = file.output.names if isinstance(file.output, RotationOutput) else (file.output.name,)
    used = [name for name in (*main, file.betas, file.weak_camera) if name]
    if missing := [name for name in used if name not in given]:
        raise OptionError(f"{file.path.name} has no output {', '.join(missing)}; it has {', '.join(given)}.")
    return used
