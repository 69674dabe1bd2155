"""What a pin is, as plain values. numpy only."""

from dataclasses import dataclass
from typing import Final

from ..axes import FloatArray

REACH_S: Final = 0.5


@dataclass(frozen=True)
class Pin:
    """The pose of some bones in one row of the capture.

    Attributes:
        row: of the capture.
        quats_wxyz: (4,) unit local rotation by joint; joints that are not pinned are missing.
        pelvis: (3,) metres, world, before In Place and Loop; None where the place is not pinned.
    """

    row: int
    quats_wxyz: dict[int, FloatArray]
    pelvis: FloatArray | None = None


@dataclass(frozen=True)
class PinPlan:
    """All pins that count, and how far they reach.

    Attributes:
        pins: by row, no two in one row.
        reach_s: seconds before and after a pin in which the motion gives way to it.
        keep_feet: feet that stand stay where they are when the body above them is pinned.
    """

    pins: tuple[Pin, ...] = ()
    reach_s: float = REACH_S
    keep_feet: bool = True


NO_PINS: Final = PinPlan()
