import dataclasses

import numpy as np
import pytest

from core.rotations import rotvec_to_rotmat
from core.skeleton import BODY_LANDMARKS, MIRROR_LANDMARKS
from core.training.evaluation.rendered_scores import mean_scores, rigid_align, score_shot
from core.training.evaluation.rendered_tracks import track_of_truth
from core.training.metrics import motion_errors
from tests.core.training.evaluation.rendered_shots import make_shot

PERFECT = {"coverage": 1.0, "acc_ratio": 1.0, "peak_speed_ratio": 1.0}
MEASURED = {"acc", "true_acc", "root_jitter", "true_root_jitter", "frames_per_second"}


@pytest.fixture(scope="module")
def shot():
    return make_shot()


def changed(shot, **changes):
    return score_shot(dataclasses.replace(track_of_truth(shot), **changes), shot)


def noisy_landmarks(shot, size_m=0.03):
    return shot.landmarks + np.random.default_rng(0).normal(0, size_m, shot.landmarks.shape)


def test_the_truth_has_no_errors(shot):
    scores = changed(shot)
    for name, value in {**dataclasses.asdict(scores), "acc_ratio": scores.acc_ratio}.items():
        if name not in MEASURED | {"lag_frames"}:
            assert value == pytest.approx(PERFECT.get(name, 0.0), abs=1e-5), name
    assert scores.acc == pytest.approx(scores.true_acc) and scores.acc > 1
    assert scores.lag_frames == pytest.approx(0, abs=0.05)


def test_errors_are_those_of_the_simulated_benchmark(shot):
    """The other benchmark's own function, written for windows without gaps."""
    noisy = noisy_landmarks(shot)
    scores, expected = changed(shot, landmarks=noisy), motion_errors(noisy[None], shot.landmarks[None])
    assert scores.mpjpe_mm == pytest.approx(expected.mpjpe_mm)
    assert scores.pa_mpjpe_mm == pytest.approx(expected.pa_mpjpe_mm)
    assert scores.acc == pytest.approx(expected.acc_mm_per_frame2)
    assert scores.acc_error == pytest.approx(expected.acc_error_mm_per_frame2)
    assert scores.acc_ratio == pytest.approx(expected.acc_ratio)


def test_missing_frames_count_for_coverage_alone(shot):
    """Frame by frame, with plain loops."""
    noisy = noisy_landmarks(shot)
    noisy[[3, 20, 21]] = np.nan
    scores = changed(shot, landmarks=noisy)
    distances, accelerations = [], []
    rooted = {}
    for frame in range(len(noisy)):
        hips = [points[frame, 23:25].mean(axis=0) for points in (noisy, shot.landmarks)]
        rooted[frame] = [
            points[frame, list(BODY_LANDMARKS)] - hip for points, hip in zip((noisy, shot.landmarks), hips, strict=True)
        ]
        if frame not in (3, 20, 21):
            distances += [1000 * np.linalg.norm(a - b) for a, b in zip(*rooted[frame], strict=True)]
    for frame in range(1, len(noisy) - 1):
        if not {frame - 1, frame, frame + 1} & {3, 20, 21}:
            bends = [rooted[frame - 1][who] - 2 * rooted[frame][who] + rooted[frame + 1][who] for who in (0, 1)]
            accelerations += [1000 * np.linalg.norm(a - b) for a, b in zip(*bends, strict=True)]
    assert scores.coverage == pytest.approx(37 / 40)
    assert scores.mpjpe_mm == pytest.approx(np.mean(distances))
    assert scores.acc_error == pytest.approx(np.mean(accelerations))


def test_nobody_found_leaves_nothing_but_coverage(shot):
    nothing = {
        name: np.full_like(getattr(track_of_truth(shot), name), np.nan)
        for name in ("landmarks", "keypoints2d_px", "rotmat", "pelvis_cam")
    }
    scores = dataclasses.asdict(changed(shot, **nothing))
    assert scores.pop("coverage") == 0
    assert all(np.isnan(value) for value in scores.values())


def test_whoever_says_nothing_of_rotations_and_place_has_no_figures_there(shot):
    scores = changed(shot, rotmat=None, pelvis_cam=None)
    for name in ("angle_deg", "root_mm", "root_aligned_mm", "root_jitter", "sliding_mm", "penetration_mm", "float_mm"):
        assert np.isnan(getattr(scores, name))
    assert scores.mpjpe_mm == pytest.approx(0, abs=1e-9) and scores.lag_frames == pytest.approx(0, abs=0.05)


