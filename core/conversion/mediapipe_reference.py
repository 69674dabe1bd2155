"""Write what MediaPipe's own pose pipeline finds in a video, with the regions it looked at: the reference for parity.

Run as a file in an environment of its own that holds mediapipe 0.10.21 (it needs numpy 1 and has its own OpenCV);
imports nothing of this project. docs/blazepose_parity.md gives the commands.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from mediapipe.python.solution_base import SolutionBase  # type: ignore[import-not-found]
from numpy.typing import NDArray

GRAPH = "mediapipe/modules/pose_landmark/pose_landmark_cpu.binarypb"
OUTPUTS = [
    "pose_landmarks",
    "pose_world_landmarks",
    "pose_detection",
    "pose_rect_from_detection",
    "pose_rect_from_landmarks",
]


class ReferencePose(SolutionBase):  # type: ignore[misc]
    """The graph behind `mediapipe.solutions.pose`, with its inner streams as outputs."""

    def __init__(self, model_complexity: int, *, is_static: bool, is_smooth: bool) -> None:
        super().__init__(
            binary_graph_path=GRAPH,
            side_inputs={
                "model_complexity": model_complexity,
                "smooth_landmarks": is_smooth and not is_static,
                "enable_segmentation": False,
                "smooth_segmentation": False,
                "use_prev_landmarks": not is_static,
            },
            outputs=OUTPUTS,
        )


def find_people(video: Path, pose: ReferencePose, start: int, end: int) -> dict[str, NDArray[Any]]:
    """Return one row a frame; NaN where MediaPipe gives nothing.

    Rows: landmarks (33, 4) x, y, z px and visibility; world_landmarks (33, 3) m; detection (4, 2) keypoints px;
    detection_roi and landmark_roi (4,) centre px, side px, radians; frame_ids; image_size; frame_means of the pixels.
    """
    rows: dict[str, list[Any]] = {name: [] for name in ("landmarks", "world_landmarks", "detection")}
    rows.update({name: [] for name in ("detection_roi", "landmark_roi", "frame_ids", "frame_means")})
    size = np.zeros(2)
    for frame_id, image_rgb in _read_frames(video, start, end):
        size = np.array([image_rgb.shape[1], image_rgb.shape[0]], dtype=np.float64)
        result = pose.process(input_data={"image": image_rgb})
        rows["frame_ids"].append(frame_id)
        rows["frame_means"].append(image_rgb.mean())
        rows["landmarks"].append(_landmark_rows(result.pose_landmarks, np.array([size[0], size[1], size[0], 1.0])))
        rows["world_landmarks"].append(_landmark_rows(result.pose_world_landmarks, np.ones(4))[:, :3])
        rows["detection"].append(_detection_row(result.pose_detection, size))
        rows["detection_roi"].append(_roi_row(result.pose_rect_from_detection, size))
        rows["landmark_roi"].append(_roi_row(result.pose_rect_from_landmarks, size))
    return {"image_size": size, **{name: np.array(values, dtype=np.float64) for name, values in rows.items()}}


def _read_frames(video: Path, start: int, end: int) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    capture = cv2.VideoCapture(str(video))
    frame_id = 0
    while frame_id < end and capture.grab():
        if frame_id >= start:
            yield frame_id, np.asarray(cv2.cvtColor(capture.retrieve()[1], cv2.COLOR_BGR2RGB), dtype=np.uint8)
        frame_id += 1


def _landmark_rows(landmarks: Any, scale: NDArray[np.float64]) -> NDArray[np.float64]:
    if landmarks is None:
        return np.full((33, 4), np.nan)
    return np.array([[point.x, point.y, point.z, point.visibility] for point in landmarks.landmark]) * scale


def _detection_row(detection: Any, size: NDArray[np.float64]) -> NDArray[np.float64]:
    if detection is None:
        return np.full((4, 2), np.nan)
    return np.array([[point.x, point.y] for point in detection.location_data.relative_keypoints]) * size


def _roi_row(roi: Any, size: NDArray[np.float64]) -> NDArray[np.float64]:
    if roi is None:
        return np.full(4, np.nan)
    return np.array([roi.x_center * size[0], roi.y_center * size[1], roi.width * size[0], roi.rotation])


def main() -> None:
    """Run on a video and write the npz."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("video", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--model", choices=("full", "heavy"), default="heavy")
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--end", type=int, default=1 << 30)
    parser.add_argument("--static", action="store_true", help="detect in every frame")
    parser.add_argument("--smooth", action="store_true", help="MediaPipe's default: filter landmarks over time")
    options = parser.parse_args()
    complexity = {"full": 1, "heavy": 2}[options.model]
    with ReferencePose(complexity, is_static=options.static, is_smooth=options.smooth) as pose:
        found = find_people(options.video, pose, options.start, options.end)
    np.savez_compressed(options.output, allow_pickle=False, **found)


if __name__ == "__main__":
    main()
