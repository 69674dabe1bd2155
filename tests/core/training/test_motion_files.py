from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from core.rotations import rot6d_to_rotmat
from core.training.clips import MotionLibrary, WindowSampler
from core.training.motion_files import merge_motion_libraries, resample_library


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


def test_one_file_is_itself():
    first = library("a.npz", [30])
    assert merge_motion_libraries([first]) is first


def turning_library(fps, seconds=1.0):
    """One clip that turns about y by 2 rad/s and goes 3 m/s, every joint alike."""
    times_s = np.arange(round(seconds * fps) + 1) / fps
    poses = np.zeros((len(times_s), 24, 3))
    poses[..., 1] = 2 * times_s[:, None]
    arrays = {
        "poses": poses, "trans": 3 * times_s[:, None] * [0, 0, 1.0], "clip_start": np.array([0]),
        "clip_len": np.array([len(times_s)]), "clip_split": np.array(["train"]), "fps": np.float32(fps),
    }  # fmt: skip
    return MotionLibrary(arrays, "turning.npz")


def test_other_frame_rates_are_resampled_to_the_first_ones():
    for fps in (20.0, 50.0, 120.0):
        merged = merge_motion_libraries([library("a.npz", [30]), turning_library(fps)])
        assert merged.frame_rate == 30.0
        assert merged.clip_length.tolist() == [30, 31]
        times_s = np.arange(31) / 30
        np.testing.assert_allclose(merged.pelvis[30:, 2], 3 * times_s, atol=1e-5)
        turns = Rotation.from_matrix(rot6d_to_rotmat(merged.rot6d[30:, 5].numpy().astype(float))).as_rotvec()
        np.testing.assert_allclose(turns, 2 * times_s[:, None] * [0, 1, 0], atol=1e-5)


def test_a_resampled_frame_beside_an_invalid_one_is_invalid():
    source = turning_library(60.0)
    source.valid[7] = False
    assert np.flatnonzero(~resample_library(source, 30.0).valid).tolist() == []
    assert np.flatnonzero(~resample_library(source, 40.0).valid).tolist() == [5]
    source.valid[6] = False
    assert np.flatnonzero(~resample_library(source, 30.0).valid).tolist() == [3]
    assert not source.valid[7] and source.frame_rate == 60.0, "the source stays as it was"


def test_windows_of_a_resampled_clip_stay_inside_it():
    merged = merge_motion_libraries([library("a.npz", [30]), library("b.npz", [61, 40], fps=60.0)])
    assert merged.clip_length.tolist() == [30, 31, 20]
    assert merged.clip_start.tolist() == [0, 30, 61]
    assert len(merged.pelvis) == len(merged.valid) == len(merged.rot6d) == 81
