"""The way of a solved camera beside a capture, kept with the armature object: what the cleanup places motion through.

numpy only.
"""

import hashlib
import io
import zipfile
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np

from ...core.errors import SceneError
from ...core.rotations import quat_wxyz_to_rotmat
from ..axes import BLENDER_CAMERA_AXES, FloatArray, MovingPlacement

PATH: Final = "jointwise_camera_path"


@dataclass(frozen=True)
class CameraPath:
    """The camera in each of a capture's T frames, as Blender has it: looking along its -Z, +Y up.

    Attributes:
        quats_wxyz: (T, 4), world from camera.
        location: (T, 3) in units of the solved scene.
        scale: metres in such a unit.
        floor_height: metres, where the feet stand.
    """

    quats_wxyz: FloatArray
    location: FloatArray
    scale: float
    floor_height: float

    @property
    def digest(self) -> bytes:
        """What tells it from every other way."""
        sizes = np.array([self.scale, self.floor_height])
        return hashlib.sha256(b"".join(values.tobytes() for values in (self.quats_wxyz, self.location, sizes))).digest()

    def placement(self) -> MovingPlacement:
        """Return the placement in a world whose floor is z = 0, as the cleanup's is."""
        translation = self.scale * self.location
        translation[:, 2] -= self.floor_height
        return MovingPlacement(quat_wxyz_to_rotmat(self.quats_wxyz) @ BLENDER_CAMERA_AXES, translation)

    def above_floor(self, pelvis: FloatArray) -> FloatArray:
        """Return places (..., 3) of the world of `placement` in the scene's."""
        places: FloatArray = pelvis + np.array([0.0, 0.0, self.floor_height])
        return places


def keep_path(armature: Any, path: CameraPath) -> None:
    """Keep the camera's way with the armature object."""
    buffer = io.BytesIO()
    arrays: dict[str, Any] = {item.name: np.asarray(getattr(path, item.name)) for item in fields(CameraPath)}
    np.savez(buffer, **arrays)
    armature[PATH] = {"npz": buffer.getvalue()}


def forget_path(armature: Any) -> None:
    """Take it away; harmless where there is none."""
    if PATH in armature:
        del armature[PATH]


def has_path(armature: Any) -> bool:
    """True for an armature whose motion is placed through a camera."""
    return armature is not None and PATH in armature


def load_path(armature: Any, frame_count: int) -> CameraPath | None:
    """Return the camera's way beside a capture of so many frames; None where the motion has one static placement.

    Raises:
        SceneError: it is damaged, or belongs to another motion.
    """
    if not has_path(armature):
        return None
    try:
        with np.load(io.BytesIO(bytes(armature[PATH]["npz"])), allow_pickle=False) as archive:
            path = CameraPath(
                archive["quats_wxyz"], archive["location"], float(archive["scale"]), float(archive["floor_height"])
            )
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
        path = None
    if path is None or len(path.location) != frame_count:
        raise SceneError(
            "The camera's way that is kept with this armature does not belong to its motion.",
            "Click Remove Placing, then place the motion through the camera again.",
        )
    return path
