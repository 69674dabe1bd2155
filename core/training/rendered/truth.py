"""The exact truth of a rendered shot: what the people did, where the camera was, what could be seen; and its file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...rotations import rotmat_to_rotvec
from ...skeleton import LANDMARK_COUNT, LANDMARK_NAMES
from ...whole_file import whole_file
from .arrays import BoolArray, FloatArray
from .scene_parts import CameraPath
from .shot_cameras import to_camera, to_pixels
from .standing import PosedBody

HIDING_DEPTHS_M: Final = {
    "shoulder": 0.13, "elbow": 0.10, "wrist": 0.08, "pinky": 0.06, "index": 0.06, "thumb": 0.07, "hip": 0.20,
    "knee": 0.13, "ankle": 0.11, "heel": 0.09, "foot_index": 0.08,
}  # fmt: skip
"""How far behind the seen surface a landmark may lie and still be seen: half the limb, and what covers it."""

FACE_DEPTH_M: Final = 0.05


@dataclass
class ShotTruth:
    """What is true of one shot; P people, T frames. See `core.training.rendered.render` for the keys of its file."""

    kind: str
    frame_rate_hz: float
    camera: CameraPath
    floor_y: float
    moving_camera: bool
    people: list[PosedBody]
    contacts: list[BoolArray]
    metadata: str
    hidden: BoolArray

    def landmarks_cam(self) -> FloatArray:
        """Return the landmarks (P, T, 33, 3) in camera axes, metres."""
        return np.stack([to_camera(person.landmarks, self.camera.camera_from_world) for person in self.people])

    def see(self, frame: int, depths: FloatArray) -> None:
        """Note which landmarks of a frame its depths (H, W) hide."""
        points = np.stack(
            [to_camera(p.landmarks[[frame]], self.camera.camera_from_world[[frame]])[0] for p in self.people]
        )
        pixels = to_pixels(points, self.camera.focal_length_px, self.camera.image_size)
        self.hidden[:, frame] = hidden_points(points[..., 2], pixels, depths)

    def save(self, path: Path) -> None:
        """Write the file, whole or not at all.

        Raises: OutputError when it cannot be written.
        """
        arrays = self.arrays()
        with whole_file(path) as partial, partial.open("wb") as file:
            np.savez_compressed(file, **arrays)

    def arrays(self) -> dict[str, Any]:
        """Return what the file holds."""
        path = self.camera.camera_from_world
        landmarks = self.landmarks_cam()
        rotmat = np.stack([person.rotmat for person in self.people])
        rotmat[:, :, 0] = path[None, :, :3, :3] @ rotmat[:, :, 0]
        joints = np.stack([to_camera(person.joints, path) for person in self.people])
        return {
            "kind": self.kind,
            "frame_rate_hz": self.frame_rate_hz,
            "focal_length_px": self.camera.focal_length_px,
            "image_size": np.array(self.camera.image_size),
            "poses": rotmat_to_rotvec(rotmat).astype(np.float32),
            "pelvis_cam": joints[:, :, 0].astype(np.float32),
            "joints": joints.astype(np.float32),
            "landmarks": landmarks.astype(np.float32),
            "keypoints2d_px": to_pixels(landmarks, self.camera.focal_length_px, self.camera.image_size).astype(
                np.float32
            ),
            "hidden": self.hidden,
            "contacts": np.stack(self.contacts),
            "camera_from_world": path,
            "floor_y": self.floor_y,
            "moving_camera": self.moving_camera,
            "metadata": self.metadata,
        }


def hiding_depths() -> FloatArray:
    """Return how far (33,) behind the surface each landmark still counts as seen, metres."""
    depths = np.full(LANDMARK_COUNT, FACE_DEPTH_M)
    for index, name in enumerate(LANDMARK_NAMES):
        for part, depth in HIDING_DEPTHS_M.items():
            if name.endswith(part):
                depths[index] = depth
    return depths


def hidden_points(point_depths: FloatArray, pixels: FloatArray, depths: FloatArray) -> BoolArray:
    """Return which landmarks (..., 33) are out of the picture or behind something.

    Args:
        point_depths: (..., 33) metres along the view. pixels: (..., 33, 2). depths: (H, W) of the nearest surfaces.
    """
    height, width = depths.shape
    columns, rows = np.floor(pixels[..., 0]).astype(int), np.floor(pixels[..., 1]).astype(int)
    outside = (columns < 0) | (columns >= width) | (rows < 0) | (rows >= height) | (point_depths <= 0)
    # The farthest of nine pixels: a thin edge beside a point does not hide it.
    nearby: NDArray[Any] = np.stack(
        [
            depths[np.clip(rows + i, 0, height - 1), np.clip(columns + j, 0, width - 1)]
            for i in (-1, 0, 1)
            for j in (-1, 0, 1)
        ]
    ).max(axis=0)
    return np.asarray(outside | (point_depths > nearby + hiding_depths()))
