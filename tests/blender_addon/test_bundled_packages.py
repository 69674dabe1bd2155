import hashlib
import os
import time

import pytest
from blender_addon_toy_wheels import write_list, write_wheel
from jointwise_ext.blender_addon.bundled_packages import (
    COMPLETE_MARK,
    read_package_list,
    unpack_packages,
    unpacked_folder,
)
from jointwise_ext.core.errors import CancelledError, WorkerError


@pytest.fixture
def wheels(tmp_path):
    (tmp_path / "packages").mkdir()
    return tmp_path / "packages"


@pytest.fixture
def private(tmp_path):
    (tmp_path / "private").mkdir()
    return tmp_path / "private"


def ignore(done, total):
    pass


def test_wheels_are_unpacked_once_with_progress(wheels, private):
    packages = write_list(wheels, write_wheel(wheels))
    progress = []
    folder = unpack_packages(packages, private, lambda done, total: progress.append((done, total)))
    assert (folder / "toy" / "__init__.py").read_text() == "VALUE = 42\n"
    assert unpacked_folder(packages, private) == folder
    assert progress[0] == (0, 11)
    assert progress[-1] == (11, 11)
    progress.clear()
    assert unpack_packages(packages, private, lambda done, total: progress.append(done)) == folder
    assert progress == []


def test_a_tree_without_bundled_packages_has_no_list(tmp_path):
    assert read_package_list(tmp_path) is None


@pytest.mark.parametrize("member", ["../evil.py", "/evil.py", "a/../../evil.py", "C:/evil.py", "..\\evil.py"])
def test_paths_that_leave_the_folder_are_refused(wheels, private, tmp_path, member):
    packages = write_list(wheels, write_wheel(wheels, members={"good.py": "", member: "evil"}))
    with pytest.raises(WorkerError, match="unsafe path"):
        unpack_packages(packages, private, ignore)
    assert list(private.iterdir()) == []
    assert not list(tmp_path.glob("**/evil.py"))


def test_links_are_refused(wheels, private):
    packages = write_list(wheels, write_wheel(wheels, links=["toy/link"]))
    with pytest.raises(WorkerError, match="unsafe path"):
        unpack_packages(packages, private, ignore)
    assert list(private.iterdir()) == []


def test_a_wheel_with_another_hash_is_refused(wheels, private):
    wheel = write_wheel(wheels)
    packages = write_list(wheels, wheel)
    write_wheel(wheels, members={"toy/__init__.py": "VALUE = 43\n"})
    with pytest.raises(WorkerError, match="hash is not the listed one"):
        unpack_packages(packages, private, ignore)
    assert list(private.iterdir()) == []


def test_a_missing_wheel_and_a_listed_path_are_refused(wheels, private, tmp_path):
    wheel = write_wheel(wheels)
    packages = write_list(wheels, wheel)
    wheel.unlink()
    with pytest.raises(WorkerError, match="is missing"):
        unpack_packages(packages, private, ignore)
    outside = write_wheel(tmp_path)
    packages = write_list(wheels, **{f"../{outside.name}": hashlib.sha256(outside.read_bytes()).hexdigest()})
    with pytest.raises(WorkerError, match="no wheel"):
        unpack_packages(packages, private, ignore)


def test_a_file_that_is_no_zip_is_refused(wheels, private):
    (wheels / "toy-1.0-py3-none-any.whl").write_text("text")
    with pytest.raises(WorkerError, match="not a wheel"):
        unpack_packages(write_list(wheels, wheels / "toy-1.0-py3-none-any.whl"), private, ignore)


def test_a_damaged_list_is_refused(wheels):
    (wheels / "wheels.json").write_text('{"files": 3}')
    with pytest.raises(WorkerError, match="damaged"):
        read_package_list(wheels)


def test_a_torso_does_not_count_and_is_replaced(wheels, private):
    packages = write_list(wheels, write_wheel(wheels))
    torso = private / f"core-{packages.fingerprint}"
    (torso / "toy").mkdir(parents=True)
    assert unpacked_folder(packages, private) is None
    folder = unpack_packages(packages, private, ignore)
    assert (folder / "toy" / "__init__.py").is_file()
    assert (folder / COMPLETE_MARK).is_file()


def test_stopping_half_way_leaves_nothing_and_the_next_time_works(wheels, private):
    packages = write_list(wheels, write_wheel(wheels, members={f"toy/{number}.py": "x" for number in range(9)}))

    def stop(done, total):
        if done > 4:
            raise CancelledError

    with pytest.raises(CancelledError):
        unpack_packages(packages, private, stop)
    assert list(private.iterdir()) == []
    assert len(list((unpack_packages(packages, private, ignore) / "toy").iterdir())) == 9


def test_folders_of_older_versions_go_but_not_those_of_a_blender_at_work(wheels, private):
    old, fresh_torso, old_torso = (private / name for name in ("core-0ld", "core-n.partial-a", "core-n.partial-b"))
    for folder in (old, fresh_torso, old_torso, private / "mine"):
        folder.mkdir()
    two_days_ago = time.time() - 2 * 24 * 3600
    os.utime(old_torso, (two_days_ago, two_days_ago))
    folder = unpack_packages(write_list(wheels, write_wheel(wheels)), private, ignore)
    assert sorted(private.iterdir()) == sorted([folder, fresh_torso, private / "mine"])


def test_purelib_and_platlib_land_at_the_root_and_scripts_nowhere(wheels, private):
    members = {"toy-1.0.data/purelib/toy.py": "", "toy-1.0.data/scripts/run": "", "toy-1.0.data/platlib/c/x.so": ""}
    folder = unpack_packages(write_list(wheels, write_wheel(wheels, members=members)), private, ignore)
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert found == {"toy.py", "c/x.so", COMPLETE_MARK}


def test_only_wheels_that_fit_the_python_are_taken(wheels):
    names = [
        "a-1-cp311-cp311-manylinux_2_17_x86_64.whl",
        "a-1-cp313-cp313-manylinux_2_17_x86_64.whl",
        "b-1-cp37-abi3-manylinux_2_17_x86_64.whl",
        "c-1-py3-none-any.whl",
        "d-1-py2.py3-none-any.whl",
    ]
    packages = write_list(wheels, *(write_wheel(wheels, name) for name in names), python=["cp311", "cp313"])
    assert sorted(packages.for_python("cp313").sha256_by_file) == [names[1], *names[2:]]
    assert sorted(packages.for_python("cp311").sha256_by_file) == [names[0], *names[2:]]
