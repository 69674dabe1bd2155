"""Every import of what ships finds its module: in Python, in Blender, in the zip, or in the wheels of that very zip."""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from wheels.layout import ROOT
from wheels.stage import shipped_files
from wheels.wheel_contents import WheelContents
from wheels.wheel_list import ZIP_TARGETS, WheelList, ZipTarget, load_wheel_list

BLENDERS_OWN = {"bpy", "mathutils", "addon_utils", "bl_pkg", "numpy", "gpu", "bmesh", "bpy_extras"}

NOT_BROUGHT = {"torch", "safetensors", "ultralytics", "lap", "ray", "onnx", "rich", "tqdm", "torchvision"}
"""What a user may add; shipped code asks for these only inside functions, or in modules that are reached so."""

NOT_SHIPPED = ("core.bench", "core.training", "core.conversion")
"""Development only; the command line imports them inside the commands of developers."""

GONE_FROM_313 = {
    *("aifc", "asynchat", "asyncore", "audioop", "cgi", "cgitb", "chunk", "crypt", "distutils", "imghdr", "imp"),
    *("lib2to3", "mailcap", "msilib", "nis", "nntplib", "ossaudiodev", "pipes", "smtpd", "sndhdr", "spwd", "sunau"),
    *("telnetlib", "uu", "xdrlib"),
}
NOT_ON_WINDOWS = {"curses", "fcntl", "grp", "posix", "pty", "pwd", "readline", "resource", "syslog", "termios", "tty"}
ONLY_ON_WINDOWS = {"msvcrt", "winreg", "winsound", "nt", "_winapi"}


def guarded_imports(tree: ast.AST) -> set[ast.AST]:
    """The imports below a try or an if, which may fail or not run on a system."""
    blocks = [node for node in ast.walk(tree) if isinstance(node, ast.Try | ast.If)]
    return {inner for block in blocks for inner in ast.walk(block)}


@cache
def imports_of(path: Path) -> tuple[tuple[int, str, bool], ...]:
    """Line, dotted name and whether it is guarded, of each absolute import of a file."""
    return tuple(_imports_of(path))


def _imports_of(path: Path) -> Iterator[tuple[int, str, bool]]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    guarded = guarded_imports(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name, node in guarded
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.lineno, node.module, node in guarded


def relative_imports_of(name: str) -> Iterator[tuple[int, str]]:
    """Line and dotted module of each relative import of a shipped file, from the extension's root."""
    package = name.split("/")[:-1]
    for node in ast.walk(ast.parse((ROOT / name).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level > 0:
            base = package[: len(package) - node.level + 1]
            yield node.lineno, ".".join([*base, *(node.module or "").split(".")]).strip(".")


def standard_modules(target: ZipTarget) -> set[str]:
    modules = set(sys.stdlib_module_names) | ONLY_ON_WINDOWS
    modules -= GONE_FROM_313 if target.python == "cp313" else set()
    return modules - (NOT_ON_WINDOWS if target.platform == "windows-x64" else ONLY_ON_WINDOWS)


def unresolved(target: ZipTarget, wheels: WheelList, name: str) -> list[str]:
    """The imports of one shipped file that nothing on the target answers."""
    brought = {module for contents in wheels.contents.values() for module in contents.modules}
    tops, standard = {module.partition(".")[0] for module in brought}, standard_modules(target)
    wrong = []
    for line, module, is_guarded in imports_of(ROOT / name):
        top, first_two = module.partition(".")[0], ".".join(module.split(".")[:2])
        if top in standard or (is_guarded and top in NOT_ON_WINDOWS | ONLY_ON_WINDOWS):
            continue
        if name.startswith("blender_addon/") or name == "__init__.py":
            is_found = top in BLENDERS_OWN
        else:
            is_found = first_two in brought if top in tops else top in NOT_BROUGHT
        if not is_found:
            wrong.append(f"{name}:{line} imports {module}")
    return wrong


@pytest.mark.parametrize("target", ZIP_TARGETS, ids=lambda target: target.name)
def test_every_import_resolves_on_the_target(target: ZipTarget) -> None:
    wheels = load_wheel_list(target)
    scripts = [name for name in shipped_files() if name.endswith(".py")]
    assert len(scripts) > 100
    assert [line for name in scripts for line in unresolved(target, wheels, name)] == []


@pytest.mark.parametrize("target", ZIP_TARGETS[2:4], ids=lambda target: target.name)
def test_a_module_that_no_wheel_brings_is_found_out(target: ZipTarget) -> None:
    wheels = load_wheel_list(target)
    without = {name: contents for name, contents in wheels.contents.items() if not name.startswith("scipy")}
    found = unresolved(target, WheelList(target, wheels.files, without), "core/smoothing.py")
    assert found
    assert all("scipy" in line for line in found)
    only_top = {**without, "scipy-0-py3-none-any.whl": WheelContents("MIT", 1, ("scipy",))}
    assert unresolved(target, WheelList(target, wheels.files, only_top), "core/smoothing.py") == found


def test_relative_imports_stay_within_what_ships() -> None:
    files = set(shipped_files())
    wrong = []
    for name in (name for name in files if name.endswith(".py")):
        for line, module in relative_imports_of(name):
            path = module.replace(".", "/")
            is_there = not path or f"{path}.py" in files or f"{path}/__init__.py" in files
            if not is_there and not module.startswith(NOT_SHIPPED):
                wrong.append(f"{name}:{line} imports {module}")
    assert wrong == []
