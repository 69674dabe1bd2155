"""The command line: reads the options, runs one command, turns errors into a sentence, an event and an exit code."""

import argparse
import contextlib
import sys
import threading
from collections.abc import Sequence
from typing import Any, NoReturn

from .batch.command import add_batch
from .cancellation import listen_for_cancel, run_cancellable
from .development_commands import add_development_commands
from .errors import EXIT_DONE, CancelledError, JointwiseError, OptionError, describe_defect
from .estimate_options import add_estimate_options, add_tracking_options, file_argument
from .protocol import Error, Hello, Status
from .reporting import JsonReporter, Reporter, TerminalReporter
from .settings import EstimateSettings, PeopleSettings
from .version import read_version


class _Parser(argparse.ArgumentParser):
    """An argument parser whose errors are ours: one sentence, no usage text."""

    def __init__(self, **settings: Any) -> None:
        # A shortened option would change its meaning when a longer one comes to exist.
        super().__init__(**{**settings, "allow_abbrev": False})

    def error(self, message: str) -> NoReturn:
        raise OptionError(f"{message[:1].upper()}{message[1:]}.", f"See {self.prog} --help.")


def main(arguments: Sequence[str]) -> int:
    """Run one command; return the exit code: 0 done, 2 unusable input, 3 nobody found, 4 some failed, 130 cancelled."""
    reporter: Reporter = JsonReporter(sys.stdout) if "--json" in arguments else TerminalReporter()
    try:
        reporter.emit(Hello(read_version()))
        options = _build_parser().parse_args(arguments)
        options.run(options, reporter)
    except JointwiseError as error:
        return _report_failure(error, reporter)
    except (KeyboardInterrupt, BrokenPipeError):
        # Whoever stops reading, `head` say, has seen enough.
        return _report_failure(CancelledError(), reporter)
    except Exception as error:  # the one place that may catch everything
        return _report_failure(describe_defect(error), reporter)
    return EXIT_DONE


def _report_failure(error: JointwiseError, reporter: Reporter) -> int:
    """Say what went wrong as an event and as one line on stderr; return the exit code."""
    # Where nobody listens any more, the exit code is all that is left to say.
    with contextlib.suppress(OSError, CancelledError):
        reporter.emit(Error(error.code, error.message, error.hint))
    with contextlib.suppress(OSError):
        # A file's name may hold a line break.
        print(" ".join(str(error).splitlines()), file=sys.stderr)
    return error.exit_code


def _build_parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m core", description="Motion capture from a video.")
    parser.add_argument("--version", action="version", version=read_version())
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)
    _add_estimate(commands)
    _add_import(commands)
    add_batch(commands)
    _add_people(commands)
    _add_overlay(commands)
    _add_contact_sheet(commands)
    _add_features(commands)
    _add_serve(commands)
    add_development_commands(commands)
    return parser


def _add_estimate(commands: "argparse._SubParsersAction[_Parser]") -> None:
    command = commands.add_parser("estimate", help="video in, motion file out")
    command.add_argument("video", type=file_argument, help="the video; it is only read")
    command.add_argument(
        "--output", type=file_argument, required=True, metavar="OUT.npz", help="the main person's motion file"
    )
    add_estimate_options(command)
    command.add_argument("--overlay", type=file_argument, metavar="FILE.mp4", help="also draw the body over the video")
    command.add_argument("--json", action="store_true", help="events as JSON lines on stdout")
    command.set_defaults(run=_run_estimate)


def _run_estimate(options: argparse.Namespace, reporter: Reporter) -> None:
    cancellation = listen_for_cancel()
    fields = {name: value for name, value in vars(options).items() if name not in ("run", "json")}

    def work() -> None:
        # Importing takes the longest part of a start.
        reporter.emit(Status("load"))
        from .pipeline import estimate

        estimate(EstimateSettings(**fields), reporter, cancellation)

    run_cancellable(work, cancellation)


def _add_people(commands: "argparse._SubParsersAction[_Parser]") -> None:
    command = commands.add_parser("people", help="who is in a video, for how long, and where")
    command.add_argument("video", type=file_argument, help="the video; it is only read")
    add_tracking_options(command, "fast")
    command.add_argument(
        "--thumbnails",
        type=file_argument,
        metavar="DIR",
        help="folder for a picture of each person: person1.png and so on",
    )
    command.add_argument("--json", action="store_true", help="events as JSON lines on stdout")
    command.set_defaults(run=_run_people)


def _run_people(options: argparse.Namespace, reporter: Reporter) -> None:
    cancellation = listen_for_cancel()
    fields = {name: value for name, value in vars(options).items() if name not in ("run", "json")}

    def work() -> None:
        from .people_scan import scan_people

        scan_people(PeopleSettings(**fields), reporter, cancellation)

    run_cancellable(work, cancellation)


