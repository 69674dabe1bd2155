"""The options of `batch` on the command line; its code is imported when it runs."""

import argparse
import atexit
import os
import sys
from contextlib import redirect_stdout, suppress
from pathlib import Path
from typing import Any

from ..cancellation import Cancellation, listen_for_cancel, run_cancellable
from ..errors import EXIT_CANCELLED, CancelledError, OptionError
from ..estimate_options import add_estimate_options, file_argument, positive_int
from ..reporting import Reporter
from .settings import DEFAULT_OUTPUT, BatchSettings, RaySettings

_OWN = ("folder", "output", "recursive", "overlay", "again", "jobs", "json", "run")


def add_batch(commands: Any) -> None:
    """Add the command to the parser."""
    command = commands.add_parser("batch", help="every video of a folder; goes on where it was stopped")
    command.add_argument("folder", type=file_argument, metavar="FOLDER", help="holds the videos; they are only read")
    command.add_argument(
        "--output",
        type=file_argument,
        metavar="FOLDER",
        help=f"for the motion files, in the same folders as the videos (default: FOLDER/{DEFAULT_OUTPUT})",
    )
    command.add_argument("--recursive", action="store_true", help="also the folders inside")
    command.add_argument("--overlay", action="store_true", help="also draw the body over each video")
    command.add_argument("--again", action="store_true", help="estimate also what is done")
    command.add_argument(
        "--jobs", type=positive_int, default=1, metavar="N", help="videos at a time on this machine (default: 1)"
    )
    command.add_argument("--json", action="store_true", help="events as JSON lines on stdout")
    _add_ray_options(command.add_argument_group("on a Ray cluster (needs the package ray)"))
    add_estimate_options(command)
    command.set_defaults(run=_run_batch)


def _add_ray_options(group: Any) -> None:
    group.add_argument("--ray", metavar="ADDRESS", help="auto, local, HOST:PORT, or ray://HOST:PORT")
    group.add_argument("--ray-cpus", type=float, default=2.0, metavar="N", help="processors of a video (default: 2)")
    group.add_argument(
        "--ray-gpus", type=float, default=0.0, metavar="N", help="graphics cards, such as 0.5 (default: 0)"
    )
    group.add_argument(
        "--ray-retries",
        type=int,
        default=3,
        metavar="N",
        help="how often a lost machine's video starts anew (default: 3)",
    )


def _run_batch(options: argparse.Namespace, reporter: Reporter) -> None:
    settings = read_settings(options)
    cancellation = listen_for_cancel()
    if not options.json:
        from .terminal import BatchTerminalReporter

        reporter = BatchTerminalReporter()
    run_cancellable(lambda: _work(settings, reporter, cancellation), cancellation)


def _work(settings: BatchSettings, reporter: Reporter, cancellation: Cancellation) -> None:
    from .run import run_batch

    if settings.ray is not None:
        _work_on_ray(settings, settings.ray, reporter, cancellation)
        return
    from .runners import LocalRunner

    threads_each = None if settings.jobs == 1 else max(1, _processor_count() // settings.jobs)
    run_batch(settings, reporter, cancellation, lambda: LocalRunner(settings.jobs), threads_each)


def _work_on_ray(settings: BatchSettings, ray: RaySettings, reporter: Reporter, cancellation: Cancellation) -> None:
    from .ray_runner import RayRunner
    from .run import run_batch

    threads = max(1, int(ray.cpus_per_video))
    try:
        # Ray prints on stdout what becomes of its machines; stdout is the reporter's alone.
        with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
            run_batch(settings, reporter, cancellation, lambda: RayRunner(ray, reporter), threads)
    except CancelledError:
        # Ray takes seconds to take a cluster of its own down, which ends with this process all the same.
        atexit.register(_end_at_once)
        raise


def _end_at_once() -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            stream.flush()
    os._exit(EXIT_CANCELLED)


def read_settings(options: argparse.Namespace) -> BatchSettings:
    """Return what the parsed options ask for; paths become absolute, because others will open them.

    Raises:
        OptionError: an option of Ray's without --ray, or one that cannot be.
    """
    folder = options.folder.resolve()
    own = (*_OWN, "ray", "ray_cpus", "ray_gpus", "ray_retries")
    estimate = {name: value for name, value in vars(options).items() if name not in own}
    estimate = {name: value.resolve() if isinstance(value, Path) else value for name, value in estimate.items()}
    return BatchSettings(
        folder=folder,
        output=options.output.resolve() if options.output else folder / DEFAULT_OUTPUT,
        is_recursive=options.recursive,
        has_overlays=options.overlay,
        is_everything_new=options.again,
        jobs=options.jobs,
        estimate=estimate,
        ray=_read_ray(options),
    )


def _read_ray(options: argparse.Namespace) -> RaySettings | None:
    if options.ray is None:
        return None
    settings = RaySettings(options.ray, options.ray_cpus, options.ray_gpus, options.ray_retries)
    if not (settings.cpus_per_video > 0 and settings.gpus_per_video >= 0 and settings.retries >= 0):
        raise OptionError("--ray-cpus must be more than 0, --ray-gpus and --ray-retries at least 0.")
    return settings


def _processor_count() -> int:
    """Return the processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
