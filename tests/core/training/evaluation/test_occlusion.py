from dataclasses import replace

import numpy as np
import pytest
import torch

from core.skeleton import BODY_LANDMARKS
from core.training.evaluation.occlusion import held_points, hidden_joint_errors, hide, occlusion_table


@pytest.fixture
def views(benchmark_views):
    return benchmark_views.views


@pytest.mark.parametrize("length", [5, 15, 30])
@pytest.mark.parametrize(("part", "landmark_counts"), [("limb", {4, 5}), ("body", {33})])
def test_each_window_has_one_spell_of_the_length(views, part, landmark_counts, length):
    hidden = hide(views, part, length, seed=1).hidden
    for window in hidden:
        frames = np.flatnonzero(window.any(axis=1))
        assert len(frames) == length and frames[-1] - frames[0] == length - 1
        assert frames[0] >= 4 and frames[-1] < 36
        assert set(window.sum(axis=1)[frames]) <= landmark_counts


def test_only_hidden_landmarks_are_touched_and_they_are_worse(views):
    occluded = hide(views, "limb", 15, seed=1)
    hidden = torch.as_tensor(occluded.hidden)
    assert torch.equal(occluded.views.keypoints2d[~hidden], views.keypoints2d[~hidden])
    # The hips' middle stays, so the other world landmarks do too.
    assert torch.allclose(occluded.views.world_landmarks[~hidden], views.world_landmarks[~hidden], atol=1e-6)
    assert (occluded.views.visibility[hidden] < views.visibility[hidden]).all()
    errors = [(v.keypoints2d - views.true_keypoints2d)[hidden].norm(dim=-1).mean() for v in (occluded.views, views)]
    assert errors[0] > 2 * errors[1]
    assert torch.equal(occluded.views.landmarks, views.landmarks)


@pytest.mark.parametrize("part", ["limb", "body"])
def test_hidden_landmarks_tell_nothing_of_the_truth(views, part):
    """Whatever the hidden landmarks really do, and would have been seen to do, the evidence is the same."""
    before = hide(views, part, 15, seed=1)
    hidden = torch.as_tensor(before.hidden)
    moved = {
        name: torch.where(hidden[..., None], getattr(views, name) + 0.4, getattr(views, name))
        for name in ("landmarks", "true_keypoints2d", "keypoints2d", "world_landmarks")
    }
    after = hide(replace(views, **moved), part, 15, seed=1)
    assert np.array_equal(after.hidden, before.hidden)
    for name in ("keypoints2d", "visibility", "world_landmarks"):
        assert torch.allclose(getattr(after.views, name), getattr(before.views, name), atol=1e-6), name


def test_held_points_stay_and_a_limb_goes_with_what_it_hangs_on():
    points = torch.randn(2, 9, 33, 3, generator=torch.Generator().manual_seed(0))
    last_seen = torch.tensor([2, 5])
    still = held_points(points, last_seen, None)
    assert torch.equal(still[1, 8], points[1, 5]) and torch.equal(still[0, 0], points[0, 2])
    carried = held_points(points, last_seen, torch.tensor([11, 24]))
    offset = points[0, 2, 15] - points[0, 2, 11]
    torch.testing.assert_close(carried[0, 7, 15], points[0, 7, 11] + offset)
    torch.testing.assert_close(carried[1, 3, 24], points[1, 3, 24])


def test_the_same_seed_hides_the_same(views):
    first, again, other = (hide(views, "limb", 5, seed) for seed in (3, 3, 4))
    assert torch.equal(first.views.world_landmarks, again.views.world_landmarks)
    assert not np.array_equal(first.hidden, other.hidden)


def test_a_window_shorter_than_the_occlusion_still_shows_its_ends(views):
    names = (
        "rotmat",
        "betas",
        "landmarks",
        "pelvis",
        "true_keypoints2d",
        "keypoints2d",
        "world_landmarks",
        "visibility",
    )
    short = replace(views, **{name: getattr(views, name)[:, :12] for name in names})
    hidden = hide(short, "body", 30, seed=0).hidden
    assert hidden.any(axis=2).sum(axis=1).tolist() == [4] * len(hidden)


def test_errors_are_of_hidden_body_joints_only(views):
    """An estimate that reads the evidence off: exact where seen would be the evidence's own error."""

    def estimate(given):
        return {"truth": views.landmarks.numpy(), "raw": given.world_landmarks.numpy()}

    errors = hidden_joint_errors(views, estimate)
    assert set(errors["truth"].values()) == {0.0}
    raw = errors["raw"]
    assert raw["limb 15"] > raw["limb 15 seen"] > 0
    occluded = hide(views, "body", 30, seed=0)
    mask = occluded.hidden[..., list(BODY_LANDMARKS)]
    points = [
        side[..., list(BODY_LANDMARKS), :] for side in (occluded.views.world_landmarks.numpy(), views.landmarks.numpy())
    ]
    hips = [side[..., 6:8, :].mean(axis=-2, keepdims=True) for side in points]
    distance = np.linalg.norm((points[0] - hips[0]) - (points[1] - hips[1]), axis=-1)
    assert raw["body 30"] == pytest.approx(1000 * distance[mask].mean(), rel=1e-5)
    text = occlusion_table(errors).text()
    assert "limb 5" in text and "0.0 (0.0)" in text
