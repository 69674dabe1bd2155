import pytest

from core.errors import OutputError
from core.whole_file import remove_unfinished_files, whole_file


def test_a_failed_block_leaves_nothing_and_keeps_the_old_file(tmp_path):
    target = tmp_path / "result.txt"
    target.write_text("old")
    with pytest.raises(RuntimeError), whole_file(target) as partial:
        partial.write_text("half")
        raise RuntimeError
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_good_block_replaces_the_file_at_its_end(tmp_path):
    target = tmp_path / "result.txt"
    with whole_file(target) as partial:
        partial.write_text("new")
        assert not target.exists()
    assert target.read_text() == "new"
    assert list(tmp_path.iterdir()) == [target]


def test_a_missing_folder_is_an_output_error(tmp_path):
    with pytest.raises(OutputError, match="nowhere"), whole_file(tmp_path / "nowhere" / "x"):
        pass


def test_a_name_as_long_as_file_systems_allow_is_written(tmp_path):
    target = tmp_path / ("n" * 250 + ".npz")
    with whole_file(target) as partial:
        partial.write_text("new")
    assert target.read_text() == "new"


def test_what_is_being_written_can_be_removed_from_elsewhere(tmp_path):
    with pytest.raises(OutputError), whole_file(tmp_path / "result.txt") as partial:
        partial.write_text("half")
        remove_unfinished_files()
        assert not partial.exists()
    assert list(tmp_path.iterdir()) == []
