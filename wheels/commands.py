"""The command line of dev.py."""

import argparse
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from .console import SetupError, run_through, say
from .environments import ensure_environment
from .layout import BLENDER_PYTHONS, DEV_FOLDER, DIST_FOLDER, ROOT
from .wheel_list import PLATFORMS, SIZE_BUDGETS_BYTES

_NEED_ONNX_FILES: Final = {"estimate", "batch", "features"}
_NEED_TORCH: Final = {"train", "evaluate"}


def run_command_line(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; what cannot be set up is said in one message."""
    # The core's and pytest's own options must reach them untouched, `--help` too.
    command, rest = (arguments[0], list(arguments[1:])) if arguments else ("", [])
    try:
        if command == "core":
            return _core(rest)
        if command == "test":
            from .run_tests import run_tests

            return run_tests(rest)
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
    build = commands.add_parser("build", help="make the extension zips in dist/")
    build.add_argument("--platform", default="linux-x64", choices=[*PLATFORMS, "all"], help="linux-x64 by default")
    build.add_argument("--python", choices=["cp311", "cp313"], help="only the zip for this Python")
    build.add_argument("--variant", default="standard", choices=sorted(SIZE_BUDGETS_BYTES), help="what is in the zip")
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
    if options.command == "demo":
        from .demo import run_demo

        return run_demo(options.video, options.output)
    if options.command == "build":
        from .build_zip import build_zips

        return build_zips(options.platform, options.python, options.variant)
    if options.command == "check-install":
        from .check_install import check_install

        return check_install(options.blender or [])
    if options.command == "release":
        from .release import make_release

        return make_release()
    if options.command == "lint":
        return _lint()
    if options.command == "lock":
        from .locks import make_locks

        make_locks(options.only_zips)
    if options.command == "missing-libraries":
        from .system_libraries import debian_packages_for, missing_libraries

        print(" ".join(debian_packages_for(missing_libraries())))
    if options.command == "clean":
        _clean()
    return 0


def _core(arguments: list[str]) -> int:
    command = arguments[0] if arguments else ""
    python = ensure_environment("test" if command in _NEED_TORCH else "core")
    if command in _NEED_ONNX_FILES:
        from .onnx_assets import ensure_onnx_files

        ensure_onnx_files(python)
    # Paths among the arguments are relative to where the user is, so the folder is not changed.
    return run_through([python, "-m", "core", *arguments], {"PYTHONPATH": str(ROOT)})


def _lint() -> int:
    python = ensure_environment("test")
    checks = (["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy", "core", "wheels", "dev.py"])
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


def _clean() -> None:
    for folder in (DEV_FOLDER, DIST_FOLDER, ROOT / "core" / "assets" / "onnx"):
        shutil.rmtree(folder, ignore_errors=True)
    for name in (".mypy_cache", ".ruff_cache", ".pytest_cache"):
        shutil.rmtree(ROOT / name, ignore_errors=True)
    say("Removed .dev, dist, the ONNX files and the caches of the tools.")
