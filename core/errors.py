"""The one error hierarchy. Each error carries a stable code, one clear sentence, and what to do about it.

Used by the core to choose the exit code and the `error` event, and by the add-on to show the same sentence.
"""

from pathlib import Path
from typing import ClassVar, Final

EXIT_DONE: Final = 0
EXIT_UNUSABLE_INPUT: Final = 2
EXIT_NOBODY_FOUND: Final = 3
EXIT_SOME_FAILED: Final = 4
EXIT_CANCELLED: Final = 130

_OUT_OF_MEMORY: Final = (
    "out of memory", "outofmemory", "insufficient memory", "failed to allocate memory", "bad alloc", "8007000e",
)  # fmt: skip

LONGEST_REASON: Final = 200
"""Letters: a library may put a whole file into its message."""


class JointwiseError(Exception):
    """A failure that the user can understand and act on.

    Args:
        message: one sentence that says what is wrong, naming the file or the value.
        hint: one sentence that says what to do; may be empty.
    """

    code: ClassVar[str] = "failed"
    exit_code: ClassVar[int] = EXIT_UNUSABLE_INPUT

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class OptionError(JointwiseError):
    """An option's value cannot be used (a negative focal length, an empty frame range, ...)."""

    code = "bad_option"


class VideoError(JointwiseError):
    """The video is missing, is not a video, or no frame of it can be decoded."""

    code = "bad_video"


class OutputError(JointwiseError):
    """The result cannot be written where the user asked."""

    code = "bad_output"


class MotionFileError(JointwiseError):
    """A motion file is missing, damaged, or not a motion file."""

    code = "bad_motion_file"


class BodyFileError(JointwiseError):
    """A body file is missing, damaged, or holds something other than a body."""

    code = "bad_body_file"


class WeightsError(JointwiseError):
    """Network weights are missing, damaged, or do not fit the network; names the keys at fault."""

    code = "bad_weights"


class MotionDataError(JointwiseError):
    """A motion-capture data set for training is missing, damaged, or has another layout."""

    code = "bad_motion_data"


class EngineError(JointwiseError):
    """The engine that runs the networks cannot be used (not installed, no such device)."""

    code = "bad_engine"


class WorkerError(JointwiseError):
    """The core process cannot be started, or ended without a result."""

    code = "worker_failed"


class EnvironmentMakingError(JointwiseError):
    """An environment for packages that the zip may not bring cannot be made or removed."""

    code = "environment_failed"


class SceneError(JointwiseError):
    """The Blender scene or selection does not allow what was asked (no armature selected, ...)."""

    code = "bad_scene"


class NobodyFoundError(JointwiseError):
    """The video holds no person in the chosen frames, or not the person that was asked for."""

    code = "nobody_found"
    exit_code = EXIT_NOBODY_FOUND


class SomeFailedError(JointwiseError):
    """A batch is through, and some of its videos failed."""

    code = "some_failed"
    exit_code = EXIT_SOME_FAILED


class CancelledError(JointwiseError):
    """The user cancelled."""

    code = "cancelled"
    exit_code = EXIT_CANCELLED

    def __init__(self) -> None:
        super().__init__("Cancelled.")


def reason_of(error: BaseException) -> str:
    """Return what a library says about a failure as a phrase for our sentence: one line, not too long, never empty."""
    text = " ".join(str(error).split()).rstrip(".") or type(error).__name__
    text = text.encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= LONGEST_REASON else text[: LONGEST_REASON - 3] + "..."


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether Python, torch, OpenCV or ONNX Runtime says that no memory is left, of the machine or its card."""
    text = f"{type(error).__name__} {error}".lower()
    return isinstance(error, MemoryError) or any(words in text for words in _OUT_OF_MEMORY)


def memory_error() -> "EngineError":
    """Return the error for a machine, or its graphics card, whose memory is full."""
    return EngineError(
        "The work needs more memory than is free on this computer or its graphics card.",
        "Close other programs, choose the device cpu, or estimate fewer frames at once.",
    )


def describe_defect(error: Exception) -> JointwiseError:
    """Return what should not have happened as a sentence with the place in our code."""
    traceback = error.__traceback__
    while traceback and traceback.tb_next:
        traceback = traceback.tb_next
    place = (
        f"{Path(traceback.tb_frame.f_code.co_filename).name}:{traceback.tb_lineno}" if traceback else "unknown place"
    )
    if is_out_of_memory(error):
        return memory_error()
    message = f"An unexpected error stopped the work: {type(error).__name__}: {error} ({place})."
    return JointwiseError(message, "Please report this sentence together with the video's format.")
