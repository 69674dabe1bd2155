"""The one record that every reader gives: one person through T frames of one recording, with what is known of it."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ...skeleton import BETA_COUNT, JOINT_COUNT
from .image_sources import Images

FloatArray = NDArray[np.floating[Any]]

Axes = Literal["camera", "world_z_up"]
Gender = Literal["neutral", "male", "female"]


@dataclass(frozen=True)
class Sequence:
    """One person's frames, in order; what a data set does not know is None.

    Attributes:
        data_set: `3dpw`, `amass`, `mpi_inf_3dhp`, `instavariety`.
        name: unique within the data set; slashes part recording, camera and person.
        split: `train`, `validation` or `test`.
        frame_ids: (T,) int64 increasing, 0-based frames of the recording.
        frame_step: frames of the recording between two rows that follow each other; a larger distance is a gap.
        frame_rate_hz: of the rows, not of the recording; None where the data set does not tell.
        axes: of joints3d, trans and the global orient; camera is +x right, +y down, +z away.
        images: the frames' pictures.
        image_size: (width, height).
        intrinsics: (3, 3) of the pinhole camera, pixels.
        bbox: (T, 3) centre x, centre y and side of the person's square in pixels, where the data set gives it.
        keypoints2d: (T, K, 3) pixels and confidence, in the order of keypoint_names.
        joints3d: (T, J, 3) metres, in the order of joint_names.
        poses: (T, 24, 3) SMPL axis-angle, global orient first.
        trans: (T, 3) metres, SMPL translation: pelvis = J0(betas) + trans.
        betas: (10,) SMPL shape.
        gender: the SMPL model that betas belong to.
        has_joints3d, has_poses: (T,) bool, rows whose joints3d or poses may be used.
        activities: (T,) int64 numbers of what the person does, as the data set counts them.
        features: (T, C) of another backbone, from a database that holds them.
    """

    data_set: str
    name: str
    split: str
    frame_ids: NDArray[np.int64]
    frame_rate_hz: float | None
    frame_step: int = 1
    axes: Axes = "camera"
    images: Images | None = None
    image_size: tuple[int, int] | None = None
    intrinsics: FloatArray | None = None
    bbox: FloatArray | None = None
    keypoints2d: FloatArray | None = None
    keypoint_names: tuple[str, ...] = ()
    joints3d: FloatArray | None = None
    joint_names: tuple[str, ...] = ()
    poses: FloatArray | None = None
    trans: FloatArray | None = None
    betas: FloatArray | None = None
    gender: Gender = "neutral"
    has_joints3d: NDArray[np.bool_] | None = None
    has_poses: NDArray[np.bool_] | None = None
    activities: NDArray[np.int64] | None = None
    features: FloatArray | None = None

    def __post_init__(self) -> None:
        """Check that all arrays speak of the same frames."""
        count = len(self.frame_ids)
        shapes: dict[str, tuple[int, ...]] = {
            "frame_ids": (count,),
            "bbox": (count, 3),
            "keypoints2d": (count, len(self.keypoint_names), 3),
            "joints3d": (count, len(self.joint_names), 3),
            "poses": (count, JOINT_COUNT, 3),
            "trans": (count, 3),
            "betas": (BETA_COUNT,),
            "has_joints3d": (count,),
            "has_poses": (count,),
            "activities": (count,),
        }
        for name, shape in shapes.items():
            value = getattr(self, name)
            if value is not None and value.shape != shape:
                raise ValueError(f"{self.data_set} {self.name}: {name} has the shape {value.shape}, not {shape}")
        if self.images is not None and len(self.images) != count:
            raise ValueError(f"{self.data_set} {self.name}: {len(self.images)} images for {count} frames")
        if (np.diff(self.frame_ids) <= 0).any():
            raise ValueError(f"{self.data_set} {self.name}: frame_ids do not increase")

    @property
    def frame_count(self) -> int:
        """T."""
        return len(self.frame_ids)


def contiguous_runs(frame_ids: NDArray[np.int64], frame_step: int = 1) -> list[tuple[int, int]]:
    """Return (first row, row after the last) of each run of rows without a gap."""
    if not len(frame_ids):
        return []
    breaks = np.flatnonzero(np.diff(frame_ids) != frame_step) + 1
    edges = [0, *breaks.tolist(), len(frame_ids)]
    return list(pairwise(edges))