def test_60_frames_a_second_give_the_figures_of_30():
    fast, slow = make_shot(79, 60.0), make_shot(40, 30.0)
    noisy = noisy_landmarks(fast)
    scores, expected = changed(fast, landmarks=noisy), changed(slow, landmarks=noisy[::2])
    for name in ("acc", "true_acc", "acc_error", "peak_speed_ratio", "lag_frames"):
        assert getattr(scores, name) == pytest.approx(getattr(expected, name)), name


def test_another_rate_gives_nearly_the_same_acceleration_of_smooth_motion():
    at_30, at_24 = changed(make_shot(60, 30.0)), changed(make_shot(48, 24.0))
    assert at_24.true_acc == pytest.approx(at_30.true_acc, rel=0.05)


def test_hidden_and_visible_landmarks_are_told_apart(shot):
    wrong = shot.landmarks.copy()
    wrong[::2, 15] += [0.1, 0, 0]
    scores = changed(shot, landmarks=wrong)
    assert scores.hidden_mm == pytest.approx(100)
    assert scores.visible_mm == pytest.approx(0, abs=1e-9)


def test_angles_are_of_22_joints(shot):
    turned = shot.rotmat.copy()
    turned[:, 18] = turned[:, 18] @ rotvec_to_rotmat(np.array([0.0, 0.3, 0.0]))
    turned[:, 22:] = turned[:, 22:] @ rotvec_to_rotmat(np.array([0.0, 1.0, 0.0]))
    assert changed(shot, rotmat=turned).angle_deg == pytest.approx(np.rad2deg(0.3) / 22)


def test_root_is_compared_as_it_is_and_after_one_turn_and_shift(shot):
    path = shot.pelvis_cam + np.stack([np.linspace(0, 1, 40), np.linspace(0, 1, 40) ** 2, np.zeros(40)], axis=1)
    moving = dataclasses.replace(shot, pelvis_cam=path)
    turn = rotvec_to_rotmat(np.array([0.1, 0.5, -0.2]))
    scores = score_shot(dataclasses.replace(track_of_truth(moving), pelvis_cam=path @ turn.T + [0.1, 0.2, 0.3]), moving)
    assert scores.root_aligned_mm == pytest.approx(0, abs=1e-6)
    assert scores.root_mm == pytest.approx(1000 * np.linalg.norm(path @ turn.T + [0.1, 0.2, 0.3] - path, axis=1).mean())
    assert scores.root_jitter == pytest.approx(scores.true_root_jitter)


def test_alignment_neither_scales_nor_mirrors():
    points = np.random.default_rng(0).normal(size=(30, 3))
    assert np.allclose(
        np.linalg.norm(np.diff(rigid_align(points, 2 * points), axis=0), axis=1),
        np.linalg.norm(np.diff(points, axis=0), axis=1),
    )
    assert np.linalg.norm(rigid_align(points, points * [1, 1, -1]) - points * [1, 1, -1], axis=1).mean() > 0.3
    turn = rotvec_to_rotmat(np.array([0.3, 1.5, -0.2]))
    assert np.allclose(rigid_align(points @ turn.T + 3, points), points)


@pytest.mark.parametrize("limbs", [range(11, 23), range(23, 33), range(33)])
def test_swapped_sides_are_flips(shot, limbs):
    swapped = shot.landmarks.copy()
    chosen = list(limbs)
    swapped[5:15, chosen] = swapped[5:15][:, np.array(MIRROR_LANDMARKS)[chosen]]
    assert changed(shot, landmarks=swapped).flips == pytest.approx(10 / 40)


def test_noise_is_no_flip(shot):
    assert changed(shot, landmarks=noisy_landmarks(shot, 0.05)).flips == 0


def test_reprojection_is_a_share_of_the_height_and_of_visible_landmarks(shot):
    moved = shot.keypoints2d_px + 0.03 * shot.person_height_px()[:, None, None] * np.array([0.6, 0.8])
    assert changed(shot, keypoints2d_px=moved).reprojection == pytest.approx(0.03)
    moved[::2, 15] += 1e6
    assert changed(shot, keypoints2d_px=moved).reprojection == pytest.approx(0.03)


def test_means_leave_out_what_is_missing_and_count_each_shot_once(shot):
    scores = changed(shot)
    blind = dataclasses.replace(scores, mpjpe_mm=30.0, angle_deg=float("nan"), acc=4.0, true_acc=2.0)
    other = dataclasses.replace(scores, mpjpe_mm=60.0, angle_deg=7.0, acc=2.0, true_acc=4.0)
    mean = mean_scores([blind, other])
    assert (mean.mpjpe_mm, mean.angle_deg, mean.acc_ratio) == (45.0, 7.0, 1.0)
