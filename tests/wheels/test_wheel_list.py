"""A wheel that is not the pinned one stops the build with its name; manifests fit their Python."""

import hashlib
import tomllib
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from wheels.build_zip import check_size
from wheels.console import SetupError
from wheels.layout import LOCKS_FOLDER, ROOT
from wheels.stage import manifest_for, shipped_files
from wheels.wheel_contents import WheelContents
from wheels.wheel_list import SIZE_BUDGETS_BYTES, ZIP_TARGETS, WheelList, ZipTarget, load_wheel_list

OF_WINDOWS = {"onnxruntime_directml", "sympy", "mpmath"}
"""DirectML's build of ONNX Runtime has releases of its own, and sympy is a dependency that newer ones dropped."""

NAME = "thing-1.0-py3-none-any.whl"


@pytest.fixture
def wheels(tmp_path: Path) -> WheelList:
    (tmp_path / NAME).write_bytes(b"content")
    return WheelList(ZIP_TARGETS[0], {NAME: hashlib.sha256(b"content").hexdigest()})


def test_pinned_wheels_pass(wheels: WheelList, tmp_path: Path) -> None:
    wheels.check(tmp_path)


def test_changed_wheel_is_named(wheels: WheelList, tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"other content")
    with pytest.raises(SetupError, match=f"{NAME} has changed"):
        wheels.check(tmp_path)


def test_missing_and_extra_wheels_are_named(wheels: WheelList, tmp_path: Path) -> None:
    extra = tmp_path / "extra-1.0-py3-none-any.whl"
    extra.touch()
    with pytest.raises(SetupError, match=r"extra-1\.0"):
        wheels.check(tmp_path)
    extra.unlink()
    (tmp_path / NAME).unlink()
    with pytest.raises(SetupError, match=f"{NAME} is missing"):
        wheels.check(tmp_path)


def test_list_survives_its_file(wheels: WheelList, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wheels.wheel_list.LOCKS_FOLDER", tmp_path)
    wheels.save(tmp_path / wheels.target.lock_name)
    assert load_wheel_list(wheels.target) == wheels
    described = replace(wheels, contents={NAME: WheelContents("MIT", 7, ("thing", "thing.part"))})
    described.save_lock(tmp_path / wheels.target.lock_name)
    assert load_wheel_list(wheels.target) == described


@pytest.mark.parametrize("target", ZIP_TARGETS, ids=lambda target: target.name)
def test_zips_bring_the_releases_that_the_tests_run_with(target: ZipTarget) -> None:
    pins = dict(line.split("==") for line in (LOCKS_FOLDER / "core.txt").read_text().split() if "==" in line)
    wheels = load_wheel_list(target).files
    versions = dict(name.split("-")[:2] for name in wheels)
    assert {"numpy", "scipy", "opencv_python_headless"} <= set(versions)
    assert {"onnxruntime", "onnxruntime_directml"} & set(versions)
    assert target.platform == "windows-x64" or not OF_WINDOWS & set(versions)
    assert {name: pins[name.replace("_", "-")] for name in versions if name not in OF_WINDOWS} == {
        name: version for name, version in versions.items() if name not in OF_WINDOWS
    }


@pytest.mark.parametrize("target", ZIP_TARGETS, ids=lambda target: target.name)
def test_manifest_fits_the_target(target: ZipTarget) -> None:
    manifest = tomllib.loads(manifest_for((ROOT / "blender_manifest.toml").read_text(), target))
    assert manifest["platforms"] == [target.platform]
    assert manifest["blender_version_min"] == target.blender_min
    assert manifest.get("blender_version_max") == target.blender_max
    assert "wheels" not in manifest


@pytest.mark.parametrize("target", ZIP_TARGETS, ids=lambda target: target.name)
def test_zip_stays_within_its_budget(target: ZipTarget) -> None:
    budget_bytes = SIZE_BUDGETS_BYTES["standard"][target.platform]
    assert budget_bytes <= 200_000_000
    wheels_bytes = sum(contents.size_bytes for contents in load_wheel_list(target).contents.values())
    # About as the zip packs them; the documentation comes on top, and the build weighs the whole.
    files_bytes = sum(len(zlib.compress((ROOT / name).read_bytes())) for name in shipped_files())
    assert wheels_bytes > 50_000_000
    assert wheels_bytes + files_bytes <= budget_bytes


def test_zip_over_its_budget_stops_the_build(tmp_path: Path) -> None:
    (tmp_path / "fat.zip").write_bytes(bytes(1001))
    with pytest.raises(SetupError, match=r"fat\.zip"):
        check_size(tmp_path / "fat.zip", 1000)
    check_size(tmp_path / "fat.zip", 1001)


def test_development_stays_out_of_the_zip() -> None:
    files = shipped_files()
    assert "core/pipeline.py" in files
    assert {"core/models/engine.py", "core/motion_import/importer.py", "blender_addon/export/fbx.py"} <= set(files)
    assert {"core/batch/run.py", "core/batch/ray_runner.py"} <= set(files)
    for part in ("tests/", "core/training/", "core/conversion/", ".safetensors", "dev.py", "__pycache__"):
        assert [name for name in files if part in name] == []
    lists = [name for name in files if name.startswith("wheels/")]
    assert lists == ["wheels/locks/extra-everything.txt", "wheels/locks/extra-torch.txt"]
