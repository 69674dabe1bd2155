"""The story of an import: recognise the file by its content, read it safely, write motion files."""

import dataclasses
import struct
import zipfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from ..body_model import load_open_body
from ..errors import MotionDataError, OptionError, reason_of
from ..motion import HIGHEST_RATE_HZ, Motion, check_values, write_motion
from ..output_paths import check_output, person_path
from ..protocol import Result, Status, Warning
from ..reporting import Reporter
from ..whole_file import whole_file
from .bvh_person import read_bvh
from .imported import Axes, ImportedPerson
from .joblib_dump import load_joblib
from .motions import motion_of_person
from .results import read_result
from .smpl_arrays import read_npz
from .torch_archive import load_torch_archive

Up = Literal["auto", "y", "z"]

STAGE: Final = "import"
FIRST_BYTES: Final = 4096
_AXES: Final[dict[str, Axes]] = {"y": "world_y_up", "z": "world_z_up"}


@dataclass(frozen=True)
class ImportSettings:
    """Options of `python -m core import`.

    Attributes:
        source: the file.
        output: the motion file of the person with most frames; the others' are OUTPUT_person2.npz and so on.
        smpl: the user's SMPL file, for the file's own build.
        frame_rate_hz: where the file does not say its rate, or a wrong one.
        up: which axis points up; auto: what the format, or the body's posture, says.
    """

    source: Path
    output: Path
    smpl: Path | None = None
    frame_rate_hz: float | None = None
    up: Up = "auto"


def import_motion(settings: ImportSettings, reporter: Reporter) -> list[Motion]:
    """Write the motion file of each person in a file of another program, and report them.

    Raises:
        OptionError: the rate is not one, or the output would overwrite the input.
        MotionDataError: missing, damaged, unknown, or naming code that it wants to be run.
        OutputError: the folder cannot be written.
        BodyFileError: the SMPL file cannot be used.
    """
    rate_hz = settings.frame_rate_hz
    if rate_hz is not None and not 0 < rate_hz < HIGHEST_RATE_HZ:
        raise OptionError(f"A frame rate of {rate_hz:g} is impossible.", "Give frames a second, such as 30.")
    check_output(settings.output, ".npz", [settings.source])
    reporter.emit(Status(STAGE))
    people = read_people(settings.source)
    if settings.up != "auto":
        people = [dataclasses.replace(person, axes=_AXES[settings.up], lens=None) for person in people]
    made = [
        _checked(motion_of_person(person, settings.smpl, rate_hz, settings.source.name), settings.source)
        for person in people
    ]
    for sentence in dict.fromkeys(note for _, notes in made for note in notes):
        reporter.emit(Warning("import", sentence))
    motions = [motion for motion, _ in made]
    paths = [settings.output, *(person_path(settings.output, rank) for rank in range(2, len(motions) + 1))]
    _write_all(motions, paths)
    reporter.emit(Result(tuple(str(path) for path in paths)))
    return motions


def _checked(made: tuple[Motion, list[str]], source: Path) -> tuple[Motion, list[str]]:
    """Return a motion and its notes; MotionDataError where the file's numbers make none."""
    try:
        check_values(made[0])
    except ValueError as error:
        raise MotionDataError(
            f"{source} gives no usable motion: {reason_of(error)}.",
            "Give the frame rate by --frame-rate, or get it anew.",
        ) from error
    return made


def read_people(path: Path) -> list[ImportedPerson]:
    """Return the people in a file, recognised by its content, whatever its name ends in.

    Raises:
        MotionDataError: missing, damaged, unknown, or naming code that it wants to be run.
    """
    try:
        with path.open("rb") as file:
            start = file.read(FIRST_BYTES)
    except OSError as error:
        raise MotionDataError(f"The file {path} cannot be read ({error.strerror}).") from error
    if start.lstrip().startswith(b"HIERARCHY"):
        return [read_bvh(path, load_open_body())]
    content = _read_zip(path) if start.startswith(b"PK") else load_joblib(path)
    if isinstance(content, Mapping) and {"keypoints_2d", "poses_per_frame"} <= set(content):
        raise MotionDataError(f"{path} is a Jointwise motion file already.", "Load it as a motion file.")
    try:
        return read_result(content, path)
    except (ArithmeticError, AttributeError, LookupError, MemoryError, RecursionError, TypeError, ValueError) as error:
        reason = f"{type(error).__name__}: {reason_of(error)}"
        raise MotionDataError(f"{path} has another layout than its kind of file ({reason}).") from error


def _read_zip(path: Path) -> object:
    try:
        with zipfile.ZipFile(path) as archive:
            is_npz = any(name.endswith(".npy") for name in archive.namelist())
    except (OSError, ValueError, RuntimeError, struct.error, zipfile.BadZipFile) as error:
        raise MotionDataError(f"{path} is damaged or cut off ({reason_of(error)}).", "Get the file anew.") from error
    return read_npz(path) if is_npz else load_torch_archive(path)


def _write_all(motions: list[Motion], paths: list[Path]) -> None:
    """Write all files, which get their names at the end, the first person's last."""
    with ExitStack() as stack:
        for motion, path in zip(motions, paths, strict=True):
            write_motion(motion, stack.enter_context(whole_file(path)))
