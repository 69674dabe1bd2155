import struct
from pathlib import Path

import numpy as np
import pytest

from core.lens_metadata import FOCAL_LENGTH_35MM_KEYS, read_focal_length_35mm
from core.media_boxes import is_cut_short, iterate_boxes
from tests.core.mp4_writing import add_metadata, box, change, metadata_box, numbered_frames, write_video

KEY = FOCAL_LENGTH_35MM_KEYS[0]
EXCERPT = Path(__file__).parents[1] / "data" / "walk_excerpt.mp4"


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return write_video(tmp_path / "clip.mov", numbered_frames(3))


@pytest.mark.parametrize("key", FOCAL_LENGTH_35MM_KEYS)
@pytest.mark.parametrize("is_full_box", [False, True])
@pytest.mark.parametrize(
    ("data_type", "value"),
    [
        (1, b"26"),
        (1, b"26.0 mm"),
        (21, b"\x1a"),
        (22, b"\x00\x1a"),
        (67, struct.pack(">i", 26)),
        (77, struct.pack(">I", 26)),
        (23, struct.pack(">f", 26)),
        (24, struct.pack(">d", 26)),
    ],
)
def test_focal_length_is_read(video: Path, key: bytes, is_full_box: bool, data_type: int, value: bytes):
    add_metadata(video, metadata_box(key, data_type, value, is_full_box=is_full_box))
    assert read_focal_length_35mm(video) == 26.0


def test_focal_length_of_a_track_is_read(video: Path):
    meta = metadata_box(KEY, 23, struct.pack(">f", 13))
    video.write_bytes(change(video.read_bytes(), "moov/trak", lambda content: content + meta))
    assert read_focal_length_35mm(video) == 13.0


@pytest.mark.parametrize(
    ("data_type", "value"),
    [(1, b"wide"), (1, b"nan"), (1, b"0"), (23, struct.pack(">f", 1e9)), (21, b""), (14, b"26"), (67, bytes(20))],
)
def test_unusable_value_counts_as_none(video: Path, data_type: int, value: bytes):
    add_metadata(video, metadata_box(KEY, data_type, value))
    assert read_focal_length_35mm(video) is None


def test_file_without_it_gives_none(video: Path, tmp_path: Path):
    assert read_focal_length_35mm(video) is None
    assert read_focal_length_35mm(EXCERPT) is None
    assert read_focal_length_35mm(tmp_path / "missing.mp4") is None
    assert read_focal_length_35mm(tmp_path) is None


def test_garbage_never_raises(tmp_path: Path):
    path = tmp_path / "garbage.mp4"
    random = np.random.default_rng(0)
    whole = box(b"ftyp", b"qt  ") + box(b"moov", metadata_box(KEY, 23, struct.pack(">f", 26)))
    for _ in range(300):
        data = bytearray(whole)
        for position in random.integers(0, len(data), size=random.integers(1, 12)):
            data[position] = random.integers(256)
        path.write_bytes(data[: random.integers(len(data))])
        value = read_focal_length_35mm(path)
        assert value is None or 5 <= value <= 2000


def test_boxes_of_all_size_forms_are_walked(tmp_path: Path):
    path = tmp_path / "boxes"
    large = struct.pack(">I4sQ", 1, b"mdat", 16 + 5) + bytes(5)
    path.write_bytes(box(b"ftyp", b"abcd") + large + struct.pack(">I4s", 0, b"free") + bytes(7))
    with path.open("rb") as file:
        boxes = list(iterate_boxes(file, 0, path.stat().st_size))
    assert [(found.kind, found.end - found.start) for found in boxes] == [(b"ftyp", 4), (b"mdat", 5), (b"free", 7)]


def test_cut_file_is_recognized(video: Path):
    assert not is_cut_short(video)
    data = video.read_bytes()
    video.write_bytes(data[:-5])
    assert is_cut_short(video)
    video.write_bytes(b"RIFF" + data)
    assert not is_cut_short(video)
