"""Compare every step of the pose pipeline with MediaPipe's, from a file that mediapipe_reference.py wrote.

Run: python -m core.conversion.mediapipe_parity VIDEO REFERENCE.npz [--model full]. Prints one line a step; distances
are over all frames in which both give something. docs/blazepose_parity.md holds the results.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ..blazepose_detector import BlazePoseDetector
from ..crops import Image, Region, crop_image, transform_points
from ..models.engine import load_network
from ..person_landmarks import LandmarkEstimator, PersonLandmarks
from ..region_smoothing import RegionSmoother
from ..skeleton import BODY_LANDMARKS
from ..video import Frame, VideoReader

FloatArray = NDArray[np.float64]
MIN_PRESENCE: Final = 0.5
STEP_S: Final = 1.0 / 30.0
"""MediaPipe's Python interface takes every video for one of 30 frames a second."""
SAMPLING_STEPS: Final = 32


class StepErrors:
    """Distances of one step, collected frame by frame."""

    def __init__(self) -> None:
        self._errors: dict[str, list[float]] = {}

    def add(self, step: str, ours: NDArray[Any], reference: NDArray[Any]) -> None:
        """Add the mean distance of points (N, 2 or 3), unless either side found nothing."""
        distance = np.linalg.norm(ours - reference, axis=-1).mean()
        if np.isfinite(distance):
            self._errors.setdefault(step, []).append(float(distance))

    def median(self, step: str) -> float:
        """Median over the frames."""
        return float(np.median(self._errors[step]))

    def lines(self) -> Iterator[str]:
        """One line a step: median, 95th percentile, largest."""
        yield f"{'step':58s} {'frames':>6s} {'median':>9s} {'p95':>9s} {'max':>9s}"
        for step, errors in self._errors.items():
            median, p95 = np.percentile(errors, [50, 95])
            yield f"{step:58s} {len(errors):6d} {median:9.4f} {p95:9.4f} {max(errors):9.4f}"


class SinglePersonLoop:
    """MediaPipe's own rule for one person: follow the landmarks' region, detect where there is none."""

    def __init__(self, detector: BlazePoseDetector, landmarks: LandmarkEstimator) -> None:
        self._detector = detector
        self._landmarks = landmarks
        self._region: Region | None = None
        self._smoother = RegionSmoother()
        self._timestamp_s = 0.0

    def step(self, image_rgb: NDArray[np.uint8]) -> PersonLandmarks | None:
        """Return the person's landmarks in the next frame, or None."""
        self._timestamp_s += STEP_S
        if self._region is None:
            people = self._detector.detect(image_rgb)
            self._region = people[0].region if people else None
        if self._region is None:
            self._smoother.reset()
            return None
        person = self._landmarks.estimate(image_rgb, [self._region])[0]
        if person.presence < MIN_PRESENCE:
            self._region = None
            self._smoother.reset()
            return None
        self._region = self._smoother.update(person.circle_px, self._timestamp_s)
        return person


