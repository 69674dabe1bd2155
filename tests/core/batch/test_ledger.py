import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.batch.ledger import Ledger, Record, Stamp, read_stamp
from core.errors import OutputError

ROOT = Path(__file__).parents[3]
RECORD = Record(
    "day 1/ü.mp4", "done", "day 1/ü", Stamp(12, 345), {"people": "all"}, "run", ("day 1/ü.npz",), 1.5, 96, 2, "Said."
)


@pytest.fixture
def ledger(tmp_path):
    ledger = Ledger(tmp_path / "motions")
    ledger.output.mkdir()
    with ledger.opened(tmp_path):
        yield ledger


@pytest.mark.parametrize("video", ["day 1/ü.mp4", "caf\udce9.mp4", "a\nb.mp4", "x" * 300 + ".mp4"])
def test_a_record_comes_back_as_it_was_written(ledger, video):
    record = Record(video, "done", options={"people": "all"}, files=("a.npz",), stamp=Stamp(1, 2))
    ledger.write(record)
    assert ledger.read(video) == record
    assert ledger.read_all() == {video: record}
    assert ledger.read("other.mp4") is None


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"format": 2}', '{"format": 1}', '{"format": 1, "stamp": 3, "files": []}']
)
def test_a_damaged_record_is_none(ledger, text):
    ledger.write(RECORD)
    [path] = (ledger.folder / "videos").glob("*.json")
    path.write_text(text)
    assert ledger.read(RECORD.video) is None
    assert ledger.read_all() == {}


def test_a_field_of_a_later_version_makes_the_video_be_done_again(ledger):
    ledger.write(RECORD)
    [path] = (ledger.folder / "videos").glob("*.json")
    path.write_text(json.dumps({**json.loads(path.read_text()), "colour": 1}))
    assert ledger.read(RECORD.video) is None


def test_outputs_that_are_gone_are_noticed(ledger):
    assert not ledger.has_all_files(RECORD)
    (ledger.output / "day 1").mkdir()
    (ledger.output / "day 1" / "ü.npz").touch()
    assert ledger.has_all_files(RECORD)


def test_what_a_killed_batch_left_is_removed(tmp_path):
    ledger = Ledger(tmp_path / "motions")
    (ledger.work / "run" / "video").mkdir(parents=True)
    with ledger.opened(tmp_path):
        assert not ledger.work.exists()


def test_outputs_of_another_folder_are_not_mixed_with_these(tmp_path):
    ledger = Ledger(tmp_path / "motions")
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    with ledger.opened(tmp_path / "one"):
        pass
    with pytest.raises(OutputError, match=r"holds the motions of .*one"), ledger.opened(tmp_path / "two"):
        pass
    (tmp_path / "one").rename(tmp_path / "moved")
    with ledger.opened(tmp_path / "moved"):
        pass


HOLD = """
import sys
from pathlib import Path
from core.batch.ledger import Ledger
with Ledger(Path(sys.argv[1])).opened(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_one_batch_at_a_time_until_its_process_is_gone(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, tmp_path], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    with pytest.raises(OutputError, match="Another batch is working"), Ledger(tmp_path).opened(tmp_path):
        pass
    process.kill()
    process.communicate()
    with Ledger(tmp_path).opened(tmp_path):
        pass


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a folder that even root cannot write")
def test_an_unwritable_folder_is_one_sentence():
    with pytest.raises(OutputError, match="/proc/self cannot be written"), Ledger(Path("/proc/self")).opened(Path("/")):
        pass


def test_a_stamp_changes_with_size_and_time(tmp_path):
    path = tmp_path / "a"
    path.write_text("a")
    first = read_stamp(path)
    assert read_stamp(path) == first
    os.utime(path, ns=(1, 1))
    second = read_stamp(path)
    path.write_text("ab")
    os.utime(path, ns=(1, 1))
    assert len({first, second, read_stamp(path)}) == 3
    assert read_stamp(tmp_path / "gone") == Stamp(0, 0)


@pytest.mark.parametrize("name", ["../kept.npz", "/tmp/kept.npz", "", 7])
def test_a_record_that_names_files_outside_the_folder_is_none(tmp_path, name):
    # What a record names may be removed, when the video is estimated anew.
    ledger = Ledger(tmp_path)
    path = ledger._path("a.mp4")
    path.parent.mkdir(parents=True)
    ledger.write(Record("a.mp4", "done", files=("a.npz",)))
    assert ledger.read("a.mp4") is not None
    fields = json.loads(path.read_text())
    path.write_text(json.dumps({**fields, "files": ["a.npz", name]}))
    assert ledger.read("a.mp4") is None
    assert ledger.read_all() == {}
