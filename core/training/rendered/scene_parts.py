"""What a scene is made of beside its meshes: the camera, the floor, the people's movement, how pictures are taken."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from .arrays import FloatArray
from .materials import Material
from .meshes import Mesh

Exposures = tuple[tuple[float, float, float], ...]

EXPOSURES: Final[Exposures] = (
    (-0.375, -0.125, -0.375), (-0.125, 0.375, 0.125), (0.125, -0.375, 0.375), (0.375, 0.125, -0.125)
)  # fmt: skip
"""Each frame is the mean of these: moment within the shutter's time, and the shift of the picture in pixels."""

TWO_EXPOSURES: Final[Exposures] = ((-0.25, -0.25, -0.25), (0.25, 0.25, 0.25))
"""Half the work, for pictures that are made smaller before anybody looks at them."""

SHUTTER_SHARE: Final = 0.35
"""The part of a video's frame time during which the shutter is open."""


@dataclass(frozen=True)
class CameraPath:
    """A pinhole camera over time: camera_from_world (T, 4, 4), focal length and picture size (w, h) in pixels."""

    camera_from_world: FloatArray
    focal_length_px: float
    image_size: tuple[int, int]

    @property
    def is_moving(self) -> bool:
        """Whether any frame is seen from elsewhere than the first."""
        return bool(np.ptp(self.camera_from_world, axis=0).max() > 0)

    def position(self, frame: int) -> FloatArray:
        """Return where the camera is (3,), world metres."""
        matrix = self.camera_from_world[frame]
        result: FloatArray = -matrix[:3, :3].T @ matrix[:3, 3]
        return result


@dataclass(frozen=True)
class Floor:
    """A round floor that fades into the panorama. height: world metres. centre: world x and z. radius, fade: metres."""

    material: Material
    height: float
    centre: tuple[float, float]
    radius: float
    fade: float


@dataclass(frozen=True)
class ScenePerson:
    """transforms: (T, 24, 3, 4) take the T-pose to the world, joint by joint."""

    mesh: Mesh
    transforms: FloatArray


@dataclass(frozen=True)
class Grading:
    """How pictures are taken: sensor noise in grey levels, the seed that it is drawn from, and the shutter."""

    noise_levels: float = 2.0
    seed: int = 0
    exposures: Exposures = EXPOSURES
    shutter_share: float = SHUTTER_SHARE
