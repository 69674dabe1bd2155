import pytest
from jointwise_ext.blender_addon.people.pieces import (
    Piece,
    decode_pieces,
    encode_pieces,
    frame_count,
    frame_range,
    join_people,
    split_person,
)
from jointwise_ext.core.errors import OptionError

from core.wanted_people import check_people, parse_people


def person(track, *spans, every=15):
    """Somebody with a place each half second of 30 frames a second and a picture each second."""
    frames = [frame for first, last in spans for frame in range(first, last + 1, every)]
    places = tuple(f"{frame}@0.5:0.{track}" for frame in frames)
    return (Piece(track, 0, None, spans, places, tuple((frame, f"{track} at {frame}") for frame in frames[::2])),)


def describe(pieces, start=0, end=10**6):
    return "+".join(text for piece in pieces if (text := piece.describe(start, end)))


ONE, TWO = person(1, (0, 119)), person(2, (10, 99))


def test_a_switch_is_set_right_by_two_splits_and_two_joins():
    (one_before, one_after), (two_before, two_after) = split_person(ONE, 60), split_person(TWO, 60)
    right, left = join_people([one_before, two_after]), join_people([two_before, one_after])
    assert describe(right) == "0@0.5:0.1[0:60]+70@0.5:0.2[60:]"
    assert describe(left) == "10@0.5:0.2[0:60]+60@0.5:0.1[60:]"
    assert (frame_range(right), frame_range(left)) == ((0, 99), (10, 119))
    assert frame_count(right) + frame_count(left) == frame_count(ONE) + frame_count(TWO)
    check_people(f"{describe(right)},{describe(left)}", 0, None)


@pytest.mark.parametrize("frame", [1, 17, 60, 119])
@pytest.mark.parametrize("track", [person(1, (0, 119)), person(3, (0, 20), (40, 119))])
def test_a_split_and_a_join_give_the_same_person(track, frame):
    before, after = split_person(track, frame)
    assert join_people([before, after]) == join_people([after, before]) == track
    assert frame_count(before) + frame_count(after) == frame_count(track)
    assert frame_range(before)[1] < frame <= frame_range(after)[0]


def test_two_stretches_of_one_person_meet_in_the_middle_of_the_gap():
    joined = join_people([person(2, (40, 80)), person(1, (0, 19))])
    assert describe(joined) == "0@0.5:0.1[0:30]+40@0.5:0.2[30:]"


def test_somebody_in_another_ones_gap_is_a_piece_between():
    joined = join_people([person(1, (0, 29), (60, 99)), person(2, (35, 54))])
    assert [(piece.track, piece.start, piece.end) for piece in joined] == [(1, 0, 32), (2, 32, 57), (1, 57, None)]
    assert frame_count(joined) == 30 + 20 + 40


def test_what_was_between_stays_away():
    before, rest = split_person(ONE, 30)
    _, after = split_person(rest, 60)
    joined = join_people([before, after])
    assert [(piece.start, piece.end) for piece in joined] == [(0, 30), (60, None)]
    assert joined[0].spans + joined[1].spans == ((0, 29), (60, 119))


@pytest.mark.parametrize("other", [TWO, person(2, (119, 150)), person(2, (0, 0))])
def test_people_who_are_seen_at_the_same_time_are_not_joined(other):
    with pytest.raises(OptionError, match=r"They cannot be one person: both are seen in frame \d+ of the video"):
        join_people([ONE, other])


@pytest.mark.parametrize("frame", [0, 120, 500])
def test_a_frame_outside_does_not_split(frame):
    with pytest.raises(OptionError, match=f"Frame {frame} of the video is not inside .* frame 0 to 119"):
        split_person(ONE, frame)


def test_a_piece_that_could_not_be_found_again_is_refused():
    with pytest.raises(OptionError, match="Frame 2 of the video is too near to the end"):
        split_person((Piece(1, 0, None, ((0, 99),), ("50@0.5:0.5",), ()),), 2)


def test_each_piece_shows_pictures_of_its_own_time():
    before, after = split_person(ONE, 40)
    assert before[0].pictures == ("1 at 0", "1 at 30")
    assert after[0].pictures == ("1 at 60", "1 at 90")


def test_only_pieces_in_the_chosen_frames_are_asked_for():
    joined = join_people([split_person(ONE, 60)[0], person(2, (70, 119))])
    assert describe(joined, 0, 30) == "0@0.5:0.1[0:60]"
    assert describe(joined, 80) == "85@0.5:0.2[65:]"
    assert describe(joined, 200) == ""
    for start, end in ((0, 30), (30, 90), (80, 120)):
        check_people(describe(joined, start, end), start, end)
        assert len(parse_people(describe(joined, start, end))) == 1


def test_text_keeps_everything():
    for pieces in (ONE, join_people([split_person(ONE, 60)[0], person(2, (70, 119))])):
        assert decode_pieces(encode_pieces(pieces)) == pieces
