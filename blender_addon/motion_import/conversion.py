"""Runs `python -m core import`: a file of another program becomes motion files, in the core's process."""

from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def running_conversion(prepare: PrepareWorker, choices: ImportChoices) -> Iterator[EstimateSession]:
    """Start the core; its motion files, named after their source, are there until the block ends."""
    folder = WorkFolder()
    session = EstimateSession(prepare, import_arguments(choices, folder.path / f"{choices.source.stem}.npz"))
    begin(session)
    try:
        yield session
    finally:
        finish(session)
        folder.remove()
