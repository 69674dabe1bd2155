"""The TOML file that describes a user's own per-frame network for the backbone `onnx`; docs/pare.md shows one.

Standard library only. `user_network` runs what is described here.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, get_args

from .errors import OptionError
from .pare_crops import BOX_SCALE, CROP_SIDE, IMAGENET_MEAN, IMAGENET_STD
from .skeleton import JOINT_NAMES, LANDMARK_NAMES
from .toml_table import TomlTable

ChannelOrder = Literal["RGB", "BGR"]
Layout = Literal["NCHW", "NHWC"]
RotationFormat = Literal["rotmat", "rot6d", "rot6d_columns", "axis_angle"]
Unit = Literal["m", "mm"]
Axes = Literal["camera", "y_up"]

IGNORED: Final = "-"
"""Stands in a joint order for an entry of the network that is not used."""
NAMED_ORDERS: Final = {"smpl": JOINT_NAMES, "blazepose": LANDMARK_NAMES}
ROOT_LANDMARKS: Final = ("left_hip", "right_hip")
"""Landmarks are rooted midway between them."""


@dataclass(frozen=True)
class ImageInput:
    """How the network wants its crop.

    Attributes:
        name: of the ONNX input; empty where it has only one.
        side_px: of the square crop.
        channel_order, layout: of the array.
        mean, std: taken off, and divided by, after the values were brought to 0..1; in the network's channel order.
        crop_scale: side of the crop over the longer side of the box around the visible landmarks.
    """

    name: str
    side_px: int
    channel_order: ChannelOrder
    layout: Layout
    mean: tuple[float, ...]
    std: tuple[float, ...]
    crop_scale: float


@dataclass(frozen=True)
class RotationOutput:
    """SMPL's local rotations, the root's in camera axes.

    Attributes:
        names: ONNX outputs, joined along the joints (many networks give the root on its own).
        format: `rotmat`, `rot6d` (two columns, interleaved, as PARE), `rot6d_columns` (one column after the other),
            or `axis_angle` in radians.
        joint_order: an SMPL joint for each entry, or `-`; joints that are missing do not turn.
    """

    names: tuple[str, ...]
    format: RotationFormat
    joint_order: tuple[str, ...]


@dataclass(frozen=True)
class LandmarkOutput:
    """3-D landmarks of the body.

    Attributes:
        name: ONNX output.
        joint_order: a BlazePose landmark for each entry, or `-`; those that are missing are the tracker's.
        unit, axes: `camera` is +x right, +y down, +z away; `y_up` is +x right, +y up, +z towards the viewer.
    """

    name: str
    joint_order: tuple[str, ...]
    unit: Unit
    axes: Axes


@dataclass(frozen=True)
class UserNetworkFile:
    """All that is known about a user's network.

    Attributes:
        path: the ONNX file.
        licence: the terms of its weights, as the user states them; goes into the motion file.
        image: its input.
        output: what it gives.
        betas, weak_camera: beside rotations, ONNX outputs (N, 10 or more) for the SMPL body and (N, 3) scale, t_x, t_y
            of the crop as in HMR; or empty.
    """

    path: Path
    licence: str
    image: ImageInput
    output: RotationOutput | LandmarkOutput
    betas: str
    weak_camera: str


def read_user_network_file(path: Path) -> UserNetworkFile:
    """Return the description of a network.

    Raises:
        OptionError: missing, not TOML, or an entry that is unknown, missing or impossible; names file and entry.
    """
    table = TomlTable.open(path, "docs/pare.md shows a whole file.")
    if table.has("rotations") == table.has("landmarks"):
        table.fail("needs one of the tables [rotations] and [landmarks], and only one")
    rotations = table.table("rotations") if table.has("rotations") else None
    file = UserNetworkFile(
        path=path.parent / table.text("file"),
        licence=table.text("licence"),
        image=_read_image(table.table("input")),
        output=_read_rotations(rotations) if rotations else _read_landmarks(table.table("landmarks")),
        betas=rotations.text("betas", "") if rotations else "",
        weak_camera=rotations.text("weak_camera", "") if rotations else "",
    )
    for part in (table, rotations or table):
        part.check_all_read()
    if not file.path.is_file():
        raise OptionError(f"{path} names the network {file.path}, which does not exist.", "Paths start at the file.")
    return file


def _read_image(table: TomlTable) -> ImageInput:
    image = ImageInput(
        name=table.text("name", ""),
        side_px=int(table.number("side", 16, 4096, CROP_SIDE)),
        channel_order=table.choice("channel_order", get_args(ChannelOrder), "RGB"),
        layout=table.choice("layout", get_args(Layout), "NCHW"),
        mean=table.numbers("mean", 3, IMAGENET_MEAN),
        std=table.numbers("std", 3, IMAGENET_STD),
        crop_scale=table.number("crop_scale", 0.5, 4, BOX_SCALE),
    )
    table.check_all_read()
    if min(image.std) <= 0:
        table.fail(f"needs positive numbers for std, not {list(image.std)}")
    return image


def _read_rotations(table: TomlTable) -> RotationOutput:
    return RotationOutput(
        names=table.texts("output"),
        format=table.choice("format", get_args(RotationFormat)),
        joint_order=_read_order(table, JOINT_NAMES, "smpl"),
    )


def _read_landmarks(table: TomlTable) -> LandmarkOutput:
    output = LandmarkOutput(
        name=table.text("output"),
        joint_order=_read_order(table, LANDMARK_NAMES, "blazepose"),
        unit=table.choice("unit", get_args(Unit)),
        axes=table.choice("axes", get_args(Axes)),
    )
    table.check_all_read()
    if not set(ROOT_LANDMARKS) <= set(output.joint_order):
        table.fail(f"needs {' and '.join(ROOT_LANDMARKS)} in joint_order")
    return output


def _read_order(table: TomlTable, names: tuple[str, ...], named: str) -> tuple[str, ...]:
    """Return the joint order: the name of a known one, or a list of names."""
    order = table.texts("joint_order") if table.has("joint_order") else (named,)
    if order == (named,):
        return NAMED_ORDERS[named]
    used = [name for name in order if name != IGNORED]
    if unknown := [name for name in used if name not in names]:
        table.fail(f"has unknown names in joint_order: {', '.join(unknown)}; known are {named}, {', '.join(names)}")
    if repeated := sorted({name for name in used if used.count(name) > 1}):
        table.fail(f"has names twice in joint_order: {', '.join(repeated)}")
    if not used:
        table.fail("has no joint in joint_order")
    return order
