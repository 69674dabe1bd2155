"""One video of a batch, from the file to its published outputs; the same here and on a cluster's machine."""

import dataclasses
import json
import shutil
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ..errors import CancelledError, JointwiseError, NobodyFoundError, OutputError, describe_defect
from ..motion import load_motion
from ..protocol import Result
from ..settings import EstimateSettings
from .estimate_process import run_estimate
from .ledger import Ledger, Record, Stamp, read_stamp

NOT_COMPARED: Final = frozenset({"video", "output", "overlay", "device", "engine", "threads"})
"""Where and how fast it is computed makes no other motion."""


@dataclass(frozen=True)
class VideoJob:
    """What is to be done; travels to other machines.

    Note: `video` is relative to `folder`, `name` (without .npz) to `output`. `estimate` holds fields of
    EstimateSettings; `options` is the same as `comparable_options` gives it. `run` names this run of the program.
    """

    video: str
    name: str
    folder: Path
    output: Path
    stamp: Stamp
    estimate: dict[str, Any]
    options: dict[str, Any]
    has_overlay: bool
    is_new: bool
    run: str
    threads: int | None = None

    @property
    def run_folder(self) -> Path:
        """Where this run's unfinished files are; stops every job of the run when it is removed."""
        return Ledger(self.output).work / self.run


def comparable_options(estimate: Mapping[str, Any], has_overlay: bool) -> dict[str, Any]:
    """Return what decides a result and is not the default, as JSON gives it back; files with size and time."""
    chosen: dict[str, Any] = {"overlay": True} if has_overlay else {}
    for field in dataclasses.fields(EstimateSettings):
        value = estimate.get(field.name, field.default)
        if field.name in NOT_COMPARED or value == field.default:
            continue
        is_file = isinstance(value, Path)
        chosen[field.name] = {"path": str(value), **dataclasses.asdict(read_stamp(value))} if is_file else value
    options: dict[str, Any] = json.loads(json.dumps(chosen))
    return options


def find_settled(job: VideoJob) -> Record | None:
    """Return the record that makes the work needless: same video, same options, and the outputs are there."""
    ledger = Ledger(job.output)
    record = ledger.read(job.video)
    if record is None or record.state not in ("done", "nobody found"):
        return None
    if job.is_new and record.run != job.run:
        return None
    is_same = record.stamp == job.stamp and record.options == job.options
    return record if is_same and ledger.has_all_files(record) else None


def run_video(job: VideoJob, report_share: Callable[[float], None], is_stopped: Callable[[], bool]) -> Record:
    """Estimate one video and publish its outputs; whatever goes wrong is a record that says so.

    A second call for the same job finds what the first one did, and does nothing.

    Raises:
        CancelledError: `is_stopped` said yes; nothing was published.
    """
    started_s = time.monotonic()
    try:
        record = find_settled(job) or _estimate(job, report_share, is_stopped)
    except CancelledError:
        raise
    except NobodyFoundError as error:
        record = _keep_nobody(job, _record(job, "nobody found", started_s, message=str(error)))
    except JointwiseError as error:
        record = _record(job, "failed", started_s, message=str(error))
    except Exception as error:  # whatever one video brings about must not stop the others
        record = _record(job, "failed", started_s, message=str(describe_defect(error)))
    return record


def _estimate(job: VideoJob, report_share: Callable[[float], None], is_stopped: Callable[[], bool]) -> Record:
    started_s = time.monotonic()
    _check_targets(job, [f"{job.name}.npz"])
    folder = _make_work_folder(job)
    try:
        output = folder / Path(f"{job.name}.npz").name
        overlay = folder / f"{Path(job.name).name}_overlay.mp4" if job.has_overlay else None
        arguments = _arguments(job, output, overlay)
        result, warnings = run_estimate(arguments, job.threads, folder / "stderr.txt", report_share, is_stopped)
        frames = load_motion(output).frame_count
        if is_stopped():
            raise CancelledError
        people, message = len(result.paths), " ".join(warnings)
        record = _record(job, "done", started_s, frames=frames, people=people, message=message)
        return find_settled(job) or _publish(job, result, record)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _make_work_folder(job: VideoJob) -> Path:
    folder = job.run_folder / uuid.uuid4().hex
    try:
        folder.mkdir()
    except FileNotFoundError as error:
        raise OutputError(
            f"The folder {job.output} is not the batch's own on this machine.",
            "Videos and outputs must be at the same path on every machine of the cluster.",
        ) from error
    except OSError as error:
        raise OutputError(f"The folder {job.output} cannot be written ({error.strerror}).") from error
    return folder


def _arguments(job: VideoJob, output: Path, overlay: Path | None) -> list[str]:
    """Return the command line of `estimate`."""
    outputs = {"output": output, "overlay": overlay, "threads": job.estimate.get("threads") or job.threads}
    values = {**job.estimate, **outputs}
    arguments = [str(job.folder / job.video)]
    for field in dataclasses.fields(EstimateSettings):
        value = values.get(field.name)
        if value is not None:
            option = "focal-length" if field.name == "focal_length_px" else field.name.replace("_", "-")
            arguments.append(f"--{option}={value}")
    return arguments


def _publish(job: VideoJob, result: Result, record: Record) -> Record:
    """Move the outputs to their places; the ledger says before which they are, and after that they are whole."""
    ledger, place = Ledger(job.output), Path(job.name).parent
    made = [Path(path) for path in (*result.paths, result.overlay) if path]
    files = tuple((place / path.name).as_posix() for path in made)
    _check_targets(job, files)
    before = ledger.read(job.video)
    old = before.files if before else ()
    ledger.write(dataclasses.replace(record, state="publishing", files=tuple(dict.fromkeys((*files, *old)))))
    # The main person's comes last, so that what is there is complete.
    for path, name in reversed(list(zip(made, files, strict=True))):
        path.replace(job.output / name)
    for name in set(old) - set(files):
        (job.output / name).unlink(missing_ok=True)
    record = dataclasses.replace(record, files=files)
    ledger.write(record)
    return record


def _check_targets(job: VideoJob, files: "tuple[str, ...] | list[str]") -> None:
    """Refuse to overwrite what no batch has made; make the folder."""
    before = Ledger(job.output).read(job.video)
    for name in files:
        path = job.output / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"The folder {path.parent} cannot be made ({error.strerror}).") from error
        if (before is None or name not in before.files) and path.exists():
            raise OutputError(f"{path} exists, and no batch has made it.", "Move it away, or choose another --output.")


def _keep_nobody(job: VideoJob, record: Record) -> Record:
    """Write down that there is nobody, unless files of other options are there, whose record must stay."""
    ledger = Ledger(job.output)
    before = ledger.read(job.video)
    if before is None or not before.files:
        ledger.write(record)
    return record


def _record(job: VideoJob, state: Any, started_s: float, **more: Any) -> Record:
    seconds = round(time.monotonic() - started_s, 2)
    return Record(
        job.video, state, name=job.name, stamp=job.stamp, options=job.options, run=job.run, seconds=seconds, **more
    )
