"""Splitting and joining in the list, with the fake core's two people: 1 in frames 0 to 95, 2 in 10 to 57, at 15 Hz."""

from pathlib import Path

import bpy
import pytest
from blender_addon_recording_layout import RecordingLayout
from jointwise_ext.blender_addon.messages import MESSAGES
from jointwise_ext.blender_addon.network_files import NetworkFiles
from jointwise_ext.blender_addon.people import thumbnails
from jointwise_ext.blender_addon.people.panel import draw_people
from jointwise_ext.blender_addon.people.shown_frame import shown_frame
from jointwise_ext.blender_addon.properties import to_settings
from jointwise_ext.blender_addon.scene_assembly import assemble_motion

VIDEO = "/videos/Walk in the park.mp4"


@pytest.fixture
def found(scene, fake_core):
    scene.jointwise.filepath = VIDEO
    assert bpy.ops.jointwise.find_people("EXEC_DEFAULT") == {"FINISHED"}
    return scene.jointwise.found_people


def rows():
    people = bpy.context.scene.jointwise.found_people
    return [(person.rank, round(person.seconds * 15), person.is_chosen) for person in people]


def wanted(scene):
    return to_settings(scene.jointwise, Path(VIDEO), Path("out.npz"), NetworkFiles()).people


def split(number, frame=-1):
    return bpy.ops.jointwise.split_person(number=number, frame=frame)


def tick(*numbers):
    for person in bpy.context.scene.jointwise.found_people:
        person.is_chosen = person.rank in numbers


def test_a_split_at_the_current_frame_makes_two_rows(scene, found):
    scene.frame_set(scene.frame_start + 80)
    # 80 frames of the scene at 30 Hz are 40 of the video.
    assert split(1) == {"FINISHED"}
    assert rows() == [(1, 40, True), (3, 56, True), (2, 48, False)]
    assert wanted(scene) == "12@0.2500:0.5000[0:40],40@0.3:0.5[40:]"


def test_a_switch_is_set_right_and_the_estimate_follows(scene, found):
    split(1, 30)
    split(2, 30)
    assert rows() == [(1, 30, True), (3, 66, True), (2, 20, False), (4, 28, False)]
    tick(1, 4)
    assert bpy.ops.jointwise.join_people() == {"FINISHED"}
    tick(2, 3)
    assert bpy.ops.jointwise.join_people() == {"FINISHED"}
    assert rows() == [(1, 58, False), (2, 86, True)]
    assert wanted(scene) == "24@0.7500:0.5000[0:30]+40@0.3:0.5[30:]"
    assert bpy.ops.jointwise.estimate("EXEC_DEFAULT") == {"FINISHED"}
    assert "--people 24@0.7500:0.5000[0:30]+40@0.3:0.5[30:] " in MESSAGES.log


def test_each_row_shows_a_picture_of_its_own_time(found):
    pictures = [person.thumbnail for person in found]
    split(1, 40)
    first, second, other = (person.thumbnail for person in found)
    assert (first, other) == tuple(pictures)
    assert second not in pictures
    assert all(key in thumbnails._previews[0] for key in (first, second, other))
    tick(1, 3)
    bpy.ops.jointwise.join_people()
    assert [person.thumbnail for person in found] == pictures
    # Nobody has a picture of these frames: rather none than one that shows somebody else.
    split(1, 80)
    assert [person.thumbnail for person in found] == [pictures[0], "", pictures[1]]


def test_split_and_join_are_undone(scene, found):
    bpy.ops.ed.undo_push(message="found")
    before = rows()
    split(1, 40)
    bpy.ops.ed.undo_push(message="split")
    after = rows()
    tick(1, 3)
    bpy.ops.jointwise.join_people()
    assert rows() == before
    bpy.ops.ed.undo_push(message="join")
    bpy.ops.ed.undo()
    assert rows() == after
    bpy.ops.ed.undo()
    assert rows() == before
    person = bpy.context.scene.jointwise.found_people[0]
    assert person.thumbnail in thumbnails._previews[0]


def test_people_at_the_same_time_are_refused_in_one_sentence(found):
    tick(1, 2)
    with pytest.raises(RuntimeError, match="They cannot be one person: both are seen in frame 10 of the video"):
        bpy.ops.jointwise.join_people()
    assert rows() == [(1, 96, True), (2, 48, True)]


def test_one_ticked_person_is_not_joined(found):
    with pytest.raises(RuntimeError, match="Fewer than two people are ticked"):
        bpy.ops.jointwise.join_people()


@pytest.mark.parametrize(
    ("number", "frame", "sentence"),
    [(2, 9, "Frame 9 of the video is not inside"), (1, 200, "which is frame 0 to 95"), (7, 20, "no person 7")],
)
def test_a_split_that_makes_no_sense_is_one_sentence(found, number, frame, sentence):
    with pytest.raises(RuntimeError, match=sentence):
        split(number, frame)
    assert MESSAGES.error
    assert rows() == [(1, 96, True), (2, 48, False)]


def test_the_panel_offers_what_can_be_done_now(scene, found):
    scene.frame_set(scene.frame_start + 80)
    layout = RecordingLayout()
    draw_people(layout, scene)
    assert layout.buttons["jointwise.split_person"].text == "Split at Frame 40 (10 to 57)"
    assert layout.buttons["jointwise.split_person"].number == 2
    assert "jointwise.join_people" not in layout.buttons
    tick(1, 2)
    draw_people(layout, scene)
    assert "jointwise.join_people" in layout.buttons


def test_the_shown_frame_is_the_one_behind_the_captures_camera(scene, tmp_path, make_motion_file):
    video = Path(__file__).parents[2] / "data" / "walk_excerpt.mp4"
    path, _ = make_motion_file(frame_count=12, rate=15.0, first_frame_id=4)
    assemble_motion(bpy.context, path, video)
    # Somebody moves the scene's start after the capture was made.
    first, scene.frame_start = scene.frame_start, 40
    for frame_id in (4, 9, 15):
        scene.frame_set(first + 2 * frame_id)
        assert shown_frame(scene, video, 15.0) == frame_id
    scene.frame_set(100)
    assert shown_frame(scene, video, 15.0) == 30
    assert shown_frame(scene, tmp_path / "other.mp4", 15.0) == 30
