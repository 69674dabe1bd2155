import os

import pytest

from core.errors import OptionError, OutputError
from core.output_paths import check_output


@pytest.fixture
def video(tmp_path):
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"footage")
    return path


def test_a_new_name_and_an_old_result_are_fine(tmp_path, video):
    (tmp_path / "old.mp4").write_bytes(b"")
    check_output(tmp_path / "new.mp4", ".mp4", [video])
    check_output(tmp_path / "old.mp4", ".mp4", [video])
    check_output(tmp_path / "NEW.MP4", ".mp4", [video])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip.mp4", "old.mp4"]


def test_the_footage_is_never_overwritten(tmp_path, video):
    (tmp_path / "sub").mkdir()
    (tmp_path / "link.mp4").symlink_to(video)
    for output in (video, tmp_path / "sub" / ".." / "clip.mp4", tmp_path / "link.mp4"):
        with pytest.raises(OptionError, match=r"would overwrite the input clip\.mp4"):
            check_output(output, ".mp4", [tmp_path / "gone.npz", video])


@pytest.mark.parametrize("name", ["clip", "clip.avi", "clip.mp4.txt"])
def test_another_ending_is_an_option_error(tmp_path, name):
    with pytest.raises(OptionError, match=r"must end in \.mp4"):
        check_output(tmp_path / name, ".mp4", [])


def test_a_missing_folder_a_folder_and_an_overlong_name_are_output_errors(tmp_path):
    (tmp_path / "dir.mp4").mkdir()
    for name, words in (("gone/a.mp4", "does not exist"), ("dir.mp4", "is a folder"), ("n" * 300 + ".mp4", "too long")):
        with pytest.raises(OutputError, match=words):
            check_output(tmp_path / name, ".mp4", [])


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="The administrator may write anywhere.")
def test_a_folder_without_permission_is_named(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="cannot be written"):
        check_output(tmp_path / "a.mp4", ".mp4", [])
    tmp_path.chmod(0o700)
