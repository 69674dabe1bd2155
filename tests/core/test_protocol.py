import json

import pytest

from core import protocol


@pytest.mark.parametrize(
    "event",
    [
        protocol.Hello("0.1.0"),
        protocol.Status("track", 12, 96, 3.5),
        protocol.Preview("/a b/ü.png", 4),
        protocol.Warning("gaps", "Nobody was seen in 3 frames."),
        protocol.Error("bad_video", 'The file "x" is no video.', "Choose another."),
        protocol.VideoReport("day 1/ü.mp4", "done", 3, 20, 1.5, 96, 2, "Said.", ("ü.npz", "ü_person2.npz")),
        protocol.Summary({"done": 3, "nobody found": 1}, "a.csv", "a.json", 12.5),
        protocol.Result(("a.npz", "a_person2.npz"), "a.mp4", {"track": 1.5}),
        protocol.People(
            (
                protocol.FoundPerson(
                    *(1, 0, 95, 3.2, (187, 380), (120, 190, 255), 94, (0.0763, 0.7509), "p.png", ("94@0.0763:0.7509",)),
                    *(((0, 40), (44, 95)), ((94, "p.png"), (3, "p_frame3.png"))),
                ),
            ),
            29.97,
        ),
        protocol.People(()),
    ],
)
def test_every_event_survives_the_wire(event):
    line = protocol.encode_event(event)
    assert "\n" not in line
    assert protocol.decode_event(line) == event


def test_the_status_line_is_exactly_this():
    line = protocol.encode_event(protocol.Status("track", 12, 96, 3.5))
    assert line == '{"type": "status", "stage": "track", "frame": 12, "frame_count": 96, "seconds_left": 3.5}'


@pytest.mark.parametrize(
    "line",
    [
        *("", "INFO: loading", "[1, 2]", "{}", '{"type": "unknown"}', '{"type": "status"}', '{"type": ["status"]}'),
        *('{"type": "people", "people": [1]}', '{"type": "people", "people": 1}'),
        *('{"type": "people"}', '{"type": "people", "people": [{"rank": 1}]}'),
    ],
)
def test_a_line_that_is_no_event_is_none(line):
    assert protocol.decode_event(line) is None


def test_a_field_of_a_later_version_is_ignored():
    assert protocol.decode_event('{"type": "hello", "version": "9", "colour": 1}') == protocol.Hello("9")


@pytest.mark.parametrize(
    "line",
    [
        '{"type": "status", "stage": 3}',
        '{"type": "status", "stage": "track", "frame": "5", "frame_count": 9}',
        '{"type": "status", "stage": "track", "seconds_left": NaN}',
        '{"type": "status", "stage": "track", "frame": 1' + "0" * 400 + "}",
        '{"type": "status", "stage": "track", "frame": true}',
        '{"type": "warning", "code": "x", "message": ["a"]}',
        '{"type": "result", "paths": 3}',
        '{"type": "result", "paths": [null]}',
        '{"type": "people", "people": [{"rank": 1}]}',
        "[" * 100_000,
    ],
)
def test_an_event_whose_fields_have_other_types_is_noise(line):
    assert protocol.decode_event(line) is None


def test_texts_of_an_event_can_be_shown_and_are_no_longer_than_a_path():
    event = protocol.decode_event(json.dumps({"type": "warning", "code": "x", "message": "\ud800" + "y" * 100_000}))
    assert event.message.startswith("?y")
    assert len(event.message) == 4096
