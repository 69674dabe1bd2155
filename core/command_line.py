"""The command line: reads the options, runs one command, turns errors into a sentence, an event and an exit code."""

import argparse
import contextlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from .cancellation import listen_for_cancel, run_cancellable
from .development_commands import add_development_commands
from .errors import EXIT_DONE, CancelledError, JointwiseError, OptionError
from .protocol import Error, Hello
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
    """Run one command; return the exit code: 0 done, 2 unusable input, 3 nobody found, 130 cancelled."""
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
        return _report_failure(_describe_defect(error), reporter)
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


def _describe_defect(error: Exception) -> JointwiseError:
    """Return what should not have happened as a sentence with the place in our code."""
    traceback = error.__traceback__
    while traceback and traceback.tb_next:
        traceback = traceback.tb_next
    place = (
        f"{Path(traceback.tb_frame.f_code.co_filename).name}:{traceback.tb_lineno}" if traceback else "unknown place"
    )
    message = f"An unexpected error stopped the work: {type(error).__name__}: {error} ({place})."
    return JointwiseError(message, "Please report this sentence together with the video's format.")


def _file(name: str) -> Path:
    """Return the path of an argument; OpenCV dies of names that are not text."""
    try:
        name.encode()
    except UnicodeEncodeError:
        raise argparse.ArgumentTypeError(f"the name {name!r} is not valid UTF-8; rename the file") from None
    return Path(name)


def _build_parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m core", description="Motion capture from a video.")
    parser.add_argument("--version", action="version", version=read_version())
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)
    _add_estimate(commands)
    _add_people(commands)
    _add_overlay(commands)
    _add_contact_sheet(commands)
    _add_features(commands)
    add_development_commands(commands)
    return parser


def _add_estimate(commands: "argparse._SubParsersAction[_Parser]") -> None:
    command = commands.add_parser("estimate", help="video in, motion file out")
    command.add_argument("--output", type=_file, required=True, metavar="OUT.npz", help="the main person's motion file")
    _add_tracking(command)
    command.add_argument(
        "--people",
        default="main",
        metavar="WHO",
        help="main, all, or people such as 1,3: numbers in order of size times screen time, or places FRAME@X:Y such "
        "as 12@0.43:0.61 (the command people prints them) for whoever's hips are nearest to that place in that frame, "
        "in shares of the picture from its left upper corner; the first one's file is OUT.npz, the others' are "
        "OUT_person3.npz and so on (default: main)",
    )
    command.add_argument(
        "--backbone",
        choices=["blazepose", "pare", "onnx"],
        default="blazepose",
        help="what looks at each frame: the bundled network, your PARE weights, or your own network",
    )
    _add_quality(command, "balanced")
    command.add_argument("--checkpoint", type=_file, metavar="FILE", help="pare: your weights")
    command.add_argument("--temporal-weights", type=_file, metavar="FILE", help="pare: trained motion prior")
    command.add_argument("--network", type=_file, metavar="FILE.toml", help="onnx: the description of your network")
    command.add_argument("--smpl", type=_file, metavar="FILE", help="pare, onnx: your neutral SMPL file")
    command.add_argument(
        "--window",
        default="track",
        metavar="track|N",
        help="frames that the temporal network sees at once: the whole track, or a sliding window (the paper's is 16)",
    )
    command.add_argument(
        "--root",
        choices=["refined", "weak"],
        default="refined",
        help="refined: fit pose and place to the whole track (bundled backbone only); weak: each frame's own, smoothed",
    )
    command.add_argument(
        "--focal-length",
        type=float,
        metavar="PX",
        dest="focal_length_px",
        help="in pixels of the video (default: the video's metadata, else 0.75 of the picture's diagonal)",
    )
    command.add_argument("--focal-length-35mm", type=float, metavar="MM", help="instead: the 35 mm equivalent")
    command.add_argument("--overlay", type=_file, metavar="FILE.mp4", help="also draw the body over the video")
    command.set_defaults(run=_run_estimate)


def _add_tracking(command: argparse.ArgumentParser) -> None:
    """Add what every command takes that follows people through a video."""
    command.add_argument("video", type=_file, help="the video; it is only read")
    command.add_argument("--start", type=int, default=0, metavar="N", help="first frame, counted from 0 (default: 0)")
    command.add_argument("--end", type=int, metavar="N", help="first frame that is not used (default: to the end)")
    command.add_argument(
        "--device", choices=["auto", "cpu", "cuda", "mps"], default="auto", help="where the networks run"
    )
    command.add_argument("--engine", choices=["auto", "onnx", "torch"], default="auto", help="what runs the networks")
    command.add_argument(
        "--detector-weights", type=_file, metavar="FILE", help="your own YOLO weights (needs ultralytics)"
    )
    command.add_argument("--json", action="store_true", help="events as JSON lines on stdout")


