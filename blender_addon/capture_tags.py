"""What our objects remember about their capture, as custom properties, so that later steps find and re-time them."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..core.errors import SceneError
from ..core.motion import Motion

RATE: Final = "jointwise_frame_rate"
FIRST_FRAME: Final = "jointwise_first_frame"
TIMESTAMPS: Final = "jointwise_timestamps"
FRAME_IDS: Final = "jointwise_frame_ids"
BODY: Final = "jointwise_body"
GENDER: Final = "jointwise_gender"
BETAS: Final = "jointwise_betas"
REST_PELVIS: Final = "jointwise_rest_pelvis"


@dataclass(frozen=True)
class CaptureTag:
    """Times of a capture in the scene.

    Attributes:
        frame_rate_hz: of the video.
        first_frame: scene frame of the video's start.
    """

    frame_rate_hz: float
    first_frame: float


@dataclass(frozen=True)
class BodyTag:
    """The body of a capture.

    Attributes:
        body: `open` or `smpl`.
        gender: `neutral`, `male` or `female`.
        betas: (10,) its shape.
        rest_pelvis: (3,) the pelvis at rest, metres, SMPL's axes; None for captures of versions that did not keep it.
    """

    body: str
    gender: str
    betas: NDArray[np.float64]
    rest_pelvis: NDArray[np.float64] | None


def tag_armature(armature: Any, motion: Motion, first_frame: float) -> None:
    """Mark an armature object as ours."""
    armature[RATE] = float(motion.mocap_framerate)
    armature[FIRST_FRAME] = float(first_frame)
    armature[BODY] = motion.body
    armature[GENDER] = motion.gender
    armature[BETAS] = motion.betas.astype(float).tolist()
    armature[REST_PELVIS] = (motion.joints[:, 0] - motion.trans).mean(axis=0).astype(float).tolist()


def tag_camera(camera: Any, motion: Motion, first_frame: float) -> None:
    """Mark a camera object as ours, with the times of the source frames for its background."""
    camera[RATE] = float(motion.mocap_framerate)
    camera[FIRST_FRAME] = float(first_frame)
    camera[TIMESTAMPS] = motion.timestamps.tolist()
    camera[FRAME_IDS] = motion.frame_ids.astype(int).tolist()


def read_tag(item: Any) -> CaptureTag | None:
    """Return an object's tag, or None for an object that is not ours."""
    if item is None or RATE not in item or FIRST_FRAME not in item:
        return None
    return CaptureTag(float(item[RATE]), float(item[FIRST_FRAME]))


def read_body_tag(item: Any) -> BodyTag | None:
    """Return the body that an armature was made with, or None for an armature that is not ours."""
    if BODY not in item or BETAS not in item:
        return None
    pelvis = np.array(item[REST_PELVIS], np.float64) if REST_PELVIS in item else None
    return BodyTag(str(item[BODY]), str(item.get(GENDER, "neutral")), np.array(item[BETAS], np.float64), pelvis)


def is_captured_armature(item: Any) -> bool:
    """True for an armature object that we made."""
    return item is not None and item.type == "ARMATURE" and read_tag(item) is not None


def background_times(camera: Any) -> tuple[NDArray[np.float64], NDArray[np.int64]] | None:
    """Return timestamps (T,), seconds, and source frames (T,) of a camera of ours with a video behind it."""
    if TIMESTAMPS not in camera or FRAME_IDS not in camera or not camera.data.background_images:
        return None
    return np.array(camera[TIMESTAMPS], np.float64), np.array(camera[FRAME_IDS], np.int64)


def captured_armature(context: Any) -> Any:
    """Return the armature of ours that the user means: the active one, the active mesh's, or the only one; or None."""
    active = context.view_layer.objects.active
    for candidate in (active, active.parent if active else None):
        if is_captured_armature(candidate):
            return candidate
    ours = [item for item in context.scene.objects if is_captured_armature(item)]
    return ours[0] if len(ours) == 1 else None


def chosen_armature(context: Any, hint: str) -> Any:
    """Return `captured_armature`.

    Raises:
        SceneError: there is none; the hint says what to do.
    """
    armature = captured_armature(context)
    if armature is None:
        raise SceneError("No captured armature is selected.", hint)
    return armature
