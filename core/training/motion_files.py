"""Several motion-capture files as one library, so that recordings of different origin train together."""

import copy
from collections.abc import Sequence

import numpy as np
import torch

from ..errors import MotionDataError
from .clips import MotionLibrary


def merge_motion_libraries(libraries: Sequence[MotionLibrary]) -> MotionLibrary:
    """Return one library with all clips of at least one; its subjects stay apart, and its licences stand together.

    Raises:
        MotionDataError: the files have different frame rates.
    """
    first = libraries[0]
    if len(libraries) == 1:
        return first
    for library in libraries[1:]:
        if library.frame_rate != first.frame_rate:
            raise MotionDataError(
                f"{library.name} has {library.frame_rate:g} frames a second and {first.name} {first.frame_rate:g}.",
                "Prepare them at the same frame rate.",
            )
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