def _add_quality(command: argparse.ArgumentParser, default: str) -> None:
    command.add_argument(
        "--quality",
        choices=["fast", "balanced", "best"],
        default=default,
        help="exactness against time: fast is about three times as fast as balanced, best takes up to twice as long "
        f"(default: {default})",
    )
    command.add_argument(
        "--model", choices=["heavy", "full"], help="the landmark network, where it is not to be the quality's"
    )


def _run_estimate(options: argparse.Namespace, reporter: Reporter) -> None:
    cancellation = listen_for_cancel()
    fields = {name: value for name, value in vars(options).items() if name not in ("run", "json")}

    def work() -> None:
        from .pipeline import estimate

        estimate(EstimateSettings(**fields), reporter, cancellation)

    run_cancellable(work, cancellation)


def _add_people(commands: "argparse._SubParsersAction[_Parser]") -> None:
    command = commands.add_parser("people", help="who is in a video, for how long, and where")
    _add_tracking(command)
    _add_quality(command, "fast")
    command.add_argument(
        "--thumbnails", type=_file, metavar="DIR", help="folder for a picture of each person: person1.png and so on"
    )
    command.set_defaults(run=_run_people)


def _run_people(options: argparse.Namespace, reporter: Reporter) -> None:
    cancellation = listen_for_cancel()
    fields = {name: value for name, value in vars(options).items() if name not in ("run", "json")}

    def work() -> None:
        from .people_scan import scan_people

        scan_people(PeopleSettings(**fields), reporter, cancellation)

    run_cancellable(work, cancellation)


def _add_overlay(commands: "argparse._SubParsersAction[_Parser]") -> None:
    command = commands.add_parser("overlay", help="draw motion files over their video")
    command.add_argument("video", type=_file)
    command.add_argument("--motion", type=_file, required=True, action="append", help="may be given several times")
    _add_smpl(command)
    command.add_argument("--output", type=_file, required=True, metavar="FILE.mp4")
    command.add_argument("--json", action="store_true", help="events as JSON lines on stdout")
    command.set_defaults(run=_run_overlay)


def _add_smpl(command: argparse.ArgumentParser) -> None:
    command.add_argument("--smpl", type=_file, metavar="FILE", help="your SMPL file, for motions on that body")


def _run_overlay(options: argparse.Namespace, reporter: Reporter) -> None:
    cancellation = listen_for_cancel()

    def work() -> None:
        from .overlay import draw_overlay

        draw_overlay(options.video, options.motion, options.output, options.smpl, reporter, cancellation)

    run_cancellable(work, cancellation)


def _add_contact_sheet(commands: "argparse._SubParsersAction[_Parser]") -> None:
    command = commands.add_parser("contact-sheet", help="source, overlay and rendered views in one picture")
    command.add_argument("--video", type=_file, required=True)
    command.add_argument("--motion", type=_file, required=True)
    command.add_argument("--renders", type=_file, help="folder of frame_000123.png files")
    _add_smpl(command)
    command.add_argument("--output", type=_file, required=True, metavar="FILE.png")
    command.set_defaults(run=_run_contact_sheet)


def _run_contact_sheet(options: argparse.Namespace, reporter: Reporter) -> None:
    from .contact_sheet import write_contact_sheet

    write_contact_sheet(options.video, options.motion, options.renders, options.output, options.smpl)


def _add_features(commands: "argparse._SubParsersAction[_Parser]") -> None:
    command = commands.add_parser("features", help="what a backbone computes on crops")
    command.add_argument("crops", type=_file, help="npz with crops (N, 224, 224, 3) uint8 RGB")
    command.add_argument("--backbone", choices=["pare"], default="pare")
    command.add_argument("--checkpoint", type=_file, help="PARE's weights")
    command.add_argument("--config", type=_file, metavar="FILE.yaml", help="PARE's settings (default: the file beside)")
    command.add_argument("--part-maps", action="store_true", help="write the part maps too")
    command.add_argument("--device", choices=["auto", "cpu", "cuda", "mps"], default="auto")
    command.add_argument("--output", type=_file, required=True, metavar="OUT.npz")
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
