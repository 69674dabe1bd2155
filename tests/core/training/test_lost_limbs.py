import torch

from core.training.lost_limbs import LostLimbSettings, Observation, lose_limbs
from core.training.occlusion import LIMB_ANCHORS, LIMBS


def observation(count=40, frames=50):
    generator = torch.Generator().manual_seed(0)
    return Observation(
        torch.randn(count, frames, 33, 2, generator=generator),
        torch.randn(count, frames, 33, 3, generator=generator),
        torch.full((count, frames, 33), 0.95),
        torch.full((count, frames, 1), 0.3),
    )


def test_only_lost_limbs_change_and_they_come_with_low_visibility():
    seen = observation()
    lost = lose_limbs(seen, 30.0, LostLimbSettings(share=0.16), torch.Generator().manual_seed(1))
    changed = (lost.world_landmarks != seen.world_landmarks).any(-1)
    assert torch.equal(changed, (lost.keypoints2d != seen.keypoints2d).any(-1))
    assert torch.equal(changed, lost.visibility < seen.visibility)
    assert (lost.visibility[changed] < 0.66).all()
    limb_points = sorted(point for limb in LIMBS for point in limb)
    others = [point for point in range(33) if point not in limb_points]
    assert not changed[..., others].any()
    for limb in LIMBS:
        assert torch.equal(changed[..., limb[0]], changed[..., limb[-1]])
    share = changed[..., LIMBS[0][0]].any(1).float().mean()
    assert 0.3 < share < 0.7


def test_spells_last_as_long_in_seconds_at_any_frame_rate():
    settings = LostLimbSettings(share=1.0, lengths=(10, 10))
    for rate, expected in ((30.0, 10), (60.0, 20)):
        seen = observation(200, 100)
        lost = lose_limbs(seen, rate, settings, torch.Generator().manual_seed(2))
        lengths = (lost.visibility[..., LIMBS[0][0]] < 0.9).sum(1)
        assert lengths.max() == expected


def test_a_held_guess_hangs_on_its_anchor_where_it_was_last_seen():
    settings = LostLimbSettings(share=1.0, held_share=1.0, wander_m=0.0, lengths=(8, 8))
    seen = observation()
    lost = lose_limbs(seen, 30.0, settings, torch.Generator().manual_seed(3))
    wrist, anchor = LIMBS[0][1], LIMB_ANCHORS[0]
    checked = 0
    for row in range(40):
        frames = torch.nonzero(lost.visibility[row, :, wrist] < 0.9).flatten()
        if len(frames) == 0 or frames[0] == 0:
            continue
        before = frames[0] - 1
        held = seen.world_landmarks[row, before, wrist] - seen.world_landmarks[row, before, anchor]
        reported = lost.world_landmarks[row, frames, wrist] - lost.world_landmarks[row, frames, anchor]
        assert torch.allclose(reported, held.expand_as(reported), atol=1e-5)
        checked += 1
    assert checked > 20


def test_pictures_that_end_at_the_hips_lose_both_legs_throughout():
    settings = LostLimbSettings(share=1e-9, both_legs_probability=1.0)
    lost = lose_limbs(observation(), 30.0, settings, torch.Generator().manual_seed(4))
    assert (lost.visibility[..., [25, 26, 27, 28]] < 0.66).all()
    assert (lost.visibility[..., [11, 13, 15, 23]] == 0.95).all()


def test_a_lost_body_stands_where_it_was_last_seen():
    settings = LostLimbSettings(share=1e-9, body_share=1.0, wander_m=0.0)
    seen = observation()
    lost = lose_limbs(seen, 30.0, settings, torch.Generator().manual_seed(5))
    assert torch.equal(lost.world_landmarks[:, 0], seen.world_landmarks[:, 0])
    checked = 0
    for row in range(40):
        frames = torch.nonzero(lost.visibility[row, :, 0] < 0.9).flatten()
        if len(frames) == 0:
            continue
        held = seen.world_landmarks[row, frames[0] - 1]
        assert torch.equal(lost.world_landmarks[row, frames], held.expand(len(frames), 33, 3))
        assert (lost.visibility[row, frames] < 0.66).all()
        checked += 1
    assert checked > 20
