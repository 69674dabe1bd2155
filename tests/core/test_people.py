from pathlib import Path

import numpy as np
import pytest

from core.errors import NobodyFoundError, OptionError
from core.output_paths import person_path
from core.people import choose_people, places_px
from core.tracks import Track
from core.wanted_people import PersonPiece, PicturePlace, check_people, parse_people

VIDEO = Path("clip.mp4")
SIZE = (1000, 500)


def make_track(x=500.0, y=250.0, step=0.0, frame_ids=range(60), height=200.0):
    """Somebody whose hips are at x, y in the first frame and go on by `step` pixels a frame."""
    frame_ids = np.array(frame_ids)
    count = len(frame_ids)
    hips = np.stack([x + step * (frame_ids - frame_ids[0]), np.full(count, y)], axis=1)
    half = np.array([height / 6, height / 2])
    keypoints = np.repeat(hips[:, None], 33, axis=1)
    keypoints[:, 11:13] -= [0, height / 4]
    keypoints[:, [23, 24]] += [[-5, 0], [5, 0]]
    return Track(
        frame_ids=frame_ids,
        timestamps=frame_ids / 30,
        bbox_px=np.clip(np.concatenate([hips - half, hips + half], axis=1), 0, [*SIZE, *SIZE]),
        keypoints2d_px=keypoints,
        world_landmarks=np.zeros((count, 33, 3)),
        visibility=np.ones((count, 33)),
        presence=np.ones(count),
    )


A, B, C = make_track(200), make_track(500), make_track(800)


def choose(people, tracks=(A, B, C)):
    return choose_people(tracks, people, VIDEO, SIZE)


def test_main_is_the_first_track():
    assert choose("main", [A, B]) == {1: A}


def test_all_keeps_the_order():
    assert list(choose("all", [A, B]).items()) == [(1, A), (2, B)]


def test_numbers_choose_ranks_once_each():
    assert list(choose("3, 1,3").items()) == [(3, C), (1, A)]


def test_nobody_at_all_names_the_video():
    with pytest.raises(NobodyFoundError, match=r"No person was found in clip\.mp4"):
        choose("main", [])


def test_a_missing_rank_says_how_many_there_are():
    with pytest.raises(NobodyFoundError, match=r"Person 3 was asked for, but 2 people were found"):
        choose("3", [A, B])


@pytest.mark.parametrize(
    "people",
    [
        *("", "0", "-1", "1,,2", "first", "1.5", "²", "٣", "9" * 5000),
        *("12@", "12@0.5", "12@0.5:", "@0.5:0.5", "-1@0.5:0.5", "1@-0.5:0.5", "1@1.2:0.5", "1@nan:0.5", "1@0.5:0.5;2"),
        *(
            "1+",
            "+1",
            "1[",
            "1[5]",
            "1[5:5]",
            "1[9:5]",
            "1[-1:5]",
            "[0:5]",
            "1[0:5]x",
            "1[0:5][7:9]",
            "main+1",
            "1+all",
        ),
    ],
)
def test_nonsense_is_an_option_error(people):
    with pytest.raises(OptionError, match="--people cannot be"):
        parse_people(people)


def test_a_further_persons_file_has_the_persons_number():
    assert person_path(Path("out/walk.npz"), 3) == Path("out/walk_person3.npz")


def test_places_and_numbers_may_be_mixed():
    assert parse_people("2, 12@0.43:0.61,7@1:.5") == (
        (PersonPiece(2),),
        (PersonPiece(PicturePlace(12, 0.43, 0.61)),),
        (PersonPiece(PicturePlace(7, 1.0, 0.5)),),
    )


def test_a_place_reads_back_what_it_says():
    place = PicturePlace(12, 0.4312, 0.0001)
    assert parse_people(str(place)) == ((PersonPiece(place),),)


@pytest.mark.parametrize("text", ["1", "1[0:45]", "1[45:]+2[:45]", "12@0.4312:0.0001[3:4] + 3, 2[7:], 1+1"])
def test_pieces_read_back_what_they_say(text):
    people = parse_people(text)
    assert parse_people(",".join("+".join(map(str, person)) for person in people)) == people


def test_a_range_is_from_its_first_frame_up_to_its_last_one_exclusive():
    assert parse_people("1[7:9]+2[:9]+3[7:]") == ((PersonPiece(1, 7, 9), PersonPiece(2, 0, 9), PersonPiece(3, 7)),)


@pytest.mark.parametrize(("people", "rank"), [("0@0.2:0.5", 1), ("59@0.51:0.45", 2), ("30@0.78:0.6", 3)])
def test_whoever_is_nearest_to_the_place_is_meant(people, rank):
    assert list(choose(people)) == [rank]


def test_a_place_finds_the_same_person_whatever_the_order_of_the_tracks():
    for tracks in ([A, B, C], [C, A, B], [B, C, A]):
        assert list(choose("10@0.8:0.5,10@0.2:0.5", tracks).values()) == [C, A]


def test_the_frame_tells_two_who_cross_apart():
    going_right, going_left = make_track(200, step=10), make_track(800, step=-10)
    tracks = [going_right, going_left]
    assert list(choose("0@0.2:0.5", tracks).values()) == [going_right]
    assert list(choose("59@0.2:0.5", tracks).values()) == [going_left]


def test_somebody_small_before_somebody_large_is_found_by_the_hips():
    large, small = make_track(500, 250, height=480), make_track(560, 300, height=100)
    assert list(choose("5@0.56:0.6", [large, small]).values()) == [small]
    assert list(choose("5@0.5:0.5", [large, small]).values()) == [large]


