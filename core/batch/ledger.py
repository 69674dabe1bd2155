"""What was done before: one small file per video in a hidden folder of the outputs, each written whole."""

import contextlib
import dataclasses
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import IO, Any, Final, Literal

from ..errors import OutputError
from ..whole_file import whole_file
from .output_names import video_key

FOLDER: Final = ".jointwise-batch"
FORMAT: Final = 1

State = Literal["publishing", "done", "nobody found", "failed"]


@dataclass(frozen=True)
class Stamp:
    """What tells a changed file from the one that was estimated."""

    size: int
    mtime_ns: int


@dataclass(frozen=True)
class Record:
    """What became of one video; `video` and `files` are relative to the folders of videos and of outputs.

    Note: `publishing` means that some of the files may be there and some not: the process died in between.
    `failed` is never written down. `run` names the run of the program that did it.
    """

    video: str
    state: State
    name: str = ""
    stamp: Stamp = Stamp(0, 0)
    options: dict[str, Any] = dataclasses.field(default_factory=dict)
    run: str = ""
    files: tuple[str, ...] = ()
    seconds: float = 0.0
    frames: int = 0
    people: int = 0
    message: str = ""


class Ledger:
    """The records of one folder of outputs; several processes and machines may write different videos' at once."""

    def __init__(self, output: Path) -> None:
        self.output = output
        self.folder = output / FOLDER
        self.work = self.folder / "work"
        self._videos = self.folder / "videos"

    def read(self, video: str) -> Record | None:
        """Return the record of a video, or None: there is none, or it is damaged."""
        record = _read_record(self._path(video))
        return record if record and record.video == video else None

    def read_all(self) -> dict[str, Record]:
        """Return every record by video, also of videos that are gone."""
        records = (_read_record(path) for path in sorted(self._videos.glob("*.json")))
        return {record.video: record for record in records if record}

    def write(self, record: Record) -> None:
        """Write a record whole; raises OutputError."""
        with whole_file(self._path(record.video)) as partial:
            partial.write_text(json.dumps({"format": FORMAT, **dataclasses.asdict(record)}), encoding="ascii")

    def has_all_files(self, record: Record) -> bool:
        """Return whether the outputs are still there."""
        return all((self.output / name).is_file() for name in record.files)

    @contextmanager
    def opened(self, source: Path) -> Iterator[None]:
        """Hold the folder for one batch, which is of the videos in `source`; what killed ones left is removed.

        Raises:
            OutputError: another batch works there, it is another folder's, or it cannot be written.
        """
        try:
            self._videos.mkdir(parents=True, exist_ok=True)
            lock = (self.folder / "lock").open("ab")
        except OSError as error:
            raise OutputError(
                f"The folder {self.output} cannot be written ({error.strerror}).", "Choose another --output."
            ) from error
        with lock:
            if not _try_lock(lock):
                raise OutputError(
                    f"Another batch is working in {self.output}.", "Wait for it, or choose another --output."
                )
            self._claim(source)
            shutil.rmtree(self.work, ignore_errors=True)
            try:
                yield
            finally:
                shutil.rmtree(self.work, ignore_errors=True)

    def _claim(self, source: Path) -> None:
        """Refuse outputs of other videos, which may have the same names; a folder that was moved keeps its own."""
        path = self.folder / "source.json"
        try:
            before = Path(json.loads(path.read_text(encoding="ascii")))
        except (OSError, ValueError, TypeError):
            before = source
        if before != source and before.is_dir():
            raise OutputError(f"{self.output} holds the motions of {before}.", "Choose another --output.")
        with whole_file(path) as partial:
            partial.write_text(json.dumps(str(source)), encoding="ascii")

    def _path(self, video: str) -> Path:
        return self._videos / f"{video_key(video)}.json"


def read_stamp(path: Path) -> Stamp:
    """Return a file's stamp, or a zero one where there is no such file any more."""
    with contextlib.suppress(OSError):
        found = path.stat()
        return Stamp(found.st_size, found.st_mtime_ns)
    return Stamp(0, 0)


def _read_record(path: Path) -> Record | None:
    try:
        fields = json.loads(path.read_text(encoding="ascii"))
        if fields.pop("format") != FORMAT:
            return None
        fields["stamp"] = Stamp(**fields["stamp"])
        fields["files"] = tuple(fields["files"])
        record = Record(**fields)
        return record if _is_sound(record) else None
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _is_sound(record: Record) -> bool:
    """Return whether a record is one that we write: plain texts, and files that lie in the folder of outputs."""
    texts = (record.video, record.state, record.name, record.run, record.message, *record.files)
    paths = [PurePath(name) for name in record.files if isinstance(name, str)]
    is_inside = all(
        name and not path.is_absolute() and ".." not in path.parts
        for name, path in zip(record.files, paths, strict=False)
    )
    return all(isinstance(text, str) for text in texts) and is_inside and isinstance(record.options, dict)


def _try_lock(file: IO[bytes]) -> bool:
    """Take a lock that ends with the process, however it ends."""
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        # A network disk without locks: two batches at once are then the user's to avoid.
        return True
    return True
