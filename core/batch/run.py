"""The whole story of `batch`: find the videos, leave out what is done, do the rest, sum up."""

import time
import uuid
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from ..cancellation import Cancellation
from ..errors import CancelledError, OptionError, OutputError, SomeFailedError
from ..protocol import Result, Summary, VideoReport, Warning
from ..reporting import Reporter
from ..settings import EstimateSettings
from ..settings_check import check_settings
from .folder_scan import check_folder, find_videos
from .ledger import Ledger, Record, read_stamp
from .output_names import assign_names
from .progress import BatchProgress
from .runners import Runner
from .settings import BatchSettings
from .table import Row, count_states, write_summary
from .video_job import VideoJob, comparable_options, find_settled


@dataclass(frozen=True)
class Plan:
    """The jobs that are to be done, and the records of the videos that need nothing."""

    jobs: list[VideoJob]
    settled: list[Record]


class Batch:
    """One run of `batch`; holds what its steps share."""

    def __init__(self, settings: BatchSettings, reporter: Reporter, cancellation: Cancellation) -> None:
        self._settings = settings
        self._reporter = reporter
        self._cancellation = cancellation
        self._ledger = Ledger(settings.output)
        self._rows: list[Row] = []
        self._started_s = time.monotonic()

    def run(self, make_runner: Callable[[], Runner], threads: int | None) -> None:
        """Estimate everything and report it.

        Raises:
            OptionError, VideoError, OutputError, EngineError: nothing could be begun; see `find_videos`,
                `Ledger.opened` and the runner.
            SomeFailedError: everything was tried, and some videos failed.
            CancelledError: the user stopped it; what was finished stays.
        """
        _check_places(self._settings)
        with self._ledger.opened(self._settings.folder):
            _check_estimate(self._settings)
            videos = self._find_videos()
            plan = self._make_plan(videos, threads)
            try:
                self._carry_out(plan, make_runner)
            except CancelledError:
                self._sum_up(videos)
                raise
            self._sum_up(videos)
        self._report_end()

    def _find_videos(self) -> list[str]:
        def report(error: OSError) -> None:
            message = f"The folder {error.filename} cannot be read ({error.strerror}), so its videos are left out."
            self._reporter.emit(Warning("folder_not_read", message))

        settings = self._settings
        return find_videos(settings.folder, settings.is_recursive, settings.output, report)

    def _make_plan(self, videos: list[str], threads: int | None) -> Plan:
        settings, plan = self._settings, Plan([], [])
        options = comparable_options(settings.estimate, settings.has_overlays)
        taken = {video: record.name for video, record in self._ledger.read_all().items()}
        names, run = assign_names(videos, taken), uuid.uuid4().hex
        for video in videos:
            self._cancellation.check()
            job = VideoJob(
                video, names[video], settings.folder, settings.output, read_stamp(settings.folder / video),
                settings.estimate, options, settings.has_overlays, settings.is_everything_new, run, threads,
            )  # fmt: skip
            record = find_settled(job)
            if record:
                plan.settled.append(record)
            else:
                plan.jobs.append(job)
        return plan

    def _carry_out(self, plan: Plan, make_runner: Callable[[], Runner]) -> None:
        count = len(plan.jobs) + len(plan.settled)
        for record in plan.settled:
            self._report(record, count, is_new=False)
        if not plan.jobs:
            return
        progress = BatchProgress(self._reporter, {job.video: job.stamp.size for job in plan.jobs}, len(plan.settled))
        plan.jobs[0].run_folder.mkdir(parents=True)
        with closing(make_runner().run(plan.jobs, progress, self._cancellation)) as records:
            for record in records:
                progress.settle(record.video, record.state != "failed")
                self._report(record, count, is_new=True)

    def _report(self, record: Record, count: int, is_new: bool) -> None:
        """Add the row of a settled video, and say it."""
        state = "skipped" if record.state == "done" and not is_new else record.state
        paths = tuple(str(self._settings.output / name) for name in record.files)
        seconds = record.seconds if is_new else 0.0
        row = Row(record.video, state, seconds, record.frames, record.people, record.message, paths)
        self._rows.append(row)
        self._reporter.emit(
            VideoReport(
                row.video, state, len(self._rows), count, seconds, row.frames, row.people, row.message, row.paths
            )
        )

    def _sum_up(self, videos: list[str]) -> None:
        """Write the summary files and say where they are; also when the batch was cancelled."""
        settled = {row.video: row for row in self._rows}
        rows = [settled.get(video) or Row(video, "not reached") for video in videos]
        csv, json = map(str, write_summary(rows, self._settings.output))
        seconds = round(time.monotonic() - self._started_s, 2)
        self._reporter.emit(Summary(count_states(rows), csv, json, seconds))

    def _report_end(self) -> None:
        states = count_states(self._rows)
        failed = states.get("failed", 0)
        if failed:
            raise SomeFailedError(
                f"{failed} of {len(self._rows)} videos failed.", "The table says why; run it again to try them again."
            )
        motions = [path for row in self._rows for path in row.paths if path.endswith(".npz")]
        self._reporter.emit(Result(tuple(motions), seconds={"batch": round(time.monotonic() - self._started_s, 2)}))


def _check_places(settings: BatchSettings) -> None:
    """Refuse outputs that the next run would take for videos, and make the outputs' folder."""
    if settings.has_overlays and settings.folder.is_relative_to(settings.output):
        raise OptionError(
            "With --overlay the outputs must not go to the videos' own folder.", "Choose another --output."
        )
    check_folder(settings.folder)
    try:
        settings.output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"The folder {settings.output} cannot be made ({error.strerror}).", "Choose another --output."
        ) from error


def _check_estimate(settings: BatchSettings) -> None:
    """Raise OptionError for what would be wrong with every video."""
    probe = settings.output / "probe.npz"
    check_settings(EstimateSettings(video=Path(probe.name), output=probe, **settings.estimate))


def run_batch(
    settings: BatchSettings,
    reporter: Reporter,
    cancellation: Cancellation,
    make_runner: Callable[[], Runner],
    threads: int | None,
) -> None:
    """Run one batch; `threads` is each video's share of the processor, None for the usual. See Batch.run."""
    Batch(settings, reporter, cancellation).run(make_runner, threads)
