"""The guessed depth: flatter than the truth by the measured shares, with the measured constants and spreads."""

import numpy as np
import pytest
import torch

from core.training.guessed_depth import guessed_depth, mean_guess_matrix


def guessed(depth, count=4000, seed=0):
    depths = torch.as_tensor(depth, dtype=torch.float32).expand(count, 1, 33)
    return guessed_depth(depths, torch.ones(count, 1, 1), 30.0, torch.Generator().manual_seed(seed))[:, 0]


def standing(**depths):
    """Somebody parallel to the picture, some landmarks nearer or farther, metres."""
    values = np.zeros(33)
    for landmark, depth in depths.items():
        values[int(landmark[1:])] = depth
    return values


@pytest.mark.parametrize(("landmark", "anchor", "share"), [(15, 13, 0.7), (27, 25, 0.55), (31, 27, 0.3), (13, 11, 0.5)])
def test_a_limb_that_points_away_is_guessed_flatter(landmark, anchor, share):
    flat, deep = guessed(standing()), guessed(standing(**{f"l{landmark}": 0.2}))
    step = (deep - flat)[:, landmark] - (deep - flat)[:, anchor]
    # Now and then its sign is wrong, so the mean is a little below the share.
    assert 0.8 * share < float(step.mean()) / 0.2 < 1.0 * share


def test_left_and_right_are_not_alike_and_the_hips_stay_in_the_middle():
    flat = guessed(standing())
    shoulders = (flat[:, 11] - flat[:, 12]).mean()
    assert -0.065 * 0.75 - 0.005 < shoulders < -0.065 * 0.65 + 0.005
    assert (flat[:, 23] + flat[:, 24]).abs().max() < 1e-6


def test_errors_add_up_along_the_limbs():
    std = guessed(standing()).std(dim=0)
    assert std[11] < std[13] < std[15] and std[23] < std[25] < std[27]
    assert 0.07 < std[25] < 0.12


def test_the_mean_matrix_is_the_mean_of_the_guess():
    rng = np.random.default_rng(1)
    depth = rng.normal(size=33) * 0.05
    depth -= depth[23:25].mean()
    difference = (guessed(depth, 20000) - guessed(np.zeros(33), 20000)).mean(dim=0)
    expected = mean_guess_matrix() @ torch.as_tensor(depth, dtype=torch.float32)
    assert (difference - expected).abs().max() < 0.015


def test_what_is_wrong_grows_with_the_amplitude():
    depths = torch.zeros(2000, 1, 33)
    one, two = (
        guessed_depth(depths, torch.full((2000, 1, 1), size), 30.0, torch.Generator().manual_seed(3))
        for size in (1.0, 2.0)
    )
    assert float(two[..., 27].std() / one[..., 27].std()) > 1.7
