"""Where the .blend keeps a capture: the raw motion with the armature's data, what was made of it with the object.

Both are custom properties in a group of their own, so that they are saved, appended, copied and undone with their
data-block, and Blender's own panel of custom properties shows one line instead of megabytes. The raw motion never
changes, so undo steps share it.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...core.errors import SceneError
from ...core.skeleton import JOINT_COUNT
from .capture import DAMAGED_CAPTURE, RawCapture, pack_capture, unpack_capture
from .feet import detected_feet

CAPTURE: Final = "jointwise_capture"
CLEANED: Final = "jointwise_cleaned"
FASTEST: Final = 1e6

NO_CAPTURE: Final = (
    "There is no raw motion to clean up with this armature: it was made by a version of Jointwise that kept none. "
    "Load its motion file again."
)


@dataclass
class CleanedState:
    """What the keys of an armature were made from last.

    Attributes:
        feet_stand: (T, 2) left and right, as detected or as the artist has edited them.
        first_row: row of the capture that the first key comes from; `row_count` rows follow without a gap.
        speed: that the keys play at.
        unkeyed: indices of the joints without keys of ours.
        notes: sentences for the panel.
        digest: stands for the values that were keyed; see `edits`.
        kept_action: name of the action that holds keys edited by hand; empty where none were.
        problem: why the last change had no effect; else empty.
    """

    feet_stand: NDArray[np.bool_]
    first_row: int
    row_count: int
    unkeyed: frozenset[int]
    notes: list[str]
    speed: float = 1.0
    digest: int = 0
    kept_action: str = ""
    problem: str = ""

    @property
    def rows(self) -> slice:
        """The capture's rows that are keyed."""
        return slice(self.first_row, self.first_row + self.row_count)


def keep_capture(armature: Any, capture: RawCapture) -> None:
    """Keep the raw motion with the armature's data."""
    armature.data[CAPTURE] = {"npz": pack_capture(capture)}


def has_capture(armature: Any) -> bool:
    """True for an armature whose raw motion is in the file."""
    return armature is not None and armature.type == "ARMATURE" and CAPTURE in armature.data


def load_capture(armature: Any) -> RawCapture:
    """Return an armature's raw motion.

    Raises:
        SceneError: there is none, or it is damaged.
    """
    if not has_capture(armature):
        raise SceneError(NO_CAPTURE)
    try:
        packed = bytes(armature.data[CAPTURE]["npz"])
    except (KeyError, TypeError, ValueError) as error:
        raise SceneError(DAMAGED_CAPTURE, "Load its motion file again.") from error
    return unpack_capture(packed)


def load_state(armature: Any, capture: RawCapture) -> CleanedState:
    """Return what an armature's keys were made from; as after loading where nothing usable is kept."""
    detected = detected_feet(capture.contacts, capture.frame_rate_hz)
    try:
        return _state_of(armature, detected)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        # Another add-on, or a hand, has changed the properties; the next change writes them anew.
        return CleanedState(detected, 0, capture.frame_count, frozenset(), [])


def _state_of(armature: Any, detected: NDArray[np.bool_]) -> CleanedState:
    """Return what is kept; raises what Python raises where that is damaged."""
    kept = armature[CLEANED]
    packed = np.frombuffer(bytes(kept["contacts"]), np.uint8)
    bits = np.unpackbits(packed)[: detected.size]
    feet_stand = bits.reshape(detected.shape).astype(bool) if bits.size == detected.size else detected
    notes, problem = read_messages(armature)
    state = CleanedState(
        feet_stand=feet_stand,
        first_row=int(kept["first_row"]),
        row_count=int(kept["row_count"]),
        unkeyed=frozenset(int(joint) for joint in str(kept["unkeyed"]).split()),
        notes=notes,
        speed=float(kept["speed"]),
        digest=int(kept["digest"], 16),
        kept_action=str(kept["kept_action"]),
        problem=problem,
    )
    is_inside = 0 <= state.first_row < state.first_row + state.row_count <= len(detected)
    if not is_inside or not 0 < state.speed < FASTEST or not state.unkeyed <= set(range(JOINT_COUNT)):
        raise ValueError("the keys cannot have been made of such rows")
    return state


def save_state(armature: Any, state: CleanedState) -> None:
    """Keep what an armature's keys were made from with the object."""
    armature[CLEANED] = {
        "contacts": np.packbits(state.feet_stand).tobytes(),
        "first_row": int(state.first_row),
        "row_count": int(state.row_count),
        "speed": float(state.speed),
        "digest": f"{state.digest:08x}",
        "kept_action": state.kept_action,
        "unkeyed": " ".join(str(joint) for joint in sorted(state.unkeyed)),
        "notes": "\n".join(state.notes),
        "problem": state.problem,
    }


def save_problem(armature: Any, problem: str) -> None:
    """Keep why a change had no effect; empty when it had one."""
    kept = _kept(armature)
    if kept is not None and _text(kept, "problem") != problem:
        kept["problem"] = problem


def read_messages(armature: Any) -> tuple[list[str], str]:
    """Return the notes and the problem for the panel, without reading the capture."""
    kept = _kept(armature)
    return [note for note in _text(kept, "notes").split("\n") if note], _text(kept, "problem")


def first_keyed_row(armature: Any) -> int:
    """Return the row of the capture that the first key comes from, without reading the capture."""
    kept = armature.get(CLEANED)
    return int(kept["first_row"]) if kept is not None else 0


def kept_action_name(armature: Any) -> str:
    """Return the name of the action that holds the keys edited by hand; empty where none were."""
    return _text(_kept(armature), "kept_action")


def _kept(armature: Any) -> Any:
    """Return the group of properties, or None where it is gone or something else has its name."""
    kept = armature.get(CLEANED)
    return kept if hasattr(kept, "keys") else None


def _text(kept: Any, name: str) -> str:
    value = kept.get(name) if kept is not None else None
    return value if isinstance(value, str) else ""
