"""The options that `estimate`, `batch` and `people` share, and how a file is named on the command line."""

import argparse
from pathlib import Path


def file_argument(name: str) -> Path:
    """Return the path of an argument; OpenCV dies of names that are not text."""
    try:
        name.encode()
    except UnicodeEncodeError:
        raise argparse.ArgumentTypeError(f"the name {name!r} is not valid UTF-8; rename the file") from None
    return Path(name)


def positive_int(text: str) -> int:
    """Return the whole number, at least 1, of an argument."""
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return number


def add_tracking_options(command: argparse.ArgumentParser, quality: str) -> None:
    """Add what can be chosen where people are followed through a video.

    Args:
        quality: the default.
    """
    command.add_argument("--start", type=int, default=0, metavar="N", help="first frame, counted from 0 (default: 0)")
    command.add_argument("--end", type=int, metavar="N", help="first frame that is not used (default: to the end)")
    command.add_argument(
        "--quality",
        choices=["fast", "balanced", "best"],
        default=quality,
        help="exactness against time: fast looks at about eight frames a second, best at each frame twice "
        f"(default: {quality})",
    )
    command.add_argument(
        "--model", choices=["heavy", "full"], help="the landmark network, where it is not to be the quality's"
    )
    command.add_argument(
        "--device", choices=["auto", "cpu", "cuda", "mps"], default="auto", help="where the networks run"
    )
    command.add_argument("--engine", choices=["auto", "onnx", "torch"], default="auto", help="what runs the networks")
    command.add_argument(
        "--threads", type=positive_int, metavar="N", help="processor threads of each network (default: 2)"
    )
    command.add_argument(
        "--detector",
        choices=["auto", "blazepose", "nanodet", "yolo"],
        default="auto",
        help="what finds people: blazepose, nanodet, your own yolo, or auto for your own where its weights are given, "
        "else both bundled ones (default: auto)",
    )
    command.add_argument(
        "--detector-weights", type=file_argument, metavar="FILE", help="your own YOLO weights (needs ultralytics)"
    )


def add_estimate_options(command: argparse.ArgumentParser) -> None:
    """Add what can be chosen for the estimate of any video."""
    add_tracking_options(command, "balanced")
    command.add_argument(
        "--people",
        default="main",
        metavar="WHO",
        help="main, all, or people such as 1,3: numbers in order of size times screen time, or places FRAME@X:Y such "
        "as 12@0.43:0.61 (the command people prints them) for whoever's hips are nearest to that place in that frame, "
        "in shares of the picture from its left upper corner; where the wrong one was followed for a time, pieces of "
        "one person with + between them, each with its frames in brackets, the last one exclusive, such as "
        "'12@0.43:0.61[0:45]+60@0.2:0.5[45:]'; the first one's file is OUT.npz, the others' are "
        "OUT_person3.npz and so on (default: main)",
    )
    command.add_argument(
        "--backbone",
        choices=["blazepose", "pare", "onnx"],
        default="blazepose",
        help="what looks at each frame: the bundled network, your PARE weights, or your own network",
    )
    command.add_argument("--checkpoint", type=file_argument, metavar="FILE", help="pare: your weights")
    command.add_argument("--temporal-weights", type=file_argument, metavar="FILE", help="pare: trained motion prior")
    command.add_argument(
        "--network", type=file_argument, metavar="FILE.toml", help="onnx: the description of your network"
    )
    command.add_argument("--smpl", type=file_argument, metavar="FILE", help="pare, onnx: your neutral SMPL file")
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
