import itertools
from dataclasses import replace

import numpy as np
import pytest

from core.errors import CancelledError
from core.refinement.least_squares_root import least_squares_root
from core.refinement.refine_track import BLOCK_OVERLAP, FRAMES_PER_BLOCK, block_bounds, refine_track
from core.rotations import rotmat_to_rotvec, rotvec_to_rotmat
from core.view import View
from tests.core.refinement.swinging_person import swinging_pose, track_of


def no_contacts(keypoints_cam):
    return np.zeros((len(keypoints_cam), 4))


def landmark_errors_mm(refined, body, betas, landmarks):
    pelvis = refined.pelvis_cam - body.rest_joints(betas)[0]
    posed = body.pose_landmarks(refined.rotmat, betas, pelvis)
    moved = posed - posed[:, [23, 24]].mean(axis=1, keepdims=True)
    true = landmarks - landmarks[:, [23, 24]].mean(axis=1, keepdims=True)
    return 1000 * np.linalg.norm(moved - true, axis=-1)[:, 11:33].mean()


def test_a_wrong_start_is_drawn_to_what_was_seen(moving, body, view):
    rotmat, betas, pelvis, landmarks = moving
    wrong = rotmat @ rotvec_to_rotmat(np.random.default_rng(3).normal(0, 0.06, (1, 24, 3)))
    start = type("Start", (), {"rotmat": wrong, "pelvis_cam": pelvis + np.array([0.1, 0.0, 0.5])})
    refined = refine_track(track_of(landmarks, view), wrong, betas, start.pelvis_cam, view, body, no_contacts)
    before, after = (landmark_errors_mm(motion, body, betas, landmarks) for motion in (start, refined))
    assert before > 40 and after < 0.5 * before
    assert np.abs(refined.pelvis_cam - pelvis).max() < 0.12


def test_the_truth_stays_the_truth(moving, body, view):
    rotmat, betas, pelvis, landmarks = moving
    refined = refine_track(track_of(landmarks, view), rotmat, betas, pelvis, view, body, no_contacts)
    assert landmark_errors_mm(refined, body, betas, landmarks) < 2.0
    np.testing.assert_allclose(refined.pelvis_cam, pelvis, atol=0.02)


def test_unseen_limbs_stay_with_the_prior(moving, body, view):
    rotmat, betas, pelvis, landmarks = moving
    track = track_of(landmarks, view)
    arm = [13, 15, 17, 19, 21]
    keypoints, visibility = track.keypoints2d_px.copy(), track.visibility.copy()
    keypoints[:, arm] += 120.0
    visibility[:, arm] = 0.0
    lied = replace(track, keypoints2d_px=keypoints, visibility=visibility)
    refined = refine_track(lied, rotmat, betas, pelvis, view, body, no_contacts)
    turn = rotmat_to_rotvec(rotmat[:, 16].swapaxes(1, 2) @ refined.rotmat[:, 16])
    assert np.degrees(np.linalg.norm(turn, axis=1)).max() < 6


def test_standing_feet_hold_still(moving, body, view):
    rotmat, betas, pelvis, landmarks = moving
    random = np.random.default_rng(4)
    shaky = pelvis.copy()
    shaky[:, 2] += 0.05 * np.sin(np.arange(45) / 4)
    seen = track_of(landmarks, view)
    seen = replace(seen, keypoints2d_px=seen.keypoints2d_px + random.normal(0, 3, seen.keypoints2d_px.shape))

    def right_foot_stands(keypoints_cam):
        return np.tile([0.0, 0.0, 1.0, 1.0], (len(keypoints_cam), 1))

    still = pelvis * [0, 1, 0] + [0, 0, 4]
    landmarks_still = body.pose_landmarks(rotmat, betas, still - body.rest_joints(betas)[0])
    seen = track_of(landmarks_still, view)
    seen = replace(seen, keypoints2d_px=seen.keypoints2d_px + random.normal(0, 3, seen.keypoints2d_px.shape))
    slides = []
    for contacts in (no_contacts, right_foot_stands):
        refined = refine_track(seen, rotmat, betas, shaky, view, body, contacts)
        posed = body.pose_landmarks(refined.rotmat, betas, refined.pelvis_cam - body.rest_joints(betas)[0])
        slides.append(np.linalg.norm(np.diff(posed[:, [30, 32]], axis=0), axis=-1).mean())
    assert slides[1] < 0.5 * slides[0]


