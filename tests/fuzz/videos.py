"""Videos of several containers and codecs, read as the pipeline reads them."""

import itertools
from pathlib import Path
from random import Random

import cv2

from core.errors import VideoError
from core.lens_metadata import read_focal_length_35mm
from core.video import VideoReader
from tests.core.mp4_writing import numbered_frames, rotate, write_video

from .inputs import Input, Kind, change_bytes

ENCODINGS = (("mp4v", "mp4"), ("MJPG", "avi"), ("mp4v", "mkv"), ("VP80", "webm"), ("VP90", "webm"), ("XVID", "avi"),
             ("MJPG", "mkv"), ("FFV1", "mkv"), ("HFYU", "avi"), ("mp4v", "mov"))  # fmt: skip
EXCERPT = Path(__file__).parents[1] / "data" / "walk_excerpt.mp4"
READ_FRAMES = 24
H264_BYTES = 400_000
"""Of the excerpt (H.264): its index stands at the front, so that a part of it is a video that was cut off."""


def video_seeds(folder: Path) -> list[Input]:
    seeds = []
    for codec, ending in ENCODINGS:
        path = folder / f"{codec}.{ending}"
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), 25, (96, 64))
        if writer.isOpened():
            for image in numbered_frames(9):
                writer.write(image)
            writer.release()
            seeds.append(Input(path.name, path.read_bytes()))
    seeds.append(Input("h264.mp4", EXCERPT.read_bytes()[:H264_BYTES]))
    for degrees in (90, 270):
        path = rotate(write_video(folder / f"turned{degrees}.mp4", numbered_frames(6)), degrees)
        seeds.append(Input(path.name, path.read_bytes()))
    picture = next(iter(numbered_frames(1)))
    seeds += [Input(f"picture{kind}", cv2.imencode(kind, picture)[1].tobytes()) for kind in (".png", ".jpg")]
    sound = b"fmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x80\x3e\0\0\2\0\x10\0"
    seeds.append(Input("song.wav", b"RIFF\x24\x10\0\0WAVE" + sound + b"data\0\x10\0\0" + bytes(4096)))
    seeds.append(Input("list.m3u8", b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/x.ts\n#EXTINF:1,\n/etc/passwd\n"))
    seeds.append(Input("list.ffconcat", b"ffconcat version 1.0\nfile '/etc/hostname'\n"))
    return seeds


def make_video(rng: Random, corpus: list[Input]) -> Input:
    source = rng.choice(corpus)
    data = source.data
    if len(data) > 9000 and rng.random() < 0.5:
        # The excerpt's header is what a parser reads; the rest is only pictures.
        data = change_bytes(rng, data[:9000], [data[:9000]]) + data[9000:]
    elif rng.random() < 0.3:
        data = _change_size(rng, data)
    else:
        data = change_bytes(rng, data, [item.data for item in corpus])
    name = source.name if rng.random() < 0.85 else rng.choice(("v.avi", "v.mp4", "v.mkv", "v.txt", "v.png", "%03d.png"))
    return Input(name, data)


def _change_size(rng: Random, data: bytes) -> bytes:
    """Return the video with the numbers of its size, wherever they stand, made huge or nothing."""
    width, height = rng.choice((0, 1, 16384, 65535)), rng.choice((0, 1, 16384, 65535))
    for order, length in itertools.product(("big", "little"), (2, 4)):
        old = (96).to_bytes(length, order) + (64).to_bytes(length, order)
        data = data.replace(old, width.to_bytes(length, order) + height.to_bytes(length, order))
    return data


def read_video(path: Path) -> None:
    """Read as the pipeline does: header, lens, and the first frames, which must be pictures with rising times."""
    read_focal_length_35mm(path)
    with VideoReader(path) as video:
        last_s = -1.0
        for frame in itertools.islice(video, READ_FRAMES):
            assert frame.image_rgb.ndim == 3 and frame.image_rgb.shape[2] == 3
            assert frame.timestamp_s > last_s
            last_s = frame.timestamp_s
    if last_s < 0:
        raise VideoError("No frame of it was decoded.")


KINDS = (Kind("video", 260, video_seeds, make_video, read_video, is_guided=False),)
