"""Several motion-capture files as one library, so that recordings of different origin train together."""

import copy
from collections.abc import Sequence

import numpy as np
import torch

from ..rotations import rot6d_to_rotmat, rotmat_to_rot6d
from .clips import MotionLibrary
from .resampling import sample_positions, sample_rotations, source_times


def merge_motion_libraries(libraries: Sequence[MotionLibrary]) -> MotionLibrary:
    """Return one library with all clips of at least one; its subjects stay apart, and its licences stand together.

    It has the frame rate of the first one, to which the others are resampled.
    """
    first = libraries[0]
    if len(libraries) == 1:
        return first
    libraries = [resample_library(library, first.frame_rate) for library in libraries]
    offsets = np.cumsum([0, *(len(library.pelvis) for library in libraries)])[:-1]
    merged = copy.copy(first)
    merged.name = " + ".join(library.name for library in libraries)
    merged.rot6d = torch.cat([library.rot6d for library in libraries])
    merged.pelvis = torch.cat([library.pelvis for library in libraries])
    merged.valid = np.concatenate([library.valid for library in libraries])
    starts = [library.clip_start + offset for library, offset in zip(libraries, offsets, strict=True)]
    merged.clip_start = np.concatenate(starts)
    merged.clip_length = np.concatenate([library.clip_length for library in libraries])
    merged.clip_split = np.concatenate([library.clip_split for library in libraries])
    # The same number names different people in different files.
    subjects = [f"{index} {subject}" for index, library in enumerate(libraries) for subject in library.clip_subject]
    merged.clip_subject = np.array(subjects)
    merged.licence = " ".join(dict.fromkeys(library.licence for library in libraries if library.licence))
    return merged


def resample_library(library: MotionLibrary, frame_rate_hz: float) -> MotionLibrary:
    """Return a library at a frame rate, itself where it has that already; a frame between invalid ones is invalid."""
    if library.frame_rate == frame_rate_hz:
        return library
    rot6d, pelvis, valid = [], [], []
    for first, length in zip(library.clip_start, library.clip_length, strict=True):
        clip = slice(first, first + length)
        times = source_times(length, library.frame_rate, frame_rate_hz) if length else np.zeros(0)
        rotmat = rot6d_to_rotmat(library.rot6d[clip].numpy().astype(np.float64))
        rot6d.append(rotmat_to_rot6d(sample_rotations(rotmat, times)).astype(np.float32))
        pelvis.append(sample_positions(library.pelvis[clip].numpy(), times).astype(np.float32))
        is_valid = library.valid[clip]
        valid.append(is_valid[np.floor(times).astype(int)] & is_valid[np.ceil(times).astype(int)])
    resampled = copy.copy(library)
    resampled.frame_rate = frame_rate_hz
    resampled.rot6d, resampled.pelvis = torch.as_tensor(np.concatenate(rot6d)), torch.as_tensor(np.concatenate(pelvis))
    resampled.valid = np.concatenate(valid)
    resampled.clip_length = np.array([len(part) for part in pelvis], np.int64)
    resampled.clip_start = np.cumsum([0, *resampled.clip_length])[:-1]
    return resampled
