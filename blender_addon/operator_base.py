"""What all operators share: the one place that turns an error into a sentence for the user."""

import traceback
from pathlib import Path
from typing import Any, Final

from ..core.errors import CancelledError, JointwiseError
from .messages import MESSAGES
from .wording import reported

FINISHED: Final = {"FINISHED"}
CANCELLED: Final = {"CANCELLED"}


class JointwiseOperator:
    """What all our operators share: `run` does the work, and its errors become one sentence for the user."""

    def execute(self, context: Any) -> set[str]:
        """Run; a failure is reported as its sentence and never as a traceback."""
        return self.guarded(self.run, context)

    def run(self, context: Any) -> set[str]:
        """Do the work and return Blender's result; may raise JointwiseError."""
        raise NotImplementedError

    def guarded(self, step: Any, context: Any) -> set[str]:
        """Call a step of the work and turn what it raises into a report and the panel's text."""
        try:
            result: set[str] = step(context)
        except Exception as error:  # the user sees a sentence whatever happened; the log keeps the rest
            return self._fail(sentence_of(error), isinstance(error, CancelledError))
        return result

    def _fail(self, sentence: str, is_cancelled: bool) -> set[str]:
        if is_cancelled:
            MESSAGES.clear()
            self.report({"INFO"}, sentence)  # type: ignore[attr-defined]
            return CANCELLED
        MESSAGES.error = sentence
        self.report({"ERROR"}, sentence)  # type: ignore[attr-defined]
        return CANCELLED


def sentence_of(error: Exception) -> str:
    """Return what to tell the user about an error; of one that nobody expected the log keeps the traceback."""
    if isinstance(error, JointwiseError):
        return f"{reported(error.message)} {reported(error.hint)}".strip()
    MESSAGES.log = "".join(traceback.format_exception(error))
    sentence = f"An unexpected error stopped the work: {error} ({_place_of_ours(error)})."
    return f"{sentence} The add-on's preferences can copy the log for a bug report."


def _place_of_ours(error: Exception) -> str:
    """Return the file and line of the innermost call that is in our own code."""
    here = Path(__file__).parent
    calls = traceback.extract_tb(error.__traceback__)
    ours = [call for call in calls if here in Path(call.filename).parents]
    return f"{Path(ours[-1].filename).name}:{ours[-1].lineno}"
