import itertools
import random

from core.batch.output_names import assign_names


def test_a_name_is_the_videos_without_its_suffix():
    assert assign_names(["a.mp4", "day/a.mp4", "b.c.mov"], {}) == {
        "a.mp4": "a",
        "day/a.mp4": "day/a",
        "b.c.mov": "b.c",
    }


def test_videos_that_differ_in_the_suffix_keep_it():
    assert assign_names(["a.mp4", "a.mov", "b.mp4"], {}) == {"a.mp4": "a.mp4", "a.mov": "a.mov", "b.mp4": "b"}


def test_a_video_that_is_called_like_a_second_person_does_not_get_that_persons_file():
    names = assign_names(["a.mp4", "a_person2.mp4"], {})
    assert names == {"a.mp4": "a.mp4", "a_person2.mp4": "a_person2.mp4"}


def test_a_video_keeps_the_name_it_has_and_the_files_of_a_lost_one_are_not_touched():
    assert assign_names(["a.mp4", "a.mov"], {"a.mp4": "a"}) == {"a.mp4": "a", "a.mov": "a.mov"}
    assert assign_names(["a.mov"], {"a.mp4": "a"}) == {"a.mov": "a.mov"}


def test_names_that_are_one_on_some_disks_are_told_apart():
    names = assign_names(["A.mp4", "a.mp4", "u\u0308.mp4", "\u00fc.mp4"], {})
    assert len({name.casefold() for name in names.values()}) == 4
    assert names["u\u0308.mp4"] != "u\u0308.mp4"


def test_no_two_videos_ever_share_an_output():
    """Against every file that could be written: the motion of each of nine people, and the overlay."""
    parts = ["a", "A", "a.mp4", "a_person2", "a_overlay", "a.mp4_person3", "b"]
    videos = [part + suffix for part, suffix in itertools.product(parts, [".mp4", ".mov", ".MP4", ".avi"])]
    randomness = random.Random(0)
    for _ in range(300):
        chosen = randomness.sample(videos, randomness.randint(1, 12))
        old = dict(itertools.islice(assign_names(chosen, {}).items(), randomness.randint(0, 4)))
        names = assign_names(chosen, old)
        files = [
            f"{name}{end}".casefold()
            for name in names.values()
            for end in (".npz", "_overlay.mp4", *(f"_person{rank}.npz" for rank in range(2, 10)))
        ]
        assert len(set(files)) == len(files), names
