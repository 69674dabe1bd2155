"""The scan on the excerpt set beside its mirror image: four people, each with a twin on the other side."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.cancellation import Cancellation
from core.errors import CancelledError, NobodyFoundError, OptionError, OutputError
from core.people_scan import MOST_PICTURES, picture_rows, scan_people, sight_quality, sighting_rows, spans_of
from core.people_thumbnails import FRAME_WIDTH_PX, SIDE_PX, thumbnail, write_thumbnails
from core.person_colors import person_color
from core.pipeline import EstimateJob
from core.protocol import FoundPerson, People, Result, Status
from core.reporting import people_table
from core.settings import EstimateSettings, PeopleSettings
from core.video import VideoInfo, VideoReader
from tests.core.mp4_writing import write_video
from tests.core.test_people import make_track

EXCERPT = Path(__file__).parents[1] / "data" / "walk_excerpt.mp4"
FRAME_COUNT = 16
INFO = VideoInfo(1000, 500, 30.0, 60, 0)


class Recorder:
    """Keeps the events; may cancel when a stage comes."""

    def __init__(self, cancel_at=None):
        self.events, self.cancellation, self._cancel_at = [], Cancellation(), cancel_at

    def emit(self, event):
        self.events.append(event)
        if isinstance(event, Status) and event.stage == self._cancel_at:
            self.cancellation.request()


def scan(video, cancel_at=None, **options):
    recorder = Recorder(cancel_at)
    people = scan_people(PeopleSettings(video, **options), recorder, recorder.cancellation)
    return people.people, recorder.events


@pytest.fixture(scope="session")
def two_sides(tmp_path_factory):
    """The excerpt's first frames at half size, and their mirror image to the right."""
    frames = []
    for frame in VideoReader(EXCERPT, 0, FRAME_COUNT):
        small = cv2.resize(frame.image_rgb, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)
        frames.append(np.concatenate([small, small[:, ::-1]], axis=1))
    return write_video(tmp_path_factory.mktemp("two_sides") / "two sides.mp4", frames, 30.0)


@pytest.fixture(scope="session")
def scanned(two_sides, tmp_path_factory):
    folder = tmp_path_factory.mktemp("thumbnails")
    return (*scan(two_sides, thumbnails=folder), folder)


def test_everyone_is_found_with_their_twin(scanned):
    people, _, _ = scanned
    assert [person.rank for person in people] == [1, 2, 3, 4]
    xs = sorted(person.place[0] for person in people)
    assert sum(x < 0.5 for x in xs) == 2
    for person in people:
        assert 0 <= person.first_frame <= person.frame <= person.last_frame < FRAME_COUNT
        assert person.seconds == pytest.approx(FRAME_COUNT / 30, abs=0.1)
        assert person.place_text in person.sightings
        assert (person.spans[0][0], person.spans[-1][1]) == (person.first_frame, person.last_frame)
        assert sum(last - first + 1 for first, last in person.spans) == pytest.approx(30 * person.seconds, abs=0.2)
        assert person.pictures == ((person.frame, person.thumbnail),)
        assert person.box_size[1] > person.box_size[0] > 20
    assert len({person.color for person in people}) == 4


def test_the_events_are_the_people_and_then_a_result_without_files(scanned):
    people, events, _ = scanned
    assert isinstance(events[-1], Result)
    assert events[-1].paths == ()
    assert events[-2] == People(people, 30.0)
    assert {event.stage for event in events if isinstance(event, Status)} == {"load", "track", "thumbnails"}


