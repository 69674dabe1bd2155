"""The pipeline against MediaPipe 0.10.21's results on the excerpt (docs/blazepose_parity.md says how they were made).

OpenCV 5 decodes and samples a little differently from MediaPipe's (0.3 grey levels), which moves landmarks by tenths of
a pixel, and the detector's first region by some pixels; the loop needs a second to forget that.
"""

from pathlib import Path

import numpy as np
import pytest

from core.conversion.mediapipe_parity import StepErrors, compare_steps, crop_in_steps
from core.crops import Region, crop_image

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture(scope="module", params=["full", "heavy"])
def errors(request: pytest.FixtureRequest) -> StepErrors:
    with np.load(DATA / "mediapipe_reference.npz") as file:
        names = [name.removeprefix("full_") for name in file if name.startswith("full_")]
        frame_count = 24 if request.param == "full" else 8
        reference = {name: file[f"{request.param}_{name}"][:frame_count] for name in names}
    return compare_steps(DATA / "walk_excerpt.mp4", reference, request.param, "ours")


@pytest.mark.parametrize(
    ("step", "limit"),
    [
        ("frame mean (grey levels)", 0.5),
        ("detector: region's centre (px)", 8.0),
        ("region from MediaPipe's keypoints (px, 0.01 rad)", 0.001),
        ("landmarks in MediaPipe's region: 12 body landmarks (px)", 0.7),
        ("landmarks in MediaPipe's region: world (mm)", 6.0),
        ("landmarks in MediaPipe's region: visibility", 0.005),
        ("next region, smoothed (px)", 2.0),
        ("whole pipeline: 12 body landmarks (px)", 3.0),
    ],
)
def test_step_is_close_to_mediapipes(errors: StepErrors, step: str, limit: float):
    assert errors.median(step) < limit


def test_unsmoothed_region_is_not_what_mediapipe_uses(errors: StepErrors):
    smoothed = errors.median("next region, smoothed (px)")
    assert errors.median("next region, unsmoothed (px)") > 5 * smoothed


@pytest.mark.parametrize("rotation_rad", [0.0, 0.4, -1.3])
def test_sampling_in_steps_is_close_to_exact_sampling(rotation_rad: float):
    rows, columns = np.mgrid[0:200, 0:300]
    wave = 127 + 100 * np.sin(columns / 20) * np.cos(rows / 15)
    image = np.repeat(wave[..., None], 3, axis=-1).astype(np.uint8)
    region = Region(np.array([150.0, 100.0]), 150.0, rotation_rad)
    exact = crop_image(image, region, 128, repeat_border=True).astype(int)
    stepped = crop_in_steps(image, region, 128, repeat_border=True).astype(int)
    assert np.abs(exact - stepped).max() <= 2
