"""A user subscribes to a release folder's index, and the next release comes in place, with the preferences kept.

The zips hold the whole add-on, without the weights and packages that its registering does not need.
"""

import http.server
import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from wheels.build_zip import blender_tool
from wheels.console import run_logged
from wheels.layout import ROOT
from wheels.release import CHECKSUMS_NAME, INDEX_NAME, make_index, write_checksums
from wheels.reproducible_zip import repack
from wheels.stage import manifest_for, read_version, shipped_files
from wheels.wheel_list import ZIP_TARGETS

SCRIPT = Path(__file__).with_name("subscribe_in_blender.py")
PYTHON = os.environ.get("JOINTWISE_TEST_BPY_5_2")
TARGET = next(target for target in ZIP_TARGETS if target.platform == "linux-x64" and target.python == "cp313")

pytestmark = pytest.mark.skipif(not PYTHON, reason="no Blender 5.2; run through dev.py test")


def publish(folder: Path, version: str) -> None:
    """Make a release folder of one small zip."""
    shutil.rmtree(folder, ignore_errors=True)
    staging, built = folder.with_name("staging"), folder.with_name("built.zip")
    shutil.rmtree(staging, ignore_errors=True)
    for name in [name for name in shipped_files() if name.endswith((".py", ".tsv", ".txt"))]:
        (staging / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, staging / name)
    manifest = manifest_for((ROOT / "blender_manifest.toml").read_text(), TARGET)
    (staging / "blender_manifest.toml").write_text(
        manifest.replace(f'version = "{read_version()}"', f'version = "{version}"', 1)
    )
    tool = blender_tool("5.2")
    run_logged([*tool, "build", "--source-dir", staging, "--output-filepath", built], "test-release-build")
    folder.mkdir()
    repack(built, folder / f"jointwise-{version}.zip")
    make_index(folder)
    write_checksums(folder)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """The address of a web server on this machine, for the folder `site`."""
    (tmp_path / "site").mkdir()
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path / "site"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as web:
        threading.Thread(target=web.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{web.server_address[1]}"
        web.shutdown()


def run(folder: Path, *arguments: str) -> dict:
    """One start of Blender with the user folder of the test."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("JOINTWISE", "PYTHON"))}
    environ |= {"BLENDER_USER_RESOURCES": str(folder), "HOME": str(folder), "no_proxy": "127.0.0.1"}
    answer = subprocess.run(
        [str(PYTHON), str(SCRIPT), *arguments], env=environ, capture_output=True, text=True, timeout=300, check=False
    )
    lines = [line for line in answer.stdout.splitlines() if line.startswith("{")]
    assert lines, answer.stdout[-2000:] + answer.stderr[-2000:]
    return json.loads(lines[-1])


def test_next_release_comes_in_place_and_keeps_the_preferences(tmp_path: Path, server: str) -> None:
    site, user = tmp_path / "site", tmp_path / "Blender für alle"
    user.mkdir()
    publish(site, "0.0.8")
    installed = run(user, "install", f"{server}/{INDEX_NAME}", "/opt/cuda/bin/python")
    assert installed["version"] == "0.0.8"
    assert subprocess.run(["sha256sum", "--check", "--quiet", CHECKSUMS_NAME], cwd=site, check=False).returncode == 0
    publish(site, "0.0.9")
    update = run(user, "update")
    assert (update["before"]["version"], update["after"]["version"]) == ("0.0.8", "0.0.9")
    assert update["before"]["core_python"] == update["after"]["core_python"] == "/opt/cuda/bin/python"
    assert update["after"]["folder"] == installed["folder"]
