"""What an encoder's bottleneck alone costs: the lifter behind the best linear one of the same width, without any GRU.

An encoder that scores worse than this has not learned yet to hand on what its width allows: it is not converged.
"""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import torch
from torch import Tensor

from ...models.encoders import EncoderConfig, matched_holistic
from ..evaluation.table import Table
from .clip_estimator import ClipEstimator
from .feature_windows import FeatureWindows
from .run_training import Materials
from .scoring import ScoredViews, validate

WINDOWS: Final = 1536
"""Training windows that the principal components are found on."""
_CHUNK: Final = 64


class Passage(torch.nn.Module):
    """An encoder that is a function of the features."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self._function = function

    def forward(self, pose_features: Tensor) -> Tensor:
        """Return f~ (B, T, 24, 128) of f (B, T, 24, 128)."""
        encoded: Tensor = self._function(pose_features)
        return encoded


def bottleneck_table(materials: Materials, views: ScoredViews) -> Table:
    """Return PA-MPJPE and ACC ERR of the lifter behind both encoders' linear bottlenecks, on validation views."""
    decomposed = materials.settings.decomposed
    holistic = matched_holistic(EncoderConfig("decomposed", hidden_size=decomposed.hidden_size))
    features = _training_features(materials.windows)
    rows = []
    for name, size, components in (
        ("holistic", holistic.hidden_size, joined_components(features, holistic.hidden_size)),
        ("decomposed", decomposed.hidden_size, joint_components(features, decomposed.hidden_size)),
    ):
        estimator = ClipEstimator(EncoderConfig("none"), materials.lifter).eval()
        estimator.encoder = Passage(components)
        rows.append((f"{name}, {size} numbers", validate(estimator, views, materials.body)))
    notes = (
        "Principal components of the training features; each frame for itself. An encoder above its row is not",
        "converged: it hands on less than its width allows.",
    )
    return Table("What the bottleneck alone costs, validation split", ("PA-MPJPE", "ACC ERR"), tuple(rows), notes)


def joined_components(features: Tensor, size: int) -> Callable[[Tensor], Tensor]:
    """Return the projection of (..., 24, 128) on the first components of all joints' features (N, 24, 128) together."""
    joined = features.flatten(1)
    mean = joined.mean(dim=0)
    basis = _components(joined - mean, size)
    return lambda f: torch.unflatten(((f.flatten(-2) - mean) @ basis) @ basis.T + mean, -1, f.shape[-2:])


def joint_components(features: Tensor, size: int) -> Callable[[Tensor], Tensor]:
    """Return the projection of (..., 24, 128) on the first components of each joint's features (N, 24, 128)."""
    mean = features.mean(dim=0)
    bases = torch.stack([_components(features[:, joint] - mean[joint], size) for joint in range(features.shape[1])])
    return lambda f: torch.einsum("...jc,jck,jdk->...jd", f - mean, bases, bases) + mean


def _components(centered: Tensor, size: int) -> Tensor:
    """Return (C, size) orthonormal directions of most variance of centered rows (N, C)."""
    _, vectors = torch.linalg.eigh(centered.T @ centered)
    largest: Tensor = vectors[:, -size:]
    return largest


def _training_features(windows: FeatureWindows) -> Tensor:
    """Return the features (N, 24, 128) of the first training windows' frames."""
    chunks: Sequence[np.ndarray] = np.array_split(np.arange(min(WINDOWS, windows.count)), -(-WINDOWS // _CHUNK))
    parts = [windows.batch(chunk).pose_features.flatten(0, 1) for chunk in chunks if len(chunk)]
    return torch.cat(parts)