def _add_import(commands: "argparse._SubParsersAction[_Parser]") -> None:
    command = commands.add_parser("import", help="motion of another program in, motion file out")
    command.add_argument(
        "source",
        type=file_argument,
        help="AMASS or SMPL-X npz, BVH, or a result of VIBE, PARE, WHAM, GVHMR, 4D-Humans",
    )
    command.add_argument("--output", type=file_argument, required=True, metavar="OUT.npz", help="the motion file")
    _add_smpl(command)
    command.add_argument(
        "--frame-rate", type=float, metavar="HZ", dest="frame_rate_hz", help="where the file says none, or a wrong one"
    )
    command.add_argument(
        "--up", choices=["auto", "y", "z"], default="auto", help="the axis that points up (default: the file's)"
    )
    command.add_argument("--json", action="store_true", help="events as JSON lines on stdout")
    command.set_defaults(run=_run_import)


def _run_import(options: argparse.Namespace, reporter: Reporter) -> None:
    cancellation = listen_for_cancel()
    fields = {name: value for name, value in vars(options).items() if name not in ("run", "json")}

    def work() -> None:
        from .motion_import.importer import ImportSettings, import_motion

        import_motion(ImportSettings(**fields), reporter)

    run_cancellable(work, cancellation)


def _add_overlay(commands: "argparse._SubParsersAction[_Parser]") -> None:
    command = commands.add_parser("overlay", help="draw motion files over their video")
    command.add_argument("video", type=file_argument)
    command.add_argument(
        "--motion", type=file_argument, required=True, action="append", help="may be given several times"
    )
    _add_smpl(command)
    command.add_argument("--output", type=file_argument, required=True, metavar="FILE.mp4")
    command.add_argument("--json", action="store_true", help="events as JSON lines on stdout")
    command.set_defaults(run=_run_overlay)


def _add_smpl(command: argparse.ArgumentParser) -> None:
    command.add_argument("--smpl", type=file_argument, metavar="FILE", help="your SMPL file, for motions on that body")


def _run_overlay(options: argparse.Namespace, reporter: Reporter) -> None:
    cancellation = listen_for_cancel()

    def work() -> None:
        from .overlay import draw_overlay

        draw_overlay(options.video, options.motion, options.output, options.smpl, reporter, cancellation)

    run_cancellable(work, cancellation)


def _add_contact_sheet(commands: "argparse._SubParsersAction[_Parser]") -> None:
    command = commands.add_parser("contact-sheet", help="source, overlay and rendered views in one picture")
    command.add_argument("--video", type=file_argument, required=True)
    command.add_argument("--motion", type=file_argument, required=True)
    command.add_argument("--renders", type=file_argument, help="folder of frame_000123.png files")
    _add_smpl(command)
    command.add_argument("--output", type=file_argument, required=True, metavar="FILE.png")
    command.set_defaults(run=_run_contact_sheet)


def _run_contact_sheet(options: argparse.Namespace, reporter: Reporter) -> None:
    from .contact_sheet import write_contact_sheet

    write_contact_sheet(options.video, options.motion, options.renders, options.output, options.smpl)


def _add_features(commands: "argparse._SubParsersAction[_Parser]") -> None:
    command = commands.add_parser("features", help="what a backbone computes on crops")
    command.add_argument("crops", type=file_argument, help="npz with crops (N, 224, 224, 3) uint8 RGB")
    command.add_argument("--backbone", choices=["pare"], default="pare")
    command.add_argument("--checkpoint", type=file_argument, help="PARE's weights")
    command.add_argument(
        "--config", type=file_argument, metavar="FILE.yaml", help="PARE's settings (default: the file beside)"
    )
    command.add_argument("--part-maps", action="store_true", help="write the part maps too")
    command.add_argument("--device", choices=["auto", "cpu", "cuda", "mps"], default="auto")
    command.add_argument("--output", type=file_argument, required=True, metavar="OUT.npz")
    command.set_defaults(run=_run_features)


def _run_features(options: argparse.Namespace, reporter: Reporter) -> None:
    from .features import extract_features

    extract_features(
        options.crops,
        options.backbone,
        options.checkpoint,
        options.output,
        options.device,
        options.config,
        options.part_maps,
    )


def _add_serve(commands: "argparse._SubParsersAction[_Parser]") -> None:
    command = commands.add_parser("serve", help="run the commands that come as JSON lines on stdin")
    command.add_argument("--idle-seconds", type=float, default=300.0, help="end after so long without a command")
    command.add_argument("--lock", type=file_argument, metavar="FILE", help="only who holds it stays")
    command.add_argument("--json", action="store_true", required=True, help="events as JSON lines on stdout")
    command.set_defaults(run=_run_serve)


def _run_serve(options: argparse.Namespace, reporter: Reporter) -> None:
    from .serve import serve

    if not 0 < options.idle_seconds <= threading.TIMEOUT_MAX:
        raise OptionError("The idle time must be a number of seconds greater than 0.")
    serve(main, reporter, options.idle_seconds, options.lock)
