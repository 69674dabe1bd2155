"""What the user should know about how a video was seen."""

from .camera_motion import CameraMotion
from .protocol import Warning
from .tracks import Track


def camera_warnings(camera: CameraMotion) -> list[Warning]:
    """Return what to say about a camera that moves."""
    if not camera.is_moving:
        return []
    return [
        Warning(
            "moving_camera",
            "The camera moves: the motion is as seen from it, so the person's way through the scene has the camera's in"
            " it, and feet cannot be held still. Film from a stand where the way matters, or solve the camera in"
            " Blender and choose it under Solved Camera.",
        )
    ]


def gap_warnings(track: Track, who: str) -> list[Warning]:
    """Return what to say about frames between the first and the last in which the person was not seen."""
    missing = int(track.frame_ids[-1] - track.frame_ids[0]) + 1 - len(track.frame_ids)
    if not missing:
        return []
    frames = "1 frame" if missing == 1 else f"{missing} frames"
    return [Warning("gaps", f"{who} was not seen in {frames} in between: there are no keys there.")]
