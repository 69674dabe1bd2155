import tempfile
from pathlib import Path
from types import SimpleNamespace

import bpy
import pytest
from blender_addon_recording_layout import RecordingLayout
from jointwise_ext import blender_addon
from jointwise_ext.blender_addon import core_run, running
from jointwise_ext.blender_addon.messages import MESSAGES
from jointwise_ext.blender_addon.network_files import NetworkFiles
from jointwise_ext.blender_addon.panels import JOINTWISE_PT_estimate
from jointwise_ext.blender_addon.people import thumbnails
from jointwise_ext.blender_addon.people.operators import people_arguments
from jointwise_ext.blender_addon.people.panel import draw_people
from jointwise_ext.blender_addon.people.pieces import decode_pieces
from jointwise_ext.blender_addon.properties import to_settings
from jointwise_ext.core import command_line
from jointwise_ext.core.errors import OptionError

VIDEO = "/videos/Walk in the park.mp4"
PLACES = ["12@0.2500:0.5000", "24@0.7500:0.5000"]


@pytest.fixture(autouse=True)
def no_leftovers(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    MESSAGES.clear()
    yield
    assert running.current_session() is None
    assert list(tmp_path.glob("jointwise-*")) == []


@pytest.fixture
def settings(scene, fake_core):
    scene.jointwise.filepath = VIDEO
    return scene.jointwise


@pytest.fixture
def found(settings):
    assert bpy.ops.jointwise.find_people("EXEC_DEFAULT") == {"FINISHED"}
    return settings.found_people


def people_option(settings, video=VIDEO):
    return to_settings(settings, Path(video), Path("out.npz"), NetworkFiles()).people


def test_everybody_is_listed_with_time_color_and_place(settings, found):
    assert [person.rank for person in found] == [1, 2]
    assert [person.seconds for person in found] == pytest.approx([6.4, 3.2])
    assert list(found[0].color) == pytest.approx([1.0, 0.2, 0.0], abs=1e-3)
    assert [decode_pieces(person.pieces)[0].place() for person in found] == PLACES
    assert settings.found_in == VIDEO


def test_the_pictures_stay_when_their_files_are_gone(found):
    preview = thumbnails._previews[0][found[0].thumbnail]
    width, height = preview.image_size
    assert (width, height) == (192, 192)
    pixels = list(preview.image_pixels_float)
    row = height // 2 * width
    assert pixels[4 * row : 4 * row + 3] == pytest.approx([1, 0, 0], abs=0.02)
    end = 4 * (row + width - 1)
    assert pixels[end : end + 3] == pytest.approx([0, 0, 1], abs=0.02)


def test_pictures_are_freed_with_the_list_and_with_the_add_on(settings, found):
    keys = [person.thumbnail for person in found]
    assert len(set(keys)) == 2
    assert bpy.ops.jointwise.find_people("EXEC_DEFAULT") == {"FINISHED"}
    assert len(thumbnails._previews[0]) == 3
    assert not set(keys) & set(thumbnails._previews[0])
    settings.filepath = "/videos/other.mp4"
    assert len(thumbnails._previews[0]) == 0
    blender_addon.unregister()
    assert thumbnails._previews == []
    blender_addon.register()


def test_pictures_of_a_scene_that_is_gone_are_freed_at_the_next_search(scene, settings, found):
    other = bpy.data.scenes.new("other")
    other.jointwise.filepath = VIDEO
    with bpy.context.temp_override(scene=other):
        assert bpy.ops.jointwise.find_people("EXEC_DEFAULT") == {"FINISHED"}
    assert len(thumbnails._previews[0]) == 6
    bpy.data.scenes.remove(other)
    bpy.ops.jointwise.find_people("EXEC_DEFAULT")
    keys = {key for person in settings.found_people for piece in decode_pieces(person.pieces) for key in piece.pictures}
    assert set(thumbnails._previews[0]) == keys
    assert {person.thumbnail for person in settings.found_people} < keys


def test_another_video_clears_the_list_and_the_same_does_not(settings, found):
    settings.filepath = VIDEO
    assert len(settings.found_people) == 2
    settings.filepath = "/videos/other.mp4"
    assert (len(settings.found_people), settings.found_in) == (0, "")


@pytest.mark.parametrize(("who", "ticks"), [("main", [True, False]), ("all", [True, True]), ("numbers", [False, True])])
def test_the_ticks_begin_as_the_setting_says_and_follow_it(settings, who, ticks):
    settings.people_numbers = "2"
    settings.people = who
    bpy.ops.jointwise.find_people("EXEC_DEFAULT")
    assert [person.is_chosen for person in settings.found_people] == ticks
    settings.people = "all"
    assert [person.is_chosen for person in settings.found_people] == [True, True]


def test_estimate_takes_the_ticked_ones_by_their_places(settings, found):
    assert people_option(settings) == PLACES[0]
    found[1].is_chosen = True
    assert people_option(settings) == ",".join(PLACES)
    found[0].is_chosen = False
    assert bpy.ops.jointwise.estimate("EXEC_DEFAULT") == {"FINISHED"}
    assert f"--people {PLACES[1]} " in MESSAGES.log


def test_a_place_in_the_chosen_frames_is_taken(settings, found):
    """The fake core sees person 1 in the frames 12, 40 and 70, and person 2 in frame 24 alone."""
    for start, end, frame in ((0, 30, 12), (13, 41, 40), (41, 0, 70), (20, 25, 12)):
        settings.start, settings.end = start, end
        assert people_option(settings).startswith(f"{frame}@")
    settings.start, settings.end = 50, 0
    found[1].is_chosen = True
    with pytest.raises(OptionError, match=r"Person 2 is not seen in the chosen frames\. Take the tick away"):
        people_option(settings)


def test_nobody_ticked_or_another_video_is_as_the_setting_says(scene, settings, found):
    assert people_option(settings, "/videos/other.mp4") == "main"
    found[0].is_chosen = False
    assert people_option(settings) == "main"
    layout = RecordingLayout()
    draw_people(layout, scene)
    assert layout.labels[-1] == "Nobody is ticked: Main Person"


def test_the_panel_shows_button_pictures_and_ticks(scene, settings, found):
    layout = RecordingLayout()
    preferences = SimpleNamespace(addons=bpy.context.preferences.addons, system=SimpleNamespace(ui_scale=1.0))
    context = SimpleNamespace(scene=scene, preferences=preferences, region=SimpleNamespace(width=300))
    JOINTWISE_PT_estimate.draw(SimpleNamespace(layout=layout), context)
    assert layout.labels == ["Person 1  ·  6.4 s", "Person 2  ·  3.2 s"]
    assert layout.props == ["filepath", "is_chosen", "color", "is_chosen", "color"]
    assert list(layout.buttons) == ["jointwise.find_people", "jointwise.split_person", "jointwise.estimate"]
    assert len(layout.icons) == (0 if bpy.app.background and not thumbnails.thumbnail_icon(found[0].thumbnail) else 2)


def test_a_cancel_keeps_the_former_list(settings, found, fake_core, monkeypatch):
    fake_core("slow")
    monkeypatch.setattr(core_run, "print_status", lambda _: bpy.ops.jointwise.cancel())
    assert bpy.ops.jointwise.find_people("EXEC_DEFAULT") == {"CANCELLED"}
    assert len(settings.found_people) == 2


def test_an_error_is_the_cores_sentence(settings, fake_core):
    fake_core("error")
    with pytest.raises(RuntimeError, match=r"The video a\.mp4 is not a video"):
        bpy.ops.jointwise.find_people("EXEC_DEFAULT")
    assert MESSAGES.error.startswith("The video a.mp4")
    assert len(settings.found_people) == 0


def test_no_video_is_said_before_anything_starts(scene, fake_core):
    with pytest.raises(RuntimeError, match="No video is chosen"):
        bpy.ops.jointwise.find_people("EXEC_DEFAULT")


def test_the_real_core_understands_the_command(tmp_path):
    arguments = people_arguments(Path("a.mp4"), 5, 90, tmp_path, Path("yolo.pt"))
    options = command_line._build_parser().parse_args(arguments)
    assert (options.video, options.start, options.end) == (Path("a.mp4"), 5, 90)
    assert (options.thumbnails, options.detector_weights, options.json) == (tmp_path, Path("yolo.pt"), True)
    assert command_line._build_parser().parse_args(people_arguments(Path("a.mp4"), 0, 0, tmp_path, None)).end is None
