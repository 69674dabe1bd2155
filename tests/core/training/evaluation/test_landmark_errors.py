import numpy as np
import pytest
import torch

from core.rotations import rotvec_to_rotmat
from core.skeleton import MIRROR_LANDMARKS
from core.training.evaluation.landmark_error_tables import noise_tables
from core.training.evaluation.landmark_errors import clip_errors, spread, swapped_frames, turn_and_scale
from core.training.evaluation.landmark_observation import ObservedLandmarks, simulate_observation
from core.training.landmark_noise import damped_noise
from tests.core.training.evaluation.rendered_shots import make_shot


@pytest.fixture(scope="module")
def shot():
    return make_shot(60)


def rooted(points):
    return points - points[:, 23:25].mean(axis=1, keepdims=True)


def seen_as(shot, world, keypoints2d_px=None):
    """Somebody who sees the shot so."""
    keypoints2d_px = shot.keypoints2d_px if keypoints2d_px is None else keypoints2d_px
    return ObservedLandmarks(shot, world, keypoints2d_px, np.ones(world.shape[:2]))


def test_one_turn_and_scale_are_found_and_leave_nothing(shot):
    rotvec = np.array([0.1, -0.3, 0.05])
    errors = clip_errors(seen_as(shot, 1.07 * rooted(shot.landmarks) @ rotvec_to_rotmat(rotvec).T))
    assert errors.scale == pytest.approx(1.07) and errors.turn == pytest.approx(rotvec)
    for left in (errors.turns, errors.world, errors.straightened, errors.image):
        assert np.abs(left).max() < 1e-6


def test_turns_of_frames_are_told_from_errors_of_landmarks(shot):
    angle = 0.1 * np.sin(0.7 * np.arange(60))
    rotvec = angle[:, None] * np.array([0.0, 1.0, 0.0])
    errors = clip_errors(seen_as(shot, rooted(shot.landmarks) @ np.swapaxes(rotvec_to_rotmat(rotvec), 1, 2)))
    found = errors.turns - errors.turns.mean(axis=0)
    assert np.allclose(found, rotvec - rotvec.mean(axis=0), atol=2e-3)
    # The clip's one scale is a little small, since turned points cancel in part.
    assert np.abs(errors.world).max() > 0.02 and np.abs(errors.straightened).max() < 2e-3


def test_frames_without_a_pose_or_with_swapped_sides_do_not_count(shot):
    world = rooted(shot.landmarks)
    world[5:9] = world[5:9][:, list(MIRROR_LANDMARKS)]
    world[20] = np.nan
    observed = seen_as(shot, world)
    assert np.flatnonzero(swapped_frames(observed)).tolist() == [5, 6, 7, 8]
    errors = clip_errors(observed)
    assert np.isnan(errors.world[[5, 6, 7, 8, 20]]).all() and np.isnan(errors.image[6]).all()
    assert np.nanmax(np.abs(errors.world)) < 1e-6
    world[8:] = np.nan
    assert clip_errors(seen_as(shot, world)) is None


def test_errors_in_the_picture_are_shares_of_the_height(shot):
    moved = shot.keypoints2d_px + 0.02 * shot.person_height_px()[:, None, None] * np.array([1.0, -0.5])
    image = clip_errors(seen_as(shot, rooted(shot.landmarks), moved)).image
    assert np.allclose(image, [0.02, -0.01])


def test_the_best_turn_and_scale_beat_any_other():
    """Against a search about the answer."""
    rng = np.random.default_rng(0)
    points, target = rng.normal(size=(2, 9, 3)), rng.normal(size=(2, 9, 3))
    turns, scales = turn_and_scale(points, target)

    def misfit(turn, scale):
        return np.square(target - scale[:, None, None] * points @ np.swapaxes(turn, -1, -2)).sum(axis=(1, 2))

    assert np.allclose(np.linalg.det(turns), 1)
    for _ in range(50):
        turn = turns @ rotvec_to_rotmat(rng.normal(0, 0.05, (2, 3)))
        assert (misfit(turn, scales * rng.normal(1, 0.05, 2)) > misfit(turns, scales)).all()


