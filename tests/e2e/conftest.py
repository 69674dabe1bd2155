import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXCERPT = ROOT / "tests" / "data" / "walk_excerpt.mp4"


@dataclass
class CoreRun:
    returncode: int
    events: list[dict]
    stderr: str


def start_core(*arguments: object, **options: object) -> subprocess.Popen:
    command = [sys.executable, "-m", "core", *map(str, arguments)]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        **{"stdin": subprocess.DEVNULL, **options},
    )  # fmt: skip


def run_core(*arguments: object) -> CoreRun:
    process = start_core(*arguments)
    stdout, stderr = process.communicate(timeout=300)
    return CoreRun(process.returncode, [json.loads(line) for line in stdout.splitlines()], stderr)


@pytest.fixture(scope="session")
def core_root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def excerpt() -> Path:
    return EXCERPT


@pytest.fixture(scope="session")
def run():
    return run_core


@pytest.fixture(scope="session")
def start():
    return start_core


@pytest.fixture(scope="session")
def excerpt_run(tmp_path_factory) -> tuple[CoreRun, Path]:
    """The whole excerpt, estimated once for all tests that look at the result."""
    folder = tmp_path_factory.mktemp("excerpt")
    result = run_core(
        "estimate", EXCERPT, "--output", folder / "walk.npz", "--overlay", folder / "overlay.mp4", "--json"
    )
    return result, folder


@pytest.fixture(scope="session")
def own_networks(tmp_path_factory) -> Path:
    """A folder with the files of a user's own networks; see `write_own_networks`."""
    from tests.own_networks import write_own_networks

    return write_own_networks(tmp_path_factory.mktemp("networks"))
