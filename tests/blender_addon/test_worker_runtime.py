import subprocess
import sys

import pytest
from blender_addon_toy_wheels import write_list, write_wheel
from jointwise_ext.blender_addon import worker_runtime
from jointwise_ext.blender_addon.worker_runtime import (
    choose_interpreter,
    own_python_tag,
    prepare_worker,
    worker_environment,
)
from jointwise_ext.core.errors import WorkerError


@pytest.fixture
def root(tmp_path, monkeypatch):
    """An extension's root with one bundled wheel for this Python."""
    monkeypatch.delenv("JOINTWISE_PYTHON", raising=False)
    monkeypatch.setattr(worker_runtime, "extension_root", lambda: tmp_path)
    (tmp_path / "wheels" / "packages").mkdir(parents=True)
    (tmp_path / "private").mkdir()
    packages = tmp_path / "wheels" / "packages"
    write_list(packages, write_wheel(packages), python=own_python_tag())
    return tmp_path


def ignore(done, total):
    pass


def run(command, code):
    python = command.arguments[0]
    return subprocess.run(
        [python, "-c", code], env=command.environment, cwd=command.folder, capture_output=True, text=True, check=True
    ).stdout.strip()


def test_preference_comes_before_the_variable_before_blenders_own(tmp_path):
    (tmp_path / "python-a").touch()
    (tmp_path / "python-b").touch()
    variable = {"JOINTWISE_PYTHON": str(tmp_path / "python-b")}
    assert choose_interpreter(str(tmp_path / "python-a"), variable).origin == "preference"
    assert choose_interpreter("", variable).path == tmp_path / "python-b"
    own = choose_interpreter("", {})
    assert own.origin == "blender"
    assert own.path.name.startswith("python")


@pytest.mark.parametrize(("preferred", "variable"), [("/not/there", ""), ("", "/not/there")])
def test_an_interpreter_that_does_not_exist_is_named(preferred, variable):
    with pytest.raises(WorkerError, match="/not/there does not exist"):
        choose_interpreter(preferred, {"JOINTWISE_PYTHON": variable})


def test_blenders_python_is_found_when_the_executable_is_blender(tmp_path, monkeypatch):
    (tmp_path / "bin").mkdir()
    python = tmp_path / "bin" / f"python3.{sys.version_info.minor}"
    python.touch()
    monkeypatch.setattr(sys, "executable", "/opt/blender/blender")
    monkeypatch.setattr(sys, "exec_prefix", str(tmp_path))
    assert choose_interpreter("", {}).path == python
    python.unlink()
    with pytest.raises(WorkerError, match="own Python was not found"):
        choose_interpreter("", {})


def test_bundled_packages_are_private_to_the_core(root):
    path_before = list(sys.path)
    command = prepare_worker("", root / "private", ignore)
    assert run(command, "import toy; print(toy.VALUE)") == "42"
    assert sys.path == path_before
    with pytest.raises(ImportError):
        __import__("toy")


def test_byte_code_of_the_packages_is_kept_beside_them_and_nowhere_else(root):
    command = prepare_worker("", root / "private", ignore)
    run(command, "import toy")
    assert [path for path in root.rglob("*.pyc") if "private" not in path.parts] == []
    assert [path for path in root.rglob("*.pyc") if path.name.startswith("__init__") and "toy" in path.parts]


def test_an_interpreter_of_the_users_gets_no_bundled_packages(root, monkeypatch):
    monkeypatch.setenv("JOINTWISE_PYTHON", sys.executable)
    command = prepare_worker("", root / "private", ignore)
    assert "PYTHONPATH" not in command.environment
    assert list((root / "private").iterdir()) == []


def test_packages_for_another_python_are_refused(root):
    packages = root / "wheels" / "packages"
    write_list(packages, packages / "toy-1.0-py3-none-any.whl", python="cp399")
    with pytest.raises(WorkerError, match="cp399"):
        prepare_worker("", root / "private", ignore)


def test_what_leads_a_python_astray_does_not_reach_the_core():
    astray = {"PYTHONHOME": "/x", "PYTHONPATH": "/y", "PYTHONSTARTUP": "/z", "__PYVENV_LAUNCHER__": "/v"}
    environment = worker_environment(astray | {"PATH": "/bin", "HOME": "/home"}, None)
    assert not astray.keys() & environment.keys()
    assert environment["PATH"] == "/bin"
    assert environment["PYTHONNOUSERSITE"] == "1"
    assert environment["OMP_WAIT_POLICY"] == "PASSIVE"
