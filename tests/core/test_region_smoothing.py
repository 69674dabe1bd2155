import numpy as np

from core.crops import Region
from core.region_smoothing import RegionSmoother

CIRCLE = np.array([[100.0, 200.0], [100.0, 120.0]])


def follow(circles: np.ndarray, step_s: float = 1 / 30) -> list[Region]:
    smoother = RegionSmoother()
    return [smoother.update(circle, index * step_s) for index, circle in enumerate(circles)]


def test_first_region_is_unsmoothed():
    region = follow(CIRCLE[None])[0]
    np.testing.assert_array_equal(region.center_px, CIRCLE[0])
    assert region.size_px == 2.5 * 80


def test_still_person_with_noise_gets_a_still_region():
    noise = np.random.default_rng(0).normal(0, 0.5, (120, 2, 2))
    centers = np.array([region.center_px for region in follow(CIRCLE + noise)])
    assert np.diff(centers, axis=0)[30:].std() < 0.25 * np.diff(noise[:, 0], axis=0).std()


def test_walking_person_is_followed_closely():
    step = np.array([4.0, 0.0])
    circles = CIRCLE + np.arange(90)[:, None, None] * step
    lag_px = circles[:, 0] - [region.center_px for region in follow(circles)]
    assert np.abs(lag_px[30:]).max() < 0.1 * 200


def test_reset_forgets():
    smoother = RegionSmoother()
    smoother.update(CIRCLE, 0.0)
    smoother.reset()
    np.testing.assert_array_equal(smoother.update(CIRCLE + 50, 0.1).center_px, CIRCLE[0] + 50)


def test_scaling_the_image_scales_the_region():
    circles = CIRCLE + np.random.default_rng(1).normal(0, 3, (30, 2, 2))
    for small, large in zip(follow(circles), follow(3 * circles), strict=True):
        np.testing.assert_allclose(large.center_px, 3 * small.center_px)
        np.testing.assert_allclose([large.size_px, large.rotation_rad], [3 * small.size_px, small.rotation_rad])
