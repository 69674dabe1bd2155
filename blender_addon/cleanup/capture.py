"""The raw capture: all of a motion that the cleanup needs, packed into bytes that live in the .blend. numpy only."""

import hashlib
import io
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...core.array_archive import ArchiveError, read_arrays
from ...core.errors import SceneError
from ...core.motion import Motion
from ...core.skeleton import CONTACT_LANDMARKS, JOINT_NAMES
from ..axes import ARMATURE_FROM_SMPL, FloatArray, ScenePlacement
from ..rest_pose import UP, ShapedBody, StandingRest

SOLE_JOINTS: Final = tuple(
    JOINT_NAMES.index(f"{side}_{part}") for side in ("left", "right") for part in ("ankle", "foot")
)
"""The joint that carries each column of `contacts`: heels go with the ankle, toes with the foot joint."""

DAMAGED_CAPTURE: Final = "The raw motion that was kept with this armature is damaged."

FORWARD: Final = 2
"""Index of SMPL's forward axis."""


ROW_SHAPES: Final = {
    "poses": (72,), "poses_per_frame": (72,), "pelvis_cam": (3,), "contacts": (4,), "confidence": (24,),
    "timestamps": (), "frame_ids": (),
}  # fmt: skip
"""Of one frame."""
SHAPES: Final = {
    "frame_rate_hz": (), "heads": (24, 3), "sole_offsets": (4, 3), "edge_offsets": (4, -1, 3),
    "world_rotation": (3, 3), "world_translation": (3,),
}  # fmt: skip


def _tilted_ups() -> FloatArray:
    """Return up directions (9, 3), SMPL's axes, of floors that are level or tilted by 40 degrees to eight sides."""
    sides = np.radians(np.arange(0, 360, 45))
    tilted = np.stack([0.64 * np.cos(sides), np.full(8, 0.77), 0.64 * np.sin(sides)], axis=1)
    return np.concatenate([[[0.0, 1.0, 0.0]], tilted])


TILTS: Final = _tilted_ups()


@dataclass(frozen=True)
class RawCapture:
    """One person's capture of T frames before any cleanup; metres, radians, seconds.

    About 660 bytes a frame, 6.6 MB for 10,000 frames.

    Attributes:
        poses, poses_per_frame: (T, 72) float32 axis-angle with and without temporal prior and refinement.
        pelvis_cam: (T, 3) float32, camera axes.
        contacts: (T, 4) float16, left heel, left toe, right heel, right toe.
        confidence: (T, 24) float16.
        timestamps: (T,) float64; `frame_ids`: (T,) int32, 0-based source frames.
        frame_rate_hz: of the source.
        heads: (24, 3) rest joints, armature axes.
        sole_offsets: (4, 3) from the carrying joint to the sole under each heel and toe, SMPL's axes at rest.
        edge_offsets: (4, P, 3) the same to the edges of the sole around them, which may dip into the floor first.
        world_rotation: (3, 3), `world_translation`: (3,): world from camera.
    """

    poses: NDArray[np.float32]
    poses_per_frame: NDArray[np.float32]
    pelvis_cam: NDArray[np.float32]
    contacts: NDArray[np.float16]
    confidence: NDArray[np.float16]
    timestamps: NDArray[np.float64]
    frame_ids: NDArray[np.int32]
    frame_rate_hz: float
    heads: FloatArray
    sole_offsets: FloatArray
    edge_offsets: FloatArray
    world_rotation: FloatArray
    world_translation: FloatArray

    @property
    def frame_count(self) -> int:
        """Number of frames with a pose."""
        return len(self.poses)

    @property
    def placement(self) -> ScenePlacement:
        """Where the capture stands in the scene."""
        return ScenePlacement(self.world_rotation, self.world_translation)

    @property
    def heads_smpl(self) -> FloatArray:
        """(24, 3) rest joints in SMPL's axes, the origin on the floor."""
        heads: FloatArray = self.heads @ ARMATURE_FROM_SMPL
        return heads


