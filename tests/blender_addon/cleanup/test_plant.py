import numpy as np
from jointwise_ext.blender_addon.cleanup.plant import StandingFoot, hold_moves, spread


def test_parts_that_stand_one_after_the_other_are_all_held_and_nothing_jumps():
    """Heel, toe, heel: the toe's time joins two longer ones, which would disagree if each chose its own place."""
    soles = np.zeros((60, 2, 3))
    soles[:, :, 0] = 0.002 * np.arange(60)[:, None]
    soles[:, 1, 1] = -0.2
    stands = np.zeros((60, 2), bool)
    stands[:20, 0] = stands[15:30, 1] = stands[25:, 0] = True
    moves = hold_moves(soles, stands)
    held = soles + moves[:, None]
    for part, rows in ((0, slice(0, 20)), (1, slice(15, 30)), (0, slice(25, 60))):
        assert np.abs(np.diff(held[rows, part], axis=0)).max() < 1e-12
    assert np.abs(np.diff(moves, axis=0)).max() < 0.0021


def test_separate_contacts_have_their_own_places():
    soles = np.zeros((40, 2, 3))
    soles[:, :, 0] = 0.001 * np.arange(40)[:, None]
    stands = np.zeros((40, 2), bool)
    stands[:10], stands[30:] = True, True
    held = soles[:, 0] + hold_moves(soles, stands)
    assert np.allclose(held[:10, 0], 0.005)
    assert np.allclose(held[30:, 0], 0.035)
    assert not hold_moves(soles, stands)[10:30].any()


def test_a_foot_near_the_floor_stands_on_it_and_one_on_a_step_on_the_step():
    for height, expected in ((0.03, 0.0), (-0.03, 0.0), (0.2, 0.2)):
        soles = np.full((10, 2, 3), height)
        assert np.allclose((soles[:, 0] + hold_moves(soles, np.ones((10, 2), bool)))[:, 2], expected)


def test_values_are_carried_from_contact_to_contact_and_fade():
    values = np.zeros((30, 1))
    is_known = np.zeros(30, bool)
    is_known[5:8], is_known[11:14] = True, True
    values[5:8], values[11:14] = 1.0, 3.0
    carried, weight = spread(values, is_known, np.arange(30), 4)
    assert np.array_equal(weight[is_known], np.ones(6))
    assert np.all(np.diff(carried[7:12, 0]) > 0)
    assert np.all(np.diff(weight[13:19]) < 0)
    assert not weight[18:].any()
    assert not weight[0]
    assert np.abs(np.diff(carried[:, 0] * weight)).max() < 1.3


def test_nothing_known_is_nothing_carried():
    carried, weight = spread(np.ones((5, 2)), np.zeros(5, bool), np.arange(5), 3)
    assert not carried.any()
    assert not weight.any()


def test_a_foot_that_drifts_is_refused_or_held_in_pieces():
    soles = np.zeros((200, 2, 3))
    soles[:, :, 0] = 0.003 * np.arange(200)[:, None]
    rotmat = np.tile(np.eye(3), (200, 1, 1))
    foot = StandingFoot(soles[:, 0], rotmat, soles, np.ones((200, 2), bool), np.arange(200))
    refused = foot.plant(4, splits=False)
    assert refused.refused == [slice(0, 200)]
    assert not refused.weight.any()
    pieces = foot.plant(4, splits=True)
    assert pieces.refused == []
    held = soles[:, 0] + pieces.move
    assert np.median(np.linalg.norm(np.diff(held, axis=0), axis=1)) < 1e-12
    assert np.linalg.norm(pieces.move, axis=1).max() < 0.151
