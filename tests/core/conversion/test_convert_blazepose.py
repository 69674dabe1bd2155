import tarfile

import pytest

pytest.importorskip("tflite")

from core.conversion.convert_blazepose import convert_blazepose, read_package_file
from core.errors import OutputError, WeightsError


def silent(_: str) -> None:
    pass


def test_folder_and_archive_read_alike(tmp_path):
    folder = tmp_path / "package"
    folder.mkdir()
    (folder / "pose_landmark_full.tflite").write_bytes(b"weights")
    with tarfile.open(tmp_path / "package.tgz", "w:gz") as archive:
        archive.add(folder, "package")
    for package in (folder, tmp_path / "package.tgz"):
        assert read_package_file(package, "pose_landmark_full.tflite") == b"weights"


def test_package_without_the_file_tells_how_to_get_it(tmp_path):
    with pytest.raises(WeightsError, match=r"npm pack @mediapipe/pose@0\.5\.1675469404"):
        convert_blazepose(tmp_path, tmp_path, silent)
    (tmp_path / "package.tgz").write_bytes(b"no archive")
    with pytest.raises(WeightsError, match="npm pack"):
        convert_blazepose(tmp_path / "package.tgz", tmp_path, silent)


def test_another_version_of_a_file_is_refused_and_nothing_is_written(tmp_path):
    (tmp_path / "pose_solution_packed_assets.data").write_bytes(b"another version")
    output = tmp_path / "output"
    output.mkdir()
    with pytest.raises(WeightsError, match="SHA-256"):
        convert_blazepose(tmp_path, output, silent)
    assert not list(output.iterdir())


def test_missing_output_folder_is_told(tmp_path):
    with pytest.raises(OutputError, match="does not exist"):
        convert_blazepose(tmp_path, tmp_path / "nowhere", silent)