def test_the_frame_rate_does_not_change_the_result(body):
    results = []
    for rate in (30.0, 60.0):
        view = View(1000.0, (1280, 720), rate)
        times = np.arange(round(1.5 * rate)) / rate
        rotmat, betas = swinging_pose(times), np.zeros(10)
        pelvis = np.tile([0.0, 0.0, 4.0], (len(times), 1))
        landmarks = body.pose_landmarks(rotmat, betas, pelvis - body.rest_joints(betas)[0])
        wrong = rotmat @ rotvec_to_rotmat(np.random.default_rng(5).normal(0, 0.1, (1, 24, 3)))
        refined = refine_track(track_of(landmarks, view), wrong, betas, pelvis, view, body, no_contacts)
        results.append(refined.rotmat[:: round(rate / 30)][:45])
    np.testing.assert_allclose(results[0], results[1], atol=0.03)


def test_a_long_track_is_fitted_in_blocks_that_meet(body, view):
    frame_count = FRAMES_PER_BLOCK + 60
    rotmat, betas = swinging_pose(np.arange(frame_count) / 30), np.zeros(10)
    pelvis = np.tile([0.0, 0.0, 4.0], (frame_count, 1))
    landmarks = body.pose_landmarks(rotmat, betas, pelvis - body.rest_joints(betas)[0])
    wrong = rotmat @ rotvec_to_rotmat(np.random.default_rng(6).normal(0, 0.1, (1, 24, 3)))
    checks = []
    refined = refine_track(
        track_of(landmarks, view), wrong, betas, pelvis, view, body, no_contacts, check=lambda: checks.append(1)
    )
    assert len(checks) == 2
    added = np.swapaxes(wrong, -1, -2) @ refined.rotmat
    assert np.abs(np.diff(added, axis=0)).max() < 0.02


@pytest.mark.parametrize("frame_count", [1, 2, 39, 299, 300, 301, 560, 561, 3000])
def test_blocks_cover_every_frame_and_overlap(frame_count):
    bounds = block_bounds(frame_count)
    assert bounds[0][0] == 0 and bounds[-1][1] == frame_count
    assert all(end - start <= FRAMES_PER_BLOCK for start, end in bounds)
    for (_, end), (start, _) in itertools.pairwise(bounds):
        assert end - start == BLOCK_OVERLAP


@pytest.mark.parametrize("frame_count", [1, 2, 3])
def test_the_shortest_tracks_pass(moving, body, view, frame_count):
    rotmat, betas, pelvis, landmarks = moving
    part = slice(0, frame_count)
    refined = refine_track(track_of(landmarks[part], view), rotmat[part], betas, pelvis[part], view, body, no_contacts)
    assert np.isfinite(refined.rotmat).all() and np.isfinite(refined.pelvis_cam).all()


def test_it_can_be_cancelled(moving, body, view):
    rotmat, betas, pelvis, landmarks = moving

    def cancel():
        raise CancelledError

    with pytest.raises(CancelledError):
        refine_track(track_of(landmarks, view), rotmat, betas, pelvis, view, body, no_contacts, check=cancel)


def test_the_root_is_where_the_points_were_seen_from_whatever_one_outlier_says(moving, body):
    _, _, pelvis, landmarks = moving
    points = landmarks - pelvis[:, None]
    image = landmarks[..., :2] / landmarks[..., 2:]
    trust = np.ones(image.shape[:2])
    np.testing.assert_allclose(least_squares_root(points, image, trust), pelvis, atol=1e-3)
    image[:, 15] += 0.3
    np.testing.assert_allclose(least_squares_root(points, image, trust), pelvis, atol=0.03)
