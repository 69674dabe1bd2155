"""The command line of dev.py."""

import argparse
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from .console import SetupError, run_through, say
from .environments import ensure_environment
from .layout import BLENDER_PYTHONS, DEV_FOLDER, DIST_FOLDER, ROOT
from .wheel_list import PLATFORMS, SIZE_BUDGETS_BYTES

_NEED_ONNX_FILES: Final = {"estimate", "batch", "features"}
_SUITES: Final = {"fuzz": "tests.fuzz", "faults": "tests.faults"}
_NEED_TORCH: Final = {"train", "evaluate"}


def run_command_line(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; what cannot be set up is said in one message."""
    # The core's and pytest's own options must reach them untouched, `--help` too.
    command, rest = (arguments[0], list(arguments[1:])) if arguments else ("", [])
    try:
        if command == "core":
            return _core(rest)
        if command == "bench":
            from .bench import run_bench

            return run_bench(rest)
        if command == "test":
            from .run_tests import run_tests

            return run_tests(rest)
        if command in _SUITES:
            return _suite(_SUITES[command], rest)
        return _run_parsed(_parser().parse_args(arguments))
    except SetupError as error:
        say(str(error))
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dev.py", description="Run, test and build Jointwise.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    demo = commands.add_parser("demo", help="run the add-on on a video in background Blender and show the result")
    demo.add_argument("video", nargs="?", metavar="VIDEO", help="the video; a walk by default")
    demo.add_argument("--output", default="demo-output", metavar="DIR", help="where the results go (demo-output)")
    commands.add_parser(
        "test", help="run all tests, with --all-blenders in 4.5 too; others go to pytest", add_help=False
    )
    commands.add_parser("core", help="run the core's command line in its environment", add_help=False)
    commands.add_parser("fuzz", help="feed broken files by the thousand and count what became of them", add_help=False)
    commands.add_parser("faults", help="kill, starve and hinder the core and count what survives", add_help=False)
    commands.add_parser("bench", help="speed and memory, beside MediaPipe's on the same clips", add_help=False)
    build = commands.add_parser("build", help="make the extension zips in dist/")
    build.add_argument("--platform", default="linux-x64", choices=[*PLATFORMS, "all"], help="linux-x64 by default")
    build.add_argument("--python", choices=["cp311", "cp313"], help="only the zip for this Python")
    build.add_argument("--variant", default="standard", choices=sorted(SIZE_BUDGETS_BYTES), help="what is in the zip")
    commands.add_parser("docs", help="write the documentation as a site into dist/docs")
    pictures = commands.add_parser("pictures", help="take the pictures of the guide in a real window")
    pictures.add_argument("--blender", metavar="PATH", help="a windowed Blender; needs Xvfb, openbox, xdotool, scrot")
    pictures.add_argument("--zip", metavar="ZIP", help="an extension zip that this Blender takes")
    pictures.add_argument("--curves", action="store_true", help="draw the curves of the cleanup, without a window")
    check = commands.add_parser("check-install", help="the zips in fresh Blenders without a network, with times")
    check.add_argument("--blender", action="append", choices=list(BLENDER_PYTHONS), help="only this one; repeatable")
    commands.add_parser("release", help="all zips, the index that Blender subscribes to, and checksums")
    commands.add_parser("lint", help="ruff check, ruff format --check, mypy")
    lock = commands.add_parser("lock", help="resolve wheels/locks/*.in afresh and write what is pinned")
    lock.add_argument("--only-zips", action="store_true", help="leave the environments' locks as they are")
    commands.add_parser("missing-libraries", help="print the Debian packages that bpy lacks on this machine")
    commands.add_parser("clean", help="remove environments, caches and built files")
    return parser


def _run_parsed(options: argparse.Namespace) -> int:
    run: Callable[[argparse.Namespace], int] = _PARSED[options.command]
    return run(options)


def _demo(options: argparse.Namespace) -> int:
    from .demo import run_demo

    return run_demo(options.video, options.output)


def _build(options: argparse.Namespace) -> int:
    from .build_zip import build_zips

    return build_zips(options.platform, options.python, options.variant)


def _check_install(options: argparse.Namespace) -> int:
    from .check_install import check_install

    return check_install(options.blender or [])


def _docs(_: argparse.Namespace) -> int:
    from .docs_site import build_docs

    return build_docs()


def _pictures(options: argparse.Namespace) -> int:
    from .pictures import take_pictures

    return take_pictures(options.blender, options.zip, options.curves)


def _release(_: argparse.Namespace) -> int:
    from .release import make_release

    return make_release()


def _lock(options: argparse.Namespace) -> int:
    from .locks import make_locks

    make_locks(options.only_zips)
    return 0


def _missing_libraries(_: argparse.Namespace) -> int:
    from .system_libraries import debian_packages_for, missing_libraries

    print(" ".join(debian_packages_for(missing_libraries())))
    return 0


def _core(arguments: list[str]) -> int:
    command = arguments[0] if arguments else ""
    python = ensure_environment("test" if command in _NEED_TORCH else "core")
    if command in _NEED_ONNX_FILES:
        from .onnx_assets import ensure_onnx_files

        ensure_onnx_files(python)
    # Paths among the arguments are relative to where the user is, so the folder is not changed.
    return run_through([python, "-m", "core", *arguments], {"PYTHONPATH": str(ROOT)})


def _suite(module: str, arguments: list[str]) -> int:
    """Run one of the long suites of tests in the test environment; what it keeps lands where the user is."""
    from .onnx_assets import ensure_onnx_files

    python, core_python = ensure_environment("test"), ensure_environment("core")
    ensure_onnx_files(core_python)
    environ = {"PYTHONPATH": str(ROOT), "JOINTWISE_PYTHON": str(core_python)}
    return run_through([python, "-m", module, *arguments], environ)


def _lint(_: argparse.Namespace) -> int:
    python = ensure_environment("test")
    checks = (["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy", "core", "wheels", "docs", "dev.py"])
    # All run, so that one look shows everything.
    codes = [run_through([python, "-m", *check], cwd=ROOT) for check in checks]
    # In Blender the root is a package, and the add-on imports the core as its sibling: mypy must see it so too.
    settings = ["--config-file", str(ROOT / "pyproject.toml")]
    codes.append(
        run_through(
            [python, "-m", "mypy", *settings, "-p", "jointwise.blender_addon"], cwd=_folder_with_root_as_package()
        )
    )
    return max(codes)


def _folder_with_root_as_package() -> Path:
    """Return a folder in which the root is the package `jointwise`, whatever the checkout's folder is called."""
    folder = DEV_FOLDER / "typecheck"
    link = folder / "jointwise"
    if not link.is_symlink():
        folder.mkdir(parents=True, exist_ok=True)
        link.symlink_to(ROOT, target_is_directory=True)
    return folder


def _clean(_: argparse.Namespace) -> int:
    for folder in (DEV_FOLDER, DIST_FOLDER, ROOT / "core" / "assets" / "onnx"):
        shutil.rmtree(folder, ignore_errors=True)
    for name in (".mypy_cache", ".ruff_cache", ".pytest_cache"):
        shutil.rmtree(ROOT / name, ignore_errors=True)
    say("Removed .dev, dist, the ONNX files and the caches of the tools.")
    return 0


_PARSED: Final = {
    "demo": _demo,
    "build": _build,
    "check-install": _check_install,
    "docs": _docs,
    "pictures": _pictures,
    "release": _release,
    "lint": _lint,
    "lock": _lock,
    "missing-libraries": _missing_libraries,
    "clean": _clean,
}
