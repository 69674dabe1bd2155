import os

import pytest

from core.batch.folder_scan import find_videos
from core.errors import VideoError


def touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def find(folder, is_recursive=True):
    return find_videos(folder, is_recursive, folder / "motions", pytest.fail)


def test_videos_are_known_by_their_suffix_in_any_case(tmp_path):
    touch(tmp_path, "a.mp4", "b.MOV", "c.avi", "d.mkv", "e.WebM", "f.m4v", "g.txt", "h.mp4.part", "mp4", "i.npz")
    assert find(tmp_path) == ["a.mp4", "b.MOV", "c.avi", "d.mkv", "e.WebM", "f.m4v"]


def test_folders_inside_are_searched_when_asked(tmp_path):
    touch(tmp_path, "a.mp4", "day 1/b.mp4", "day 1/take/c.mp4")
    assert find(tmp_path, is_recursive=False) == ["a.mp4"]
    assert find(tmp_path) == ["a.mp4", "day 1/b.mp4", "day 1/take/c.mp4"]


def test_hidden_files_and_folders_and_the_outputs_are_left_out(tmp_path):
    touch(tmp_path, "a.mp4", ".b.mp4", ".cache/c.mp4", "motions/a_overlay.mp4", "x/motions/d.mp4")
    assert find(tmp_path) == ["a.mp4", "x/motions/d.mp4"]


@pytest.mark.skipif(os.name == "nt", reason="Windows asks for rights to make links.")
def test_links_are_not_followed_and_other_things_never_count(tmp_path):
    touch(tmp_path, "real/a.mp4")
    (tmp_path / "link.mp4").symlink_to(tmp_path / "real" / "a.mp4")
    (tmp_path / "again").symlink_to(tmp_path / "real")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "folder.mp4").mkdir()
    os.mkfifo(tmp_path / "pipe.mp4")
    assert find(tmp_path) == ["real/a.mp4"]


def test_no_video_is_one_sentence(tmp_path):
    touch(tmp_path, "inside/a.mp4")
    with pytest.raises(VideoError, match=r"holds no videos.*--recursive"):
        find(tmp_path, is_recursive=False)


@pytest.mark.parametrize("name", ["gone", "file"])
def test_what_is_no_folder_is_one_sentence(tmp_path, name):
    touch(tmp_path, "file")
    with pytest.raises(VideoError, match="cannot be read"):
        find(tmp_path / name)
