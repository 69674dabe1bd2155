import numpy as np
import pytest
from scipy.spatial.transform import Rotation, Slerp

from core.training.resampling import sample_positions, sample_rotations, source_times


def test_a_rate_of_a_whole_number_of_frames_keeps_recorded_frames():
    # File headers round: 1 / 0.00833333 is not quite 120.
    for rate in (120.0, 1 / 0.00833333, 119.99):
        np.testing.assert_array_equal(source_times(121, rate, 30.0), np.arange(0, 121, 4))


@pytest.mark.parametrize(("rate", "target", "count"), [(120, 25, 84), (25, 30, 479), (100, 30, 120), (30, 30, 400)])
def test_other_rates_cover_the_recording_and_no_more(rate, target, count):
    times = source_times(400, rate, target)
    assert len(times) == count
    assert times[-1] <= 399
    np.testing.assert_allclose(np.diff(times), rate / target)


def test_one_frame_stays_one_frame():
    assert source_times(1, 120.0, 30.0).tolist() == [0.0]


def test_rotations_lie_on_the_shortest_arc_and_positions_on_the_line():
    rng = np.random.default_rng(0)
    rotations = Rotation.from_rotvec(rng.uniform(-3, 3, (50, 3)))
    positions = rng.uniform(-1, 1, (50, 3))
    times = source_times(50, 120.0, 50.0)
    sampled = sample_rotations(rotations.as_matrix()[:, None], times)[:, 0]
    np.testing.assert_allclose(sampled, Slerp(np.arange(50), rotations)(times).as_matrix(), atol=1e-9)
    for axis in range(3):
        expected = np.interp(times, np.arange(50), positions[:, axis])
        np.testing.assert_allclose(sample_positions(positions, times)[:, axis], expected, atol=1e-12)


def test_equal_neighbours_stay_as_they_are():
    still = np.tile(Rotation.from_rotvec([0.3, 0, 1]).as_matrix(), (4, 1, 1))
    np.testing.assert_allclose(sample_rotations(still, np.array([0.5, 1.25, 3.0])), still[:3], atol=1e-12)