def test_a_few_frames_without_the_person_do_not_matter():
    tracks = [make_track(200, frame_ids=[*range(20), *range(30, 60)])]
    assert list(choose("25@0.2:0.5", tracks)) == [1]


@pytest.mark.parametrize("people", ["10@0.95:0.1", "100@0.2:0.5", "10@0.35:0.5"])
def test_nobody_near_the_place_is_one_sentence(people):
    with pytest.raises(NobodyFoundError, match=r"Nobody was found near the place .* in clip\.mp4"):
        choose(people)


def test_two_places_of_one_person_give_the_person_once():
    assert list(choose("10@0.2:0.5,20@0.21:0.5")) == [1]


def test_hips_below_the_picture_are_named_where_the_person_ends():
    half_body = make_track(500, 560, height=300)
    assert places_px(half_body)[0].tolist() == [500, 500]
    assert list(choose("0@0.5:1", [half_body])) == [1]


@pytest.mark.parametrize("frame", [84, 215])
def test_a_place_outside_the_frame_range_is_said_before_any_work(frame):
    check_people("85@0.5:0.5,214@0.5:0.5", 100, 200)
    with pytest.raises(OptionError, match=f"frame {frame}, which is not in the frame range 100 to 200"):
        check_people(f"1,{frame}@0.5:0.5", 100, 200)


@pytest.mark.parametrize("frame", [30, 104])
def test_a_place_far_from_its_pieces_frames_is_said_before_any_work(frame):
    check_people("50@0.5:0.5[60:90]+104@0.5:0.5[:90]", 0, None)
    with pytest.raises(OptionError, match=f"frame {frame}, which is not in the frame range 60 to 89"):
        check_people(f"{frame}@0.5:0.5[60:89]", 0, 200)


def switched():
    """Two who cross at frame 30, where the tracker took one for the other; and the tracks as they should be."""
    right, left = make_track(200, step=10), make_track(800, step=-10)
    before, after = np.arange(60) < 30, np.arange(60) >= 30
    fields = vars(right)
    mixed = [
        Track(**{name: np.concatenate([vars(a)[name][before], vars(b)[name][after]]) for name in fields})
        for a, b in ((right, left), (left, right))
    ]
    return mixed, [right, left]


def assert_same(track, expected):
    for name, value in vars(expected).items():
        assert np.array_equal(getattr(track, name), value), name


@pytest.mark.parametrize(
    "people",
    [
        "1[:30]+2[30:],2[:30]+1[30:]",
        "2[30:]+1[0:30],1[30:60]+2[0:30]",
        "10@0.3:0.5[:30]+50@0.7:0.5[30:],10@0.7:0.5[:30]+50@0.3:0.5[30:]",
    ],
)
def test_a_wrong_switch_is_undone_by_pieces(people):
    mixed, truth = switched()
    chosen = choose(people, mixed)
    assert sorted(chosen) == [1, 2]
    for track, expected in zip(chosen.values(), truth, strict=True):
        assert_same(track, expected)


def test_places_find_the_same_person_where_another_network_made_no_switch():
    _, truth = switched()
    chosen = choose("10@0.3:0.5[:30]+50@0.7:0.5[30:]", truth)
    assert_same(chosen[1], truth[0])


def test_both_halves_of_a_split_are_people_of_their_own():
    chosen = choose("1[:20],1[20:],2")
    assert list(chosen) == [1, 4, 2]
    assert chosen[1].frame_ids.tolist() == [*range(20)]
    assert chosen[4].frame_ids.tolist() == [*range(20, 60)]
    assert chosen[2] is B


def test_two_tracks_of_one_person_are_joined_with_the_gap_between_them():
    early, late = make_track(200, frame_ids=range(20)), make_track(260, frame_ids=range(35, 60))
    for people in ("1+2", "2+1"):
        (joined,) = choose(people, [early, late]).values()
        assert joined.frame_ids.tolist() == [*range(20), *range(35, 60)]
        assert (np.diff(joined.timestamps) > 0).all()
        assert joined.keypoints2d_px[:20].tolist() == early.keypoints2d_px.tolist()


def test_of_a_frame_that_two_pieces_have_the_first_ones_row_is_taken():
    first, second = make_track(200, frame_ids=range(30)), make_track(800, frame_ids=range(20, 60))
    (joined,) = choose("1+2", [first, second]).values()
    assert joined.frame_ids.tolist() == [*range(60)]
    assert places_px(joined)[[29, 30], 0].tolist() == [200, 800]


@pytest.mark.parametrize("people", ["1[100:]", "1+1", "1[:30]+2[90:]"])
def test_a_piece_without_frames_of_its_own_is_one_sentence(people):
    with pytest.raises(NobodyFoundError, match=r"The piece .* of a person adds no frame of clip\.mp4"):
        choose(people)


def test_the_same_pieces_give_the_person_once():
    assert list(choose("1[:30]+2[30:], 10@0.2:0.5[:30]+40@0.5:0.5[30:]")) == [1]


def test_a_still_figure_comes_after_who_moves_but_never_for_a_few_frames():
    def still_track(count, spread_px):
        rng = np.random.default_rng(1)
        keypoints = np.tile(rng.uniform(0, 400, (33, 2)), (count, 1, 1)) + rng.normal(0, spread_px, (count, 33, 2))
        box = np.tile([0.0, 0.0, 300.0, 400.0], (count, 1))
        ids = np.arange(count)
        return Track(ids, ids / 30, box, keypoints, np.zeros((count, 33, 3)), np.ones((count, 33)), np.ones(count))

    assert still_track(30, 0.5).is_still
    assert not still_track(30, 8.0).is_still
    assert not still_track(5, 0.0).is_still
