"""Shows the landmark network each person twice, as they are and in a mirror, and takes the mean of both answers.

The network's error differs between the two, so the mean is nearer to the truth and shakes less; it costs twice the
time. Used by `--quality best`.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .models.engine import Network
from .skeleton import LANDMARK_COUNT, MIRROR_LANDMARKS

Outputs = dict[str, NDArray[Any]]

LARGEST_DIFFERENCE_M: Final = 0.2
"""Answers that are further apart than this on average disagree about which side is which; the plain one is kept."""

_POINT_COUNT: Final = 39
_MIRRORED: Final = [*MIRROR_LANDMARKS, *range(LANDMARK_COUNT, _POINT_COUNT)]


class MirrorAveraged:
    """`blazepose_heavy` or `blazepose_full` behind its own interface, twice as careful."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self.name, self.engine, self.device = network.name, network.engine, network.device
        self.weights_sha256 = network.weights_sha256

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> Outputs:
        """Return the network's outputs for images (N, 3, S, S); see `LandmarkEstimator`."""
        image = inputs["image"]
        both = self._network.run({"image": np.ascontiguousarray(np.concatenate([image, image[..., ::-1]]))})
        count = len(image)
        plain = {name: values[:count] for name, values in both.items()}
        mirrored = unmirror({name: values[count:] for name, values in both.items()}, image.shape[-1])
        difference_m = np.linalg.norm(
            (plain["world_landmarks"] - mirrored["world_landmarks"])[:, :LANDMARK_COUNT], axis=-1
        ).mean(axis=1)
        share = np.where(difference_m <= LARGEST_DIFFERENCE_M, 0.5, 0.0)
        return {
            name: values + share.reshape(-1, *(1,) * (values.ndim - 1)).astype(values.dtype) * (mirrored[name] - values)
            for name, values in plain.items()
        }


def unmirror(outputs: Outputs, image_side_px: int) -> Outputs:
    """Return what the network says about mirrored images as if it were said about the images themselves.

    Note: whole coordinates are pixel centres, so pixel 0 becomes the last one.
    """
    landmarks, world = outputs["landmarks"][:, _MIRRORED].copy(), outputs["world_landmarks"][:, _MIRRORED].copy()
    landmarks[..., 0] = image_side_px - 1 - landmarks[..., 0]
    world[..., 0] *= -1
    heatmap = outputs["heatmap"][:, _MIRRORED, :, ::-1]
    return {**outputs, "landmarks": landmarks, "world_landmarks": world, "heatmap": heatmap}