def crop_in_steps(image_rgb: Image, region: Region, crop_side: int, *, repeat_border: bool) -> Image:
    """Return crop_image's result as the OpenCV inside MediaPipe samples it: at 1/32 pixel."""
    corners = np.stack(np.meshgrid(np.arange(crop_side), np.arange(crop_side)), axis=-1).astype(np.float64)
    places = transform_points(region.image_from_crop(crop_side), corners)
    steps = np.rint(places * SAMPLING_STEPS).astype(np.int64)
    whole = (steps // SAMPLING_STEPS).astype(np.int16)
    parts = steps % SAMPLING_STEPS
    table_index = (parts[..., 1] * SAMPLING_STEPS + parts[..., 0]).astype(np.uint16)
    border = cv2.BORDER_REPLICATE if repeat_border else cv2.BORDER_CONSTANT
    return np.asarray(cv2.remap(image_rgb, whole, table_index, cv2.INTER_LINEAR, borderMode=border), dtype=np.uint8)


def compare_steps(video: Path, reference: dict[str, NDArray[Any]], model: str, sampling: str) -> StepErrors:
    """Return the distances of all steps.

    Args:
        video: the video that the reference was made from.
        reference: what find_people of mediapipe_reference returns.
        model: `heavy` or `full`.
        sampling: `ours`, or `mediapipe` for crop_in_steps.
    """
    crop = crop_in_steps if sampling == "mediapipe" else crop_image
    detector = BlazePoseDetector(load_network("blazepose_detector"), use_tiles=False, crop=crop)
    landmarks = LandmarkEstimator(load_network(f"blazepose_{model}"), crop)
    loop = SinglePersonLoop(detector, landmarks)
    errors = StepErrors()
    smoother = RegionSmoother()
    previous_roi = np.full(4, np.nan)
    first_id = int(reference["frame_ids"][0])
    for row, frame in enumerate(VideoReader(video, first_id, int(reference["frame_ids"][-1]) + 1)):
        expected = {name: values[row] for name, values in reference.items() if len(values) > row and values.ndim > 1}
        errors.add("frame mean (grey levels)", _one(frame.image_rgb.mean()), _one(reference["frame_means"][row]))
        _compare_detection(errors, detector, frame, expected)
        person = _compare_landmarks(errors, landmarks, frame, expected, previous_roi)
        _compare_next_region(errors, person, smoother, row * STEP_S, expected)
        _compare_whole(errors, loop.step(frame.image_rgb), expected)
        previous_roi = expected["landmark_roi"]
    return errors


def _compare_detection(
    errors: StepErrors, detector: BlazePoseDetector, frame: Frame, expected: dict[str, FloatArray]
) -> None:
    if not np.isfinite(expected["detection"]).all():
        return
    people = detector.detect(frame.image_rgb)
    if people:
        region = people[0].region
        errors.add("detector: region's centre (px)", region.center_px[None], expected["detection_roi"][None, :2])
        errors.add("detector: region's side (px)", _one(region.size_px), _one(expected["detection_roi"][2]))
    region = Region.from_body_circle(*expected["detection"][:2])
    roi = np.array([*region.center_px, region.size_px, 100 * region.rotation_rad])
    errors.add(
        "region from MediaPipe's keypoints (px, 0.01 rad)",
        roi[None],
        (expected["detection_roi"] * [1, 1, 1, 100])[None],
    )


def _compare_landmarks(
    errors: StepErrors,
    landmarks: LandmarkEstimator,
    frame: Frame,
    expected: dict[str, FloatArray],
    previous_roi: FloatArray,
) -> PersonLandmarks | None:
    roi = expected["detection_roi"] if np.isfinite(expected["detection_roi"]).all() else previous_roi
    if not np.isfinite(roi).all() or not np.isfinite(expected["landmarks"]).all():
        return None
    person = landmarks.estimate(frame.image_rgb, [Region(roi[:2], float(roi[2]), float(roi[3]))])[0]
    _add_person(errors, "landmarks in MediaPipe's region", person, expected)
    return person


def _compare_next_region(
    errors: StepErrors,
    person: PersonLandmarks | None,
    smoother: RegionSmoother,
    timestamp_s: float,
    expected: dict[str, FloatArray],
) -> None:
    if person is None:
        smoother.reset()
        return
    smoothed = smoother.update(person.circle_px, timestamp_s)
    for name, region in (("unsmoothed", person.next_region), ("smoothed", smoothed)):
        roi = np.array([*region.center_px, region.size_px])
        errors.add(f"next region, {name} (px)", roi[None], expected["landmark_roi"][None, :3])


def _compare_whole(errors: StepErrors, person: PersonLandmarks | None, expected: dict[str, FloatArray]) -> None:
    if person is not None:
        _add_person(errors, "whole pipeline", person, expected)


def _add_person(errors: StepErrors, step: str, person: PersonLandmarks, expected: dict[str, FloatArray]) -> None:
    body = list(BODY_LANDMARKS)
    errors.add(f"{step}: 12 body landmarks (px)", person.keypoints2d_px[body], expected["landmarks"][body, :2])
    errors.add(f"{step}: all 33 landmarks (px)", person.keypoints2d_px, expected["landmarks"][:, :2])
    errors.add(f"{step}: world (mm)", person.world_landmarks * 1e3, expected["world_landmarks"] * 1e3)
    errors.add(f"{step}: visibility", person.visibility[:, None], expected["landmarks"][:, 3:])


def _one(value: float) -> FloatArray:
    return np.array([[value]], dtype=np.float64)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("video", type=Path)
    parser.add_argument("reference", type=Path)
    parser.add_argument("--model", choices=("full", "heavy"), default="heavy")
    parser.add_argument("--sampling", choices=("ours", "mediapipe"), default="ours")
    options = parser.parse_args()
    with np.load(options.reference, allow_pickle=False) as reference:
        errors = compare_steps(options.video, dict(reference), options.model, options.sampling)
    print("\n".join(errors.lines()))


if __name__ == "__main__":
    main()
