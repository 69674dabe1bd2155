"""What every reader gives: one person's motion as its file has it, before it becomes our motion file. numpy only."""

from dataclasses import dataclass, field
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import MotionDataError
from ..skeleton import BETA_COUNT, JOINT_COUNT

FloatArray = NDArray[np.floating[Any]]

Axes = Literal["world_z_up", "world_y_up", "camera"]

DEFAULT_RATE_HZ: Final = 30.0

BODY_JOINTS: Final = 22
"""SMPL, SMPL-H and SMPL-X share these joints; the hands differ."""


@dataclass(frozen=True)
class Lens:
    """The camera of a file that says something of it: focal length, pixels; (width, height) of the picture."""

    focal_length_px: float
    image_size: tuple[int, int]


@dataclass(frozen=True)
class ImportedPerson:
    """T frames of one person.

    Attributes:
        source: the format, as users know it.
        rotmat: (T, 24, 3, 3) local rotations, the root's in `axes`.
        place: (T, 3) metres in `axes`: SMPL's `trans`, or the pelvis where `is_pelvis`.
        axes: camera is x right, y down, z away.
        betas: (10,) of `body`.
        body: `smpl` or `open`.
        gender: `neutral`, `male` or `female`.
        frame_ids: (T,) increasing.
        rate_hz: frames a second; None where the file does not say it.
        lens: of the camera, for `axes` camera.
    """

    source: str
    rotmat: FloatArray
    place: FloatArray
    axes: Axes
    betas: FloatArray = field(default_factory=lambda: np.zeros(BETA_COUNT))
    body: str = "smpl"
    gender: str = "neutral"
    frame_ids: NDArray[np.int64] | None = None
    rate_hz: float | None = None
    lens: Lens | None = None
    is_pelvis: bool = False

    def __post_init__(self) -> None:
        """Check that the arrays fit each other. Raises: MotionDataError."""
        count = len(self.rotmat)
        if not count:
            raise MotionDataError(f"The {self.source} file has no frames.")
        for name, array, shape in (
            ("poses", self.rotmat, (count, JOINT_COUNT, 3, 3)),
            ("translations", self.place, (count, 3)),
            ("betas", self.betas, (BETA_COUNT,)),
        ):
            if array.shape != shape:
                raise MotionDataError(f"The {self.source} file's {name} have the shape {array.shape}, not {shape}.")
            if not np.isfinite(array).all():
                raise MotionDataError(f"The {self.source} file's {name} hold numbers that are not finite.")
        ids = self.frame_ids
        if ids is not None and (ids.shape != (count,) or (np.diff(ids) <= 0).any()):
            raise MotionDataError(f"The {self.source} file's frame numbers do not count its {count} frames upwards.")


def mean_betas(values: Any) -> FloatArray:
    """Return the first ten shape numbers (10,), the mean over frames where there is one shape a frame."""
    betas = np.asarray(values, np.float64)
    betas = betas.reshape(-1, betas.shape[-1]).mean(axis=0) if betas.ndim > 1 and betas.size else betas.reshape(-1)
    padded = np.zeros(BETA_COUNT)
    padded[: min(len(betas), BETA_COUNT)] = betas[:BETA_COUNT]
    return padded


def gender_of(value: Any) -> str:
    """Return neutral, male or female, from text, bytes or an array of either; neutral for anything else."""
    item = np.asarray(value).reshape(-1)
    text = item[0] if len(item) else ""
    word = (text.decode("latin-1") if isinstance(text, bytes) else str(text)).lower()
    return next((gender for gender in ("female", "male") if word.startswith(gender)), "neutral")
