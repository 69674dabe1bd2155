"""What a backbone and the temporal prior say about one person's track, before smoothing."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .body_model import BodyModel
from .crop_backbone import CropModel, CropOutputs
from .decomposed_estimator import Window
from .tracks import Track
from .view import View


@dataclass(frozen=True)
class TrackPoses:
    """T frames of one person.

    Attributes:
        rot6d_per_frame: (T, 24, 6) of the backbone alone; interleaved columns, not orthonormal.
        rot6d: (T, 24, 6) after the temporal prior.
        betas: (10,) float32 of the backbone's body: a person keeps one shape.
        pelvis_cam: (T, 3) metres, camera axes.
        wants_refinement: whether the whole-track fit may change rotations and root; it knows the open body only.
        contacts: (T, 4) 0..1 how surely left heel, left toe, right heel, right toe stand; None where nothing says so.
        wants_smoothing: whether rotations and root are to be smoothed; not where the backbone's own result is wanted.
    """

    rot6d_per_frame: NDArray[np.float32]
    rot6d: NDArray[np.float32]
    betas: NDArray[np.float32]
    pelvis_cam: NDArray[np.float64]
    wants_smoothing: bool = True
    wants_refinement: bool = False
    contacts: NDArray[np.float32] | None = None


class TrackEstimator(Protocol):
    """A backbone with its temporal prior: tracks to poses.

    Attributes:
        body: the body that its shapes and rotations are of.
        crop_model: what looks at the video a second time, at the track's boxes; None where the tracker has seen enough.
    """

    body: BodyModel
    crop_model: CropModel | None

    def estimate(self, track: Track, crop_outputs: CropOutputs | None, /, view: View, window: Window) -> TrackPoses:
        """Return the poses of one track.

        Args:
            track: with its sides repaired, at least one row.
            crop_outputs: of the crop model, for the track's rows.
        """
        ...


def one_shape(betas: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the shape (10,) of a person from those of each frame (T, 10)."""
    # The median ignores the frames in which the network was misled.
    return np.median(betas, axis=0).astype(np.float32)