def test_each_picture_shows_the_person_framed_in_their_color(scanned, two_sides):
    people, _, folder = scanned
    assert sorted(path.name for path in folder.iterdir()) == [f"person{rank}.png" for rank in (1, 2, 3, 4)]
    frames = [frame.image_rgb for frame in VideoReader(two_sides)]
    for person in people:
        picture = cv2.cvtColor(cv2.imread(person.thumbnail), cv2.COLOR_BGR2RGB)
        assert picture.shape == (SIDE_PX, SIDE_PX, 3)
        assert (picture[0] == person.color).all()
        height, width = frames[0].shape[:2]
        x, y = (np.array(person.place) * (width, height)).astype(int)
        # The picture's inside lies somewhere around the hips.
        side = round(max(person.box_size) * 1.15)
        around = frames[person.frame][max(y - side, 0) : y + side, max(x - side, 0) : x + side]
        inside = picture[FRAME_WIDTH_PX:-FRAME_WIDTH_PX, FRAME_WIDTH_PX:-FRAME_WIDTH_PX]
        assert min(_misfit(around, inside, side + change) for change in range(-side // 5, side // 5, 2)) < 0.04


def _misfit(image, inside, side):
    """Return how badly a thumbnail, as a square of this side, fits its best place in an image; 0 is best."""
    share = (SIDE_PX - 2 * FRAME_WIDTH_PX) / SIDE_PX
    small = cv2.resize(inside, (round(side * share),) * 2, interpolation=cv2.INTER_AREA)
    return float(cv2.matchTemplate(image, small, cv2.TM_SQDIFF_NORMED).min())


def test_estimate_finds_each_of_them_at_their_place_with_another_network(scanned, two_sides, tmp_path):
    """Whatever their ranks are there: the estimate looks with the heavy network and keeps the places."""
    people, _, _ = scanned
    wanted = [people[2], people[0]]
    settings = EstimateSettings(
        two_sides, tmp_path / "o.npz", people=",".join(person.place_text for person in wanted), quality="balanced"
    )
    recorder = Recorder()
    result = EstimateJob(settings, recorder, recorder.cancellation).run()
    assert len(result.paths) == 2
    width, height = VideoReader(two_sides).info.width, VideoReader(two_sides).info.height
    for path, person in zip(result.paths, wanted, strict=True):
        with np.load(path) as motion:
            row = motion["frame_ids"].tolist().index(person.frame)
            hips = motion["keypoints_2d"][row, [23, 24]].mean(axis=0) / (width, height)
        assert np.abs(hips - person.place).max() < 0.03


@pytest.mark.parametrize("stage", ["load", "track", "thumbnails"])
def test_a_cancel_leaves_nothing(two_sides, tmp_path, stage):
    with pytest.raises(CancelledError):
        scan(two_sides, cancel_at=stage, end=6, thumbnails=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_range_keeps_the_source_frames_numbers(two_sides):
    people, _ = scan(two_sides, start=8, end=14)
    assert all(8 <= person.first_frame <= person.frame <= person.last_frame < 14 for person in people)
    assert {person.thumbnail for person in people} == {None}


def test_nobody_is_a_sentence(tmp_path):
    write_video(tmp_path / "street.mp4", [np.full((120, 160, 3), 100, np.uint8)] * 6)
    with pytest.raises(NobodyFoundError, match=r"No person was found in street\.mp4"):
        scan(tmp_path / "street.mp4")


@pytest.mark.parametrize(
    ("options", "error"), [({"thumbnails": Path("/not/there")}, OutputError), ({"start": 5, "end": 5}, OptionError)]
)
def test_bad_options_are_said_before_any_work(options, error):
    with pytest.raises(error):
        scan(EXCERPT, **options)


def test_the_frame_is_one_where_the_person_is_large_whole_visible_and_apart():
    track = make_track(500, frame_ids=range(40))
    boxes = track.bbox_px
    boxes[10:] += [-10, -10, 10, 10]
    track.keypoints2d_px[10:20, :6] = -5
    track.visibility[20:30] = 0.4
    other = make_track(510, frame_ids=range(30, 38))
    assert sight_quality(track, [other], INFO).argmax() in (38, 39)
    assert sight_quality(track, [], INFO).argmax() in range(30, 40)


def test_sightings_are_the_best_of_each_half_second_with_the_person():
    track = make_track(frame_ids=[*range(20), *range(60, 80)])
    quality = np.ones(40)
    quality[[3, 17, 25]] = 2
    assert track.frame_ids[sighting_rows(track, quality)].tolist() == [3, 17, 65, 75]


def test_a_box_larger_than_the_picture_is_filled_up_with_dark():
    image = np.full((100, 60, 3), 200, np.uint8)
    picture = thumbnail(image, np.array([0.0, 0.0, 60.0, 100.0]), (255, 0, 0))
    assert picture.shape == (SIDE_PX, SIDE_PX, 3)
    assert (picture[SIDE_PX // 2, SIDE_PX // 2] == 200).all()
    assert (picture[SIDE_PX // 2, 10] == 32).all()


def test_colors_of_the_first_people_differ():
    colors = np.array([person_color(rank) for rank in range(1, 9)], float)
    distances = np.linalg.norm(colors[:, None] - colors[None], axis=2)
    assert distances[~np.eye(8, dtype=bool)].min() > 60


def test_spans_are_the_stretches_without_a_gap():
    assert spans_of(np.array([3])) == ((3, 3),)
    assert spans_of(np.array([3, 4, 5, 7, 9, 10])) == ((3, 5), (7, 7), (9, 10))


def test_the_table_lists_the_stretches_of_a_person(scanned):
    person = scanned[0][0]
    pieces = replace(person, first_frame=0, last_frame=95, spans=((0, 40), (44, 95)))
    assert "0-40,44-95" in people_table([pieces])[1]
    many = replace(pieces, spans=tuple((frame, frame) for frame in range(0, 96, 5)))
    assert "0-95 in 20 pieces" in people_table([many])[1]


def test_there_is_a_picture_of_each_second_the_best_one_first():
    quality = np.ones(100)
    quality[[10, 50, 80]] = 2, 4, 3
    assert picture_rows(quality, 30.0) == [50, 80, 10]
    assert len(picture_rows(np.ones(5), 30.0)) == 1
    assert len(picture_rows(np.ones(5000), 30.0)) == MOST_PICTURES


def test_the_pictures_of_other_frames_show_those_frames(two_sides, tmp_path):
    """Frames of the same person at two moments, given by hand: a scan of seconds would take as long."""
    person = FoundPerson(1, 0, 15, 0.5, (50, 100), (255, 0, 0), 2, (0.2, 0.5))
    box = np.array([20.0, 20.0, 120.0, 120.0])
    recorder = Recorder()
    (found,) = write_thumbnails((person,), [{2: box, 11: box}], two_sides, tmp_path, recorder, recorder.cancellation)
    assert [(frame, Path(path).name) for frame, path in found.pictures] == [
        (2, "person1.png"),
        (11, "person1_frame11.png"),
    ]
    frames = [frame.image_rgb for frame in VideoReader(two_sides)]
    for frame, path in found.pictures:
        picture = cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB)
        assert (picture == thumbnail(frames[frame], box, (255, 0, 0))).all()
    assert found.thumbnail == found.pictures[0][1]
