"""Jobs as tasks of a Ray cluster. The package ray is the user's to install, and imported only when asked for."""

import importlib
import logging
import os
import shutil
import socket
import time
from collections.abc import Callable, Generator, Sequence
from typing import Any, Final

from ..cancellation import Cancellation
from ..errors import EngineError
from ..protocol import Warning
from ..reporting import Reporter
from .estimate_process import ROOT
from .ledger import Record
from .progress import BatchProgress
from .runners import WAIT_S
from .settings import RaySettings
from .video_job import VideoJob, run_video

STOP_POLL_S: Final = 0.5
CONNECT_TIME_S: Final = 5.0
START_HINT: Final = "Start one by: ray start --head"
SAME_PATHS_HINT: Final = "Jointwise, the videos and the outputs must be at the same paths on every machine."


def run_video_task(job: VideoJob) -> Record:
    """Carry out one job on whatever machine this is; it stops when the run's folder is gone."""
    return run_video(job, lambda _: None, _stop_check(job))


def _stop_check(job: VideoJob) -> Callable[[], bool]:
    asked_s = time.monotonic()
    is_gone = False

    def is_stopped() -> bool:
        nonlocal asked_s, is_gone
        # The folder is on a network disk, which is not to be asked twenty times a second.
        if time.monotonic() - asked_s > STOP_POLL_S:
            asked_s, is_gone = time.monotonic(), not job.run_folder.is_dir()
        return is_gone

    return is_stopped


class RayRunner:
    """Runs every job as one task of a cluster; the tasks of a lost machine start anew elsewhere.

    Note: a task that starts anew looks into the ledger first, so that what was published is not done twice.
    """

    def __init__(self, settings: RaySettings, reporter: Reporter) -> None:
        self._settings = settings
        self._reporter = reporter
        self._ray = import_ray()

    def run(
        self, jobs: Sequence[VideoJob], progress: BatchProgress, cancellation: Cancellation
    ) -> Generator[Record, None, None]:
        """See Runner.

        Raises:
            EngineError: no cluster answers at the address.
        """
        try:
            self._connect()
            self._warn_of_lacking_machines()
            settings = self._settings
            task = self._ray.remote(run_video_task).options(
                num_cpus=settings.cpus_per_video,
                num_gpus=settings.gpus_per_video,
                max_retries=settings.retries,
                # Ray would fill one machine before it asks the next.
                scheduling_strategy="SPREAD",
            )
            yield from self._collect({task.remote(job): job for job in jobs}, progress, cancellation)
        finally:
            # Tasks that still run see that it is gone, and kill their processes.
            shutil.rmtree(jobs[0].run_folder, ignore_errors=True)
            # On the way out of a cancelled batch there is no time; the cluster notices that its driver has gone.
            if not cancellation.is_requested:
                self._ray.shutdown()

    def _connect(self) -> None:
        # What ran here is nobody else's business; Ray reads it when it starts.
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
        variables = {"PYTHONPATH": os.pathsep.join(path for path in paths if path)}
        address = self._settings.address
        check_answers(os.environ.get("RAY_ADDRESS", address) if address == "auto" else address)
        try:
            self._ray.init(
                address,
                runtime_env={"env_vars": variables},
                log_to_driver=False,
                logging_level=logging.CRITICAL,
                **({"include_dashboard": False} if address == "local" else {}),
            )
        except (OSError, RuntimeError, ValueError, TypeError, ImportError, AssertionError) as error:
            reason = f" ({first_line(error)})" if first_line(error) else ""
            raise EngineError(f"No Ray cluster can be reached at {address}{reason}.", START_HINT) from error

    def _warn_of_lacking_machines(self) -> None:
        cpus, gpus = self._settings.cpus_per_video, self._settings.gpus_per_video
        machines = [node["Resources"] for node in self._ray.nodes() if node["Alive"]]
        if not any(machine.get("CPU", 0) >= cpus and machine.get("GPU", 0) >= gpus for machine in machines):
            message = f"No machine of the cluster has {cpus:g} processors and {gpus:g} graphics cards; waiting for one."
            self._reporter.emit(Warning("no_such_machine", message))

    def _collect(
        self, jobs: dict[Any, VideoJob], progress: BatchProgress, cancellation: Cancellation
    ) -> Generator[Record, None, None]:
        pending = list(jobs)
        while pending:
            cancellation.check()
            ready, pending = self._ray.wait(pending, num_returns=len(pending), timeout=WAIT_S)
            for reference in ready:
                yield self._get(reference, jobs.pop(reference))
            progress.emit()

    def _get(self, reference: Any, job: VideoJob) -> Record:
        try:
            record: Record = self._ray.get(reference)
        except self._ray.exceptions.RayTaskError as error:
            # Nothing but the import of our own code is left to fail there.
            message = f"The machine could not run it: {last_line(error)}. {SAME_PATHS_HINT}"
            return Record(job.video, "failed", message=message)
        except self._ray.exceptions.RayError as error:
            message = f"The cluster lost it {self._settings.retries + 1} times: {first_line(error)}"
            return Record(job.video, "failed", message=message)
        return record


def import_ray() -> Any:
    """Return the package ray.

    Raises:
        EngineError: it is not installed, or cannot be loaded.
    """
    try:
        return importlib.import_module("ray")
    except ImportError as error:
        raise EngineError(
            f"--ray needs the package ray, which cannot be loaded ({error}).",
            "Install it in the core's Python by: pip install ray",
        ) from error


def check_answers(address: str) -> None:
    """Raise EngineError where nobody answers at `host:port`; Ray itself would try for minutes."""
    host, separator, port = address.removeprefix("ray://").rpartition(":")
    if not separator:
        if address in ("auto", "local"):
            return
        raise EngineError(f"--ray cannot be {address}.", "Use auto, local, HOST:PORT or ray://HOST:PORT.")
    try:
        socket.create_connection((host.strip("[]"), int(port)), CONNECT_TIME_S).close()
    except (OSError, ValueError, OverflowError) as error:
        raise EngineError(f"No Ray cluster can be reached at {address} ({error}).", START_HINT) from error


def first_line(error: BaseException) -> str:
    """Return the first line of what an error says, without its full stop."""
    return next(iter(str(error).strip().splitlines()), "").rstrip(" .:")


def last_line(error: BaseException) -> str:
    """Return the last line of what an error says: the cause, under a traceback."""
    return (str(error).strip().splitlines() or [""])[-1].rstrip(" .:")
