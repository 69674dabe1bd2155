from pathlib import Path

import pytest

from core.errors import NobodyFoundError, OptionError
from core.people import choose_people, parse_people, person_path

VIDEO = Path("clip.mp4")


def test_main_is_the_first_track():
    assert choose_people(["woman", "man"], "main", VIDEO) == {1: "woman"}


def test_all_keeps_the_order():
    assert list(choose_people(["woman", "man"], "all", VIDEO).items()) == [(1, "woman"), (2, "man")]


def test_numbers_choose_ranks_once_each():
    assert list(choose_people(["a", "b", "c"], "3, 1,3", VIDEO).items()) == [(3, "c"), (1, "a")]


def test_nobody_at_all_names_the_video():
    with pytest.raises(NobodyFoundError, match=r"No person was found in clip\.mp4"):
        choose_people([], "main", VIDEO)


def test_a_missing_rank_says_how_many_there_are():
    with pytest.raises(NobodyFoundError, match=r"Person 3 was asked for, but 2 people were found"):
        choose_people(["a", "b"], "3", VIDEO)


@pytest.mark.parametrize("people", ["", "0", "-1", "1,,2", "first", "1.5", "²", "٣", "9" * 5000])
def test_nonsense_is_an_option_error(people):
    with pytest.raises(OptionError):
        parse_people(people)


def test_a_further_persons_file_has_the_persons_number():
    assert person_path(Path("out/walk.npz"), 3) == Path("out/walk_person3.npz")
