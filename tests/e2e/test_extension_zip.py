"""The built zip in a fresh Blender: installed without a network, used, and removed without a trace.

`dev.py test` builds the zips and names them, and Blender's Pythons, in environment variables; skipped without them.
"""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from wheels.check_install import make_other_extension, no_network_prefix

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = Path(__file__).with_name("use_extension_in_blender.py")
FRAME_COUNT = 40
BLENDERS = {"4.2": "cp311", "5.2": "cp313"}
BLOCKED_PROXY = "http://127.0.0.1:9"
"""Nobody listens on the discard port."""


class FreshBlender:
    """Blender as a module with an empty user folder, whose path has a space and a letter outside ASCII."""

    def __init__(self, version: str, python: str, zip_path: str, folder: Path) -> None:
        self.version = version
        self.zip_path = Path(zip_path)
        self.folder = folder
        self.user_folder = folder / "Blender für alle"
        self.user_folder.mkdir()
        self._python = python

    def run(self, *arguments: object) -> dict:
        """Run a step of the script in a new process and return what it says."""
        environ = {name: value for name, value in os.environ.items() if not name.startswith(("JOINTWISE", "PYTHON"))}
        environ |= {"BLENDER_USER_RESOURCES": str(self.user_folder), "HOME": str(self.folder)}
        if not no_network_prefix():
            environ |= dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), BLOCKED_PROXY)
        command = [*no_network_prefix(), self._python, str(SCRIPT), *map(str, arguments)]
        answer = subprocess.run(
            command, cwd=self.folder, env=environ, capture_output=True, text=True, timeout=600, check=False
        )
        lines = [line for line in answer.stdout.splitlines() if line.startswith("{")]
        assert answer.returncode == 0, answer.stdout[-3000:] + answer.stderr[-3000:]
        assert lines, answer.stdout[-3000:] + answer.stderr[-3000:]
        return json.loads(lines[-1])


@pytest.fixture(scope="module", params=sorted(BLENDERS))
def blender(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> FreshBlender:
    python = os.environ.get(f"JOINTWISE_TEST_BPY_{request.param.replace('.', '_')}")
    zip_path = os.environ.get(f"JOINTWISE_TEST_ZIP_{BLENDERS[request.param].upper()}")
    if not python or not zip_path:
        pytest.skip(f"no Blender {request.param} or no zip for it; run through dev.py test")
    return FreshBlender(request.param, python, zip_path, tmp_path_factory.mktemp(f"blender-{request.param}"))


@pytest.fixture(scope="module")
def version(blender: FreshBlender) -> str:
    return blender.version


@pytest.fixture(scope="module")
def before(blender: FreshBlender) -> dict:
    return blender.run("resolve")


@pytest.fixture(scope="module")
def used(blender: FreshBlender, before: dict) -> dict:
    video = ROOT / "tests" / "data" / "walk_excerpt.mp4"
    return blender.run("use", blender.zip_path, video, blender.folder, FRAME_COUNT)


def test_enabling_leaves_the_packages_of_others_alone(used: dict, before: dict) -> None:
    assert used["resolved_after_enabling"] == before["resolved"]
    assert used["path_added_by_enabling"] == []


def test_estimate_keys_an_armature_by_the_bundled_packages(used: dict) -> None:
    assert used["operator_result"] == ["FINISHED"]
    assert used["bone_count"] == 24
    assert used["key_count"] >= 0.9 * FRAME_COUNT
    assert used["resolved_after_estimate"] == used["resolved_after_enabling"]


def test_motion_file_and_fbx_are_there(used: dict, blender: FreshBlender) -> None:
    with np.load(blender.folder / "motion.npz") as motion:
        assert len(motion["poses"]) == used["key_count"]
        assert np.isfinite(motion["joints"]).all()
    assert (blender.folder / "walk.fbx").read_bytes().startswith(b"Kaydara FBX Binary")


def test_the_help_pages_are_in_the_installed_extension(used: dict, blender: FreshBlender) -> None:
    page = Path(used["help_page"])
    assert page.is_relative_to(blender.user_folder)
    text = page.read_text(encoding="utf-8")
    assert "Foot contacts" in text
    assert (page.parent / "pictures" / "smoothing.svg").is_file()


def test_the_users_own_networks_run_from_the_installed_zip(
    used: dict, blender: FreshBlender, own_networks: Path
) -> None:
    # The Python of these tests has torch, which PARE needs and the zip does not bring.
    answer = blender.run("own", own_networks, ROOT / "tests" / "data" / "walk_excerpt.mp4", sys.executable)
    assert answer["onnx"]["result"] == answer["pare"]["result"] == ["FINISHED"]
    assert answer["pare"]["vertex_count"] == 6890 != answer["onnx"]["vertex_count"]
    with np.load(own_networks / "pare.npz") as motion:
        assert str(motion["body"]) == "smpl"


def test_next_start_finds_it_installed_and_nothing_else_changed(
    used: dict, blender: FreshBlender, before: dict
) -> None:
    later = blender.run("resolve")
    assert later["resolved"] == before["resolved"]


def test_another_extension_gets_its_own_version_of_a_package(used: dict, blender: FreshBlender, version: str) -> None:
    (blender.folder / "other").mkdir()
    answer = blender.run("other", make_other_extension(blender.folder / "other", version))
    assert answer == {"version": "0.1", "operator_registered": True}


def test_disabling_and_removing_leaves_nothing_of_it(used: dict, blender: FreshBlender) -> None:
    removed = blender.run("remove")
    assert removed["has_settings_after_disabling"] is False
    left = [str(path) for path in blender.user_folder.rglob("*") if path.suffix in {".whl", ".onnx", ".so"}]
    assert left == []


def test_zip_lists_exactly_its_wheels(blender: FreshBlender) -> None:
    with zipfile.ZipFile(blender.zip_path) as archive:
        names = archive.namelist()
        listed = json.loads(archive.read("wheels/packages/wheels.json"))["files"]
    assert {Path(name).name for name in names if name.endswith(".whl")} == set(listed)
    assert not [name for name in names if "/tests/" in name or "__pycache__" in name]
