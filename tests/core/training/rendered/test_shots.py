from dataclasses import replace

from core.training.rendered.materials import PATTERNS
from core.training.rendered.outfits import BOTTOMS, TOPS
from core.training.rendered.shots import KINDS, SHOTS


def test_every_kind_has_a_shot_and_no_other_kind_exists():
    assert {shot.kind for shot in SHOTS} == set(KINDS)
    assert len(KINDS) == 10


def test_names_seeds_and_bodies_are_not_used_twice():
    actors = [actor for shot in SHOTS for actor in shot.actors]
    assert len({shot.name for shot in SHOTS}) == len({shot.seed for shot in SHOTS}) == len(SHOTS)
    assert len({actor.body_seed for actor in actors}) == len(actors)


def test_one_camera_moves_one_shot_has_two_people_and_one_is_at_60_fps():
    assert sum(shot.is_moving_camera for shot in SHOTS) == 1
    assert [len(shot.actors) for shot in SHOTS].count(2) == 1
    assert [shot.frame_rate_hz for shot in SHOTS].count(60.0) == 1


def test_shots_use_only_looks_that_exist():
    outfits = [actor.outfit for shot in SHOTS for actor in shot.actors]
    assert {outfit.top for outfit in outfits} <= set(TOPS)
    assert {outfit.bottom for outfit in outfits} <= set(BOTTOMS)
    assert {shot.floor for shot in SHOTS} <= set(PATTERNS)


def test_the_fingerprint_tells_descriptions_apart():
    assert len({shot.fingerprint() for shot in SHOTS}) == len(SHOTS)
    assert replace(SHOTS[0], yaw_deg=SHOTS[0].yaw_deg + 1).fingerprint() != SHOTS[0].fingerprint()
    assert replace(SHOTS[0]).fingerprint() == SHOTS[0].fingerprint()
