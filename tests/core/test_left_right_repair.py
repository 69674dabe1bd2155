import dataclasses
import itertools

import numpy as np
import pytest

from core.left_right_repair import FIRST_FRAME_COST, FRAME_COST, RENAMINGS, _best_labels, repair_left_right
from core.skeleton import LANDMARK_NAMES
from core.tracks import Track


@pytest.fixture
def track() -> Track:
    """A person who walks to the right with swinging arms and legs, seen obliquely."""
    rng = np.random.default_rng(0)
    time_s = np.arange(60) / 30
    rest = rng.normal(0, 0.05, (33, 3))
    side = np.array([("left" in name) - ("right" in name) for name in LANDMARK_NAMES])
    rest[:, 0] += 0.2 * side
    rest[:, 1] += np.linspace(-0.7, 0.9, 33)
    # Looks at the camera.
    rest[0, 2] -= 0.12
    swing = 0.3 * np.sin(2 * np.pi * time_s)[:, None] * side * (np.arange(33) > 12)
    world = np.tile(rest, (60, 1, 1))
    world[..., 2] += swing
    world[..., 0] += 0.3 * swing
    keypoints = world[..., :2] * 200 + 500
    keypoints[..., 0] += 100 * time_s[:, None]
    return Track(
        frame_ids=np.arange(60), timestamps=time_s, bbox_px=np.zeros((60, 4)), keypoints2d_px=keypoints,
        world_landmarks=world, visibility=rng.uniform(0, 1, (60, 33)), presence=np.ones(60),
    )  # fmt: skip


def swap(track: Track, frames: slice, label: int) -> Track:
    changed = {}
    for name in ("keypoints2d_px", "world_landmarks", "visibility"):
        values = getattr(track, name).copy()
        values[frames] = values[frames][:, RENAMINGS[label]]
        changed[name] = values
    return dataclasses.replace(track, **changed)


def test_a_good_track_is_left_alone(track):
    repaired, labels = repair_left_right(track)
    assert not labels.any()
    np.testing.assert_array_equal(repaired.keypoints2d_px, track.keypoints2d_px)


@pytest.mark.parametrize("label", [1, 2, 3])
@pytest.mark.parametrize("frames", [slice(30, 31), slice(20, 32), slice(0, 4), slice(55, 60)])
def test_swapped_sides_get_their_names_back(track, label, frames):
    repaired, labels = repair_left_right(swap(track, frames, label))
    assert (labels[frames] == label).all()
    np.testing.assert_array_equal(repaired.keypoints2d_px, track.keypoints2d_px)
    np.testing.assert_array_equal(repaired.world_landmarks, track.world_landmarks)
    np.testing.assert_array_equal(repaired.visibility, track.visibility)


@pytest.mark.parametrize("seen", [1.0, 0.0])
def test_the_face_tells_which_names_are_right_when_most_frames_are_swapped(track, seen):
    visibility = track.visibility.copy()
    visibility[:, 0] = seen
    track = dataclasses.replace(track, visibility=visibility)
    mostly_swapped = swap(track, slice(5, 55), 1)
    repaired, labels = repair_left_right(mostly_swapped)
    assert (labels[5:55] == 1).all() == bool(seen)
    if seen:
        np.testing.assert_array_equal(repaired.world_landmarks, track.world_landmarks)


def test_a_face_that_is_turned_away_a_little_changes_nothing(track):
    turned = track.world_landmarks.copy()
    turned[:, 0] += [0.1, 0.0, 0.02]
    assert not repair_left_right(dataclasses.replace(track, world_landmarks=turned))[1].any()


def test_one_frame_stays_as_it_is(track):
    one = dataclasses.replace(track, **{f.name: getattr(track, f.name)[:1] for f in dataclasses.fields(track)})
    repaired, labels = repair_left_right(one)
    assert labels.tolist() == [0]
    np.testing.assert_array_equal(repaired.keypoints2d_px, one.keypoints2d_px)


def test_the_path_is_the_cheapest_of_all_paths():
    rng = np.random.default_rng(3)
    cost, frame_cost = rng.uniform(0, 1, (5, 4, 4)), rng.uniform(0, 0.2, (6, 4))

    def price(path):
        steps = sum(cost[i, a, b] + FRAME_COST[b] for i, (a, b) in enumerate(itertools.pairwise(path)))
        return FIRST_FRAME_COST[path[0]] + steps + sum(frame_cost[range(6), path])

    best = min(itertools.product(range(4), repeat=6), key=price)
    assert tuple(_best_labels(cost, frame_cost)) == best
