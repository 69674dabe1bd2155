"""What a landmark network reports of simulated views, and the two models of its errors that stand for it."""

from dataclasses import dataclass
from typing import Final

from torch import Tensor


@dataclass(frozen=True)
class Observation:
    """What the landmark network reports of N windows of T frames.

    Attributes:
        keypoints2d: (N, T, 33, 2). world_landmarks: (N, T, 33, 3) metres. visibility: (N, T, 33).
        metre2d: (N, T, 1) the length of one metre at the person, in the unit of the image points.
    """

    keypoints2d: Tensor
    world_landmarks: Tensor
    visibility: Tensor
    metre2d: Tensor


OBSERVED: Final = ("keypoints2d", "world_landmarks", "visibility", "metre2d")


@dataclass(frozen=True)
class Scene:
    """What there is to be seen in N windows of T frames, camera axes.

    Attributes:
        landmarks: (N, T, 33, 3) metres, the pelvis at the origin. pelvis: (N, T, 3) metres.
        keypoints2d: (N, T, 33, 2) where they are in the picture.
        focal: (N, 1, 1) in the unit of keypoints2d.
    """

    landmarks: Tensor
    pelvis: Tensor
    keypoints2d: Tensor
    focal: Tensor
    frame_rate_hz: float

    def windows(self, part: slice) -> "Scene":
        """Return some of the windows."""
        return Scene(
            self.landmarks[part], self.pelvis[part], self.keypoints2d[part], self.focal[part], self.frame_rate_hz
        )

    @property
    def metre2d(self) -> Tensor:
        """The length (N, T, 1) of one metre at the person, in the unit of keypoints2d."""
        length: Tensor = self.focal / self.pelvis[..., 2:]
        return length


def hip_middle(landmarks: Tensor) -> Tensor:
    """Return the middle of the hips (..., 1, A) of landmarks (..., 33, A)."""
    return landmarks[..., 23:25, :].mean(-2, keepdim=True)
