"""Runs `python -m core import`: a file of another program becomes motion files, in the core's process."""

from dataclasses import dataclass
from pathlib import Path

from ..estimate_session import EstimateSession, PrepareWorker, WorkFolder
from ..running import begin, finish


@dataclass(frozen=True)
class ImportChoices:
    """What the user says of a file.

    Attributes:
        source: the file.
        smpl_file: the user's SMPL file, or None.
        frame_rate_hz: 0 for the file's own.
        up: `auto`, `y` or `z`.
    """

    source: Path
    smpl_file: Path | None = None
    frame_rate_hz: float = 0.0
    up: str = "auto"


def import_arguments(choices: ImportChoices, output: Path) -> list[str]:
    """Return the core's command line."""
    arguments = ["import", str(choices.source), "--output", str(output), "--up", choices.up]
    if choices.smpl_file is not None:
        arguments += ["--smpl", str(choices.smpl_file)]
    if choices.frame_rate_hz > 0:
        arguments += ["--frame-rate", str(choices.frame_rate_hz)]
    return [*arguments, "--json"]


class Conversion:
    """One run of the core's import; its motion files, named after their source, are there until it is closed.

    Attributes:
        choices: what the user said.
        session: the run, to be polled or waited for.
    """

    def __init__(self, prepare: PrepareWorker, choices: ImportChoices) -> None:
        """Start at once, as the one run of the core; returns before anything slow is done."""
        self.choices = choices
        self._folder = WorkFolder()
        output = self._folder.path / f"{choices.source.stem}.npz"
        self.session = EstimateSession(prepare, import_arguments(choices, output))
        begin(self.session)

    def close(self) -> None:
        """End the run and take its files away; harmless when called twice."""
        finish(self.session)
        self._folder.remove()
