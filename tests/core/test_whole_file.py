import os
import shutil
import subprocess
import sys
from pathlib import Path

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


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such locks; the file's age tells there.")
def test_what_a_killed_process_left_goes_at_the_next_writing_and_what_a_living_one_writes_stays(tmp_path):
    code = (
        "import sys, time; from pathlib import Path; from core.whole_file import whole_file\n"
        "with whole_file(Path(sys.argv[1])) as partial:\n"
        "    partial.write_text('half'); print('ready', flush=True); time.sleep(60)\n"
    )
    target = tmp_path / "[a] *.txt"
    writers = [
        subprocess.Popen([sys.executable, "-c", code, target], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2])
        for _ in range(2)
    ]
    try:
        for writer in writers:
            assert writer.stdout.readline() == b"ready\n"
        assert len(list(tmp_path.iterdir())) == 2
        writers[0].kill()
        writers[0].wait()
        assert len(list(tmp_path.iterdir())) == 2
        with whole_file(target) as partial:
            partial.write_text("new")
            assert len(list(tmp_path.iterdir())) == 2
        assert target.read_text() == "new"
        assert len(list(tmp_path.iterdir())) == 2
    finally:
        for writer in writers:
            writer.kill()
            writer.wait()
    with whole_file(target) as partial:
        partial.write_text("newer")
    assert [path.name for path in tmp_path.iterdir()] == [target.name]


def test_a_foreign_file_or_link_is_never_removed(tmp_path):
    (tmp_path / "kept.txt").write_text("mine")
    (tmp_path / ".result.abc.partial.txt").symlink_to(tmp_path / "kept.txt")
    (tmp_path / ".result2.abc.partial.txt").write_text("another name's")
    with whole_file(tmp_path / "result.txt") as partial:
        partial.write_text("new")
    assert (tmp_path / "kept.txt").read_text() == "mine"
    assert (tmp_path / ".result2.abc.partial.txt").exists()


def test_a_folder_that_goes_while_writing_is_one_sentence(tmp_path):
    folder = tmp_path / "here"
    folder.mkdir()
    with pytest.raises(OutputError, match="cannot be written"), whole_file(folder / "result.txt") as partial:
        partial.write_text("half")
        shutil.rmtree(folder)
