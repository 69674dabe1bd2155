"""Write what MediaPipe Pose says about every frame of a video: the baseline of the rendered benchmark.

Run as a file in an environment of its own that holds mediapipe 0.10.21 (it needs numpy 1 and has its own OpenCV);
imports nothing of this project. docs/rendered_benchmark.md gives the commands.
"""

import argparse
import time
from pathlib import Path
from typing import Any

import cv2
import mediapipe  # type: ignore[import-not-found]
import numpy as np
from numpy.typing import NDArray

COMPLEXITY = {"full": 1, "heavy": 2}


def find_person(video: Path, model: str) -> dict[str, Any]:
    """Return one row a frame, NaN where MediaPipe gives nothing; MediaPipe's default options.

    Returns:
        landmarks (T, 33, 4) x, y px and z and visibility; world_landmarks (T, 33, 3) m; seconds, with decoding;
        decode_seconds.
    """
    landmarks, world_landmarks = [], []
    capture = cv2.VideoCapture(str(video))
    with mediapipe.solutions.pose.Pose(static_image_mode=False, model_complexity=COMPLEXITY[model]) as pose:
        started_s, decode_s = time.monotonic(), 0.0
        while True:
            before_s = time.monotonic()
            is_decoded, image_bgr = capture.read()
            decode_s += time.monotonic() - before_s
            if not is_decoded:
                break
            result = pose.process(cv2.cvtColor(image_bgr, cv2.COLOR_BGR2RGB))
            height, width = image_bgr.shape[:2]
            landmarks.append(_rows(result.pose_landmarks) * [width, height, width, 1.0])
            world_landmarks.append(_rows(result.pose_world_landmarks)[:, :3])
        seconds = time.monotonic() - started_s
    return {
        "landmarks": np.array(landmarks),
        "world_landmarks": np.array(world_landmarks),
        "seconds": np.array(seconds),
        "decode_seconds": np.array(decode_s),
    }


def _rows(landmarks: Any) -> NDArray[np.float64]:
    """Return (33, 4)."""
    if landmarks is None:
        return np.full((33, 4), np.nan)
    return np.array([[point.x, point.y, point.z, point.visibility] for point in landmarks.landmark])


def main() -> None:
    """Run on a video and write the npz."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("video", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--model", choices=tuple(COMPLEXITY), default="heavy")
    options = parser.parse_args()
    np.savez_compressed(options.output, **find_person(options.video, options.model))


if __name__ == "__main__":
    main()