def capture_motion(motion: Motion, rest: StandingRest, shaped: ShapedBody, placement: ScenePlacement) -> RawCapture:
    """Return what to keep of a motion.

    Args:
        rest: the rest pose that the armature was made with.
        shaped: the body whose feet stand on the floor.
    """
    soles = shaped.landmarks[list(CONTACT_LANDMARKS)] - shaped.joints[list(SOLE_JOINTS)]
    soles[:, UP] = shaped.sole_height - shaped.joints[list(SOLE_JOINTS), UP]
    return RawCapture(
        poses=motion.poses.astype(np.float32),
        poses_per_frame=motion.poses_per_frame.astype(np.float32),
        pelvis_cam=motion.joints[:, 0].astype(np.float32),
        contacts=motion.contacts.astype(np.float16),
        confidence=motion.confidence.astype(np.float16),
        timestamps=motion.timestamps.astype(np.float64),
        frame_ids=motion.frame_ids.astype(np.int32),
        frame_rate_hz=float(motion.mocap_framerate),
        heads=rest.heads.astype(np.float64),
        sole_offsets=soles.astype(np.float64),
        edge_offsets=_sole_edges(shaped, soles),
        world_rotation=placement.rotation.astype(np.float64),
        world_translation=placement.translation.astype(np.float64),
    )


def _sole_edges(shaped: ShapedBody, soles: FloatArray) -> FloatArray:
    """Return (4, P, 3), from each of `SOLE_JOINTS`, the points of the foot that are the lowest when it tilts.

    Args:
        soles: (4, 3) sole offsets, for a body without vertices there.
    """
    edges = []
    for column, joint in enumerate(SOLE_JOINTS):
        ankle, ball = (shaped.joints[other] for other in SOLE_JOINTS[column // 2 * 2 : column // 2 * 2 + 2])
        is_of_foot = (shaped.vertices[:, UP] < ankle[UP]) & (shaped.vertices[:, 0] * ankle[0] > 0)
        is_in_front = shaped.vertices[:, FORWARD] > ball[FORWARD]
        is_toe = column % 2 == 1
        points = shaped.vertices[is_of_foot & (is_in_front == is_toe)] - shaped.joints[joint]
        if not len(points):
            points = soles[column : column + 1]
        edges.append(points[np.argmin(points @ TILTS.T, axis=0)])
    return np.stack(edges)


def pack_capture(capture: RawCapture) -> bytes:
    """Return the capture as the bytes of an npz file, uncompressed: motion hardly compresses, and a slider waits."""
    buffer = io.BytesIO()
    arrays: dict[str, Any] = {item.name: np.asarray(getattr(capture, item.name)) for item in fields(RawCapture)}
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def capture_digest(capture: RawCapture) -> bytes:
    """Return what stands for all that a capture holds: two captures with one digest are the same."""
    digest = hashlib.blake2b(digest_size=16)
    for item in fields(RawCapture):
        values = np.ascontiguousarray(getattr(capture, item.name))
        digest.update(f"{item.name} {values.dtype} {values.shape}".encode())
        digest.update(values.tobytes())
    return digest.digest()


def unpack_capture(packed: bytes) -> RawCapture:
    """Return the capture that `pack_capture` packed.

    Raises:
        SceneError: the bytes are damaged.
    """
    try:
        values: dict[str, Any] = read_arrays(io.BytesIO(packed))
        count = len(values["poses"])
        for name, shape in {**{name: (count, *rest) for name, rest in ROW_SHAPES.items()}, **SHAPES}.items():
            # Edges have as many points as the body gave them.
            found = values[name].shape
            if found != tuple(size if size >= 0 else found[axis] for axis, size in enumerate(shape)):
                raise ArchiveError(f"{name} has another shape")
            if values[name].dtype.kind not in "fi" or not np.isfinite(values[name]).all():
                raise ArchiveError(f"{name} is not finite")
        values["frame_rate_hz"] = float(values["frame_rate_hz"])
        if not count or not values["frame_rate_hz"] > 0 or (np.diff(values["timestamps"]) <= 0).any():
            raise ArchiveError("it has no frames that follow each other")
        return RawCapture(**{item.name: values[item.name] for item in fields(RawCapture)})
    except (ArchiveError, LookupError, TypeError) as error:
        raise SceneError(DAMAGED_CAPTURE, "Load its motion file again.") from error
