from pathlib import Path

import numpy as np
import pytest

from core.errors import MotionDataError
from core.training.clips import MotionLibrary, WindowSampler
from core.training.motion_files import merge_motion_libraries


def library(name, clip_lengths, fps=30.0, seed=0):
    random = np.random.default_rng(seed)
    frame_count = sum(clip_lengths)
    starts = np.concatenate([[0], np.cumsum(clip_lengths)[:-1]])
    arrays = {
        "poses": random.normal(0, 0.3, (frame_count, 24, 3)),
        "trans": random.normal(0, 1, (frame_count, 3)),
        "clip_start": starts,
        "clip_len": np.array(clip_lengths),
        "clip_split": np.array(["train", "val"] * len(clip_lengths))[: len(clip_lengths)],
        "clip_subject": np.full(len(clip_lengths), 7),
        "fps": np.float32(fps),
        "licence": np.array(f"of {name}"),
    }
    return MotionLibrary(arrays, Path(name).name)


def test_every_clip_is_found_again_with_its_frames_split_and_subject():
    first, second = library("a.npz", [30, 20], seed=1), library("b.npz", [25, 40, 12], seed=2)
    merged = merge_motion_libraries([first, second])
    assert merged.clip_length.tolist() == [30, 20, 25, 40, 12]
    assert merged.clip_split.tolist() == ["train", "val", "train", "val", "train"]
    for clip, (source, index) in enumerate([(first, 0), (first, 1), (second, 0), (second, 1), (second, 2)]):
        there, here = source.clip_start[index], merged.clip_start[clip]
        length = merged.clip_length[clip]
        assert (merged.rot6d[here : here + length] == source.rot6d[there : there + length]).all()
        assert (merged.pelvis[here : here + length] == source.pelvis[there : there + length]).all()
    assert len(set(merged.clip_subject)) == 2, "subject 7 of one file is not subject 7 of the other"
    assert merged.licence == "of a.npz of b.npz"
    assert (first.clip_start == [0, 30]).all(), "the parts stay as they were"


def test_windows_never_cross_from_one_file_into_the_next():
    merged = merge_motion_libraries([library("a.npz", [30, 20]), library("b.npz", [30])])
    starts = WindowSampler(merged, "train", 20).starts(200, np.random.default_rng(0))
    assert ((starts + 20 <= 30) | (starts >= 50)).all()
    assert (starts >= 50).any() and (starts < 30).any()


def test_one_file_is_itself_and_other_frame_rates_are_refused():
    first = library("a.npz", [30])
    assert merge_motion_libraries([first]) is first
    with pytest.raises(MotionDataError, match=r"b\.npz has 60 frames a second and a\.npz 30"):
        merge_motion_libraries([first, library("b.npz", [30], fps=60.0)])