def test_spread_finds_bias_size_memory_and_white_share():
    """A hundred clips of a process with known figures: slow noise of 4, white noise of 2, bias of 3."""
    generator = torch.Generator().manual_seed(0)
    slow = damped_noise((100, 4, 2), 400, 30.0, 0.2, generator).numpy()
    rng = np.random.default_rng(0)
    clips = 4 * slow + 2 * rng.normal(size=slow.shape) + 3 * rng.normal(size=(100, 1, 4, 2))
    clips[..., 1] *= 0.5
    clips[3, 100:120] = np.nan
    found = spread(list(clips), [30.0] * 100)
    assert found.bias == pytest.approx([3.1, 1.55], rel=0.15)
    assert found.std == pytest.approx([np.sqrt(20), np.sqrt(5)], rel=0.05)
    assert found.white_share == pytest.approx(4 / 20, abs=0.02)
    assert found.typical == pytest.approx(1, abs=0.03)
    r = np.exp(-1 / 6)
    expected = [0.8 * r**k * (1 + k * (1 - r * r) / (1 + r * r)) for k in (1, 2, 3, 10)]
    assert np.isnan(found.autocorrelation[0])
    assert found.autocorrelation[1:] == pytest.approx(expected, abs=0.05)


def test_lags_are_milliseconds_at_any_rate():
    """The same signal at 30 and 60 frames a second; only the faster has a step of 17 ms."""
    time = np.arange(1200) / 60
    signal = np.sin(2 * np.pi * 1.0 * time)[:, None, None]
    slow, fast = spread([signal[::2]], [30.0]).autocorrelation, spread([signal], [60.0]).autocorrelation
    assert np.isnan(slow[0]) and fast[0] == pytest.approx(np.cos(2 * np.pi / 60), abs=0.01)
    assert fast[1:] == pytest.approx(slow[1:], abs=0.01)
    assert fast[4] == pytest.approx(np.cos(2 * np.pi / 3), abs=0.01)


def test_few_large_errors_are_not_typical():
    rng = np.random.default_rng(0)
    errors = rng.normal(size=(20, 400, 2, 3))
    errors[rng.random(errors.shape) < 0.02] *= 30
    assert spread(list(errors), [30.0] * 20).typical < 0.4


def test_the_simulators_view_has_the_sizes_that_it_was_told(shot):
    """Many draws: what the tables measure of the simulator is what `landmark_noise.py` states."""
    generator = torch.Generator().manual_seed(0)
    clips = [clip_errors(simulate_observation(shot, generator)) for _ in range(60)]
    clips = [clip for clip in clips if clip is not None]
    assert np.std(np.log([clip.scale for clip in clips])) == pytest.approx(0.04, abs=0.02)
    turns = np.sqrt(np.mean([np.square(clip.turn) for clip in clips], axis=0))
    assert turns[1] > 0.08 and turns[2] < turns[1]
    image = spread([clip.image for clip in clips], [30.0] * len(clips))
    assert 0.005 < image.std.mean() < 0.02


def test_tables_have_a_row_for_each_group_and_source(shot):
    generator = torch.Generator().manual_seed(1)
    views = [simulate_observation(shot, generator) for _ in range(3)]
    tables = {table.title: table for table in noise_tables({"heavy": views, "simulator": views[:2]})}
    count = tables["What was measured"]
    assert dict(count.rows)["heavy"][:2] == (3, 180)
    world = dict(tables["World landmarks, error of seen landmarks"].rows)
    assert len(world) == 18 and world["wrists, heavy"][6] == "-"
    assert float(world["wrists, heavy"][5]) > float(world["hips, heavy"][5])
    assert all(table.text() for table in tables.values())
