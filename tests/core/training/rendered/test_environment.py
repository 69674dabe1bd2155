import numpy as np
import pytest

from core.errors import MotionDataError
from core.training.rendered.environment import make_environment, read_panorama


def grey(value: float = 0.5) -> np.ndarray:
    return np.full((32, 64, 3), value, np.float32)


def harmonic_light(environment, normal):
    x, y, z = normal
    basis = [0.282095, 0.488603 * y, 0.488603 * z, 0.488603 * x, 1.092548 * x * y, 1.092548 * y * z,
             0.315392 * (3 * z * z - 1), 1.092548 * x * z, 0.546274 * (x * x - y * y)]  # fmt: skip
    return np.array(basis) @ environment.harmonics


def test_soft_light_of_an_even_sky_is_the_same_from_all_sides():
    environment = make_environment(grey())
    lights = [harmonic_light(environment, normal) for normal in np.vstack([np.eye(3), -np.eye(3)])]
    np.testing.assert_allclose(lights, np.broadcast_to(lights[0], (6, 3)), rtol=0.02)


def test_soft_light_matches_a_slow_integral_over_the_panorama():
    picture = grey() + np.linspace(0, 1, 64, dtype=np.float32)[None, :, None]
    environment = make_environment(picture)
    polar = (np.arange(32) + 0.5) / 32 * np.pi
    azimuth = ((np.arange(64) + 0.5) / 64 - 0.5) * 2 * np.pi
    normal = np.array([0.6, 0.0, 0.8])
    total = np.zeros(3)
    for row, angle in enumerate(polar):
        for column, turn in enumerate(azimuth):
            way = np.array([np.sin(angle) * np.sin(turn), np.cos(angle), np.sin(angle) * np.cos(turn)])
            area = np.sin(angle) * (np.pi / 32) * (2 * np.pi / 64)
            total += environment.panorama[row, column] * max(float(way @ normal), 0.0) * area / np.pi
    np.testing.assert_allclose(harmonic_light(environment, normal), total, rtol=0.05)


def test_the_sun_is_where_the_bright_spot_is():
    picture = grey()
    picture[10:12, 47:49] = 500.0
    environment = make_environment(picture)
    polar, azimuth = 11 / 32 * np.pi, (48 / 64 - 0.5) * 2 * np.pi
    spot = [np.sin(polar) * np.sin(azimuth), np.cos(polar), np.sin(polar) * np.cos(azimuth)]
    assert environment.sun_direction @ spot > 0.99
    assert environment.sun.mean() > make_environment(grey()).sun.mean()


def test_exposure_scales_everything_alike():
    once, twice = make_environment(grey()), make_environment(grey(), 2.0)
    np.testing.assert_allclose(twice.panorama, 2 * once.panorama, rtol=1e-5)
    np.testing.assert_allclose(twice.harmonics, 2 * once.harmonics, rtol=1e-5)
    np.testing.assert_allclose(twice.sun, 2 * once.sun, rtol=1e-5)
    np.testing.assert_allclose(twice.ground, once.ground, rtol=1e-5)


def test_a_missing_panorama_is_named(tmp_path):
    pytest.importorskip("OpenEXR")
    with pytest.raises(MotionDataError, match=r"city\.exr"):
        read_panorama(tmp_path / "city.exr")
