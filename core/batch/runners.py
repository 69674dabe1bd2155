"""The interface of what carries out the jobs, and the one that does it on this machine: N processes at a time."""

import threading
from collections.abc import Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from functools import partial
from typing import Final, Protocol

from ..cancellation import Cancellation
from .ledger import Record
from .progress import BatchProgress
from .video_job import VideoJob, run_video

WAIT_S: Final = 0.1


class Runner(Protocol):
    """Carries out jobs, in any order."""

    def run(
        self, jobs: Sequence[VideoJob], progress: BatchProgress, cancellation: Cancellation
    ) -> Generator[Record, None, None]:
        """Yield the record of each job once, as they are settled; closing it stops what runs.

        Raises:
            CancelledError: somebody asked to stop; nothing runs any more, and nothing of it was published.
        """
        ...


class LocalRunner:
    """Runs the jobs on this machine, each in a process of its own; `process_count` at a time."""

    def __init__(self, process_count: int) -> None:
        self._process_count = process_count

    def run(
        self, jobs: Sequence[VideoJob], progress: BatchProgress, cancellation: Cancellation
    ) -> Generator[Record, None, None]:
        """See Runner."""
        stop = threading.Event()

        def is_stopped() -> bool:
            # The request itself, too: this loop may be held up by whoever takes the records.
            return stop.is_set() or cancellation.is_requested

        # The threads only wait for their processes.
        pool = ThreadPoolExecutor(self._process_count)
        try:
            pending = {
                pool.submit(run_video, job, partial(progress.report_share, job.video), is_stopped) for job in jobs
            }
            while pending:
                done, pending = wait(pending, WAIT_S, FIRST_COMPLETED)
                cancellation.check()
                for future in done:
                    yield future.result()
                progress.emit()
        finally:
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
