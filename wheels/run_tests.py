"""`dev.py test`: every test in the environment it belongs to, and one closing line for all of them."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from .build_zip import build_zip
from .console import run_through, say
from .environments import ensure_environment, python_for
from .layout import BLENDER_PYTHONS, DEV_FOLDER, LEFT_OUT_BLENDERS, ROOT
from .onnx_assets import ensure_onnx_files
from .system_libraries import require_bpy
from .wheel_list import ZIP_TARGETS

ZIP_TESTS: Final = (
    "tests/e2e/test_extension_zip.py",
    "tests/e2e/test_licenses.py",
    "tests/e2e/test_release_updates.py",
)
ALL_BLENDERS: Final = "--all-blenders"
_NO_TESTS_COLLECTED: Final = 5
_COUNTED_CODES: Final = {0, 1, _NO_TESTS_COLLECTED}
"""After any other, a crash of the interpreter say, the report is missing or does not tell."""


@dataclass(frozen=True)
class Leg:
    """One run of pytest: the environment it runs in and the tests it takes, as paths from the root."""

    environment: str
    tests: tuple[str, ...]


CORE_TESTS: Final = ("tests/core", "tests/test_import_rules.py", "tests/test_no_code_from_files.py")
LEGS: Final = (
    Leg("test", (*CORE_TESTS, "tests/wheels", "tests/fuzz", "tests/faults", "tests/e2e")),
    Leg("docs", ("tests/docs",)),
    *(Leg(f"bpy-{blender}", ("tests/blender_addon",)) for blender in BLENDER_PYTHONS),
)


@dataclass
class Counts:
    """How many tests ended in which way."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def add(self, report: Path) -> None:
        """Add a run's numbers from the report that pytest wrote."""
        for suite in ElementTree.parse(report).getroot().iter("testsuite"):
            bad = int(suite.attrib["failures"]) + int(suite.attrib["errors"])
            skipped = int(suite.attrib["skipped"])
            self.failed += bad
            self.skipped += skipped
            self.passed += int(suite.attrib["tests"]) - bad - skipped


def run_tests(arguments: Sequence[str]) -> int:
    """Run the tests that the arguments name (all by default) and return the exit code.

    Args:
        arguments: go to pytest; a path under tests/ also chooses the environments. `--all-blenders` is ours.
    """
    left_out = () if ALL_BLENDERS in arguments else tuple(f"bpy-{blender}" for blender in LEFT_OUT_BLENDERS)
    arguments = [argument for argument in arguments if argument != ALL_BLENDERS]
    chosen = [argument for argument in arguments if _is_test_path(argument)]
    options = [argument for argument in arguments if argument not in chosen]
    counts, codes = Counts(), []
    for leg in (leg for leg in LEGS if leg.environment not in left_out):
        tests = [test for test in chosen if _is_under(test, leg.tests)] if chosen else _existing(leg.tests)
        if tests:
            codes.append(_run_leg(leg, tests, options, counts))
    print(f"{counts.passed} passed, {counts.failed} failed, {counts.skipped} skipped", flush=True)
    is_good = counts.passed > 0 and counts.failed == 0 and not any(codes)
    return 0 if is_good else 1


def _run_leg(leg: Leg, tests: list[str], options: list[str], counts: Counts) -> int:
    """Run pytest for one leg, add its numbers, and return its exit code; a leg without a Python is skipped aloud."""
    if python_for(leg.environment) is None:
        say(f"Skipped: the tests of {leg.environment}, for which no Python is installed.")
        return 0
    python = ensure_environment(leg.environment)
    environ = _variables(tests)
    if leg.environment.startswith("bpy-"):
        require_bpy(python)
    say(f"--- {leg.environment}: {' '.join(tests)}")
    report = DEV_FOLDER / "reports" / f"{leg.environment}.xml"
    report.unlink(missing_ok=True)
    pytest: list[str | Path] = [
        python,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        f"--junitxml={report}",
        *options,
        *tests,
    ]
    code = run_through(pytest, environ, cwd=ROOT)
    if report.exists():
        counts.add(report)
    if code not in _COUNTED_CODES:
        say(f"pytest in {leg.environment} ended with the exit code {code}.")
        counts.failed += 1
    return 0 if code == _NO_TESTS_COLLECTED else code


def _variables(tests: list[str]) -> dict[str, str]:
    """Return the environment variables by which tests find what they cannot make themselves."""
    core_python = ensure_environment("core")
    ensure_onnx_files(core_python)
    variables = {"JOINTWISE_PYTHON": str(core_python)}
    if not any(_is_under(zip_test, tests) or _is_under(test, ZIP_TESTS) for zip_test in ZIP_TESTS for test in tests):
        return variables
    for target in ZIP_TARGETS:
        is_ours = sys.platform.startswith("linux") and target.platform == "linux-x64"
        if is_ours and python_for(f"bpy-{target.blender}") is not None:
            python = ensure_environment(f"bpy-{target.blender}")
            require_bpy(python)
            variables[f"JOINTWISE_TEST_BPY_{target.blender.replace('.', '_')}"] = str(python)
            variables[f"JOINTWISE_TEST_ZIP_{target.python.upper()}"] = str(build_zip(target))
    return variables


def _is_test_path(argument: str) -> bool:
    path = Path(argument.partition("::")[0])
    return not argument.startswith("-") and (ROOT / path).exists() and _is_under(argument, ("tests",))


def _is_under(test: str, folders: Sequence[str]) -> bool:
    path = (ROOT / test.partition("::")[0]).resolve()
    return any(path.is_relative_to((ROOT / folder.partition("::")[0]).resolve()) for folder in folders)


def _existing(tests: Sequence[str]) -> list[str]:
    return [test for test in tests if (ROOT / test).exists()]
