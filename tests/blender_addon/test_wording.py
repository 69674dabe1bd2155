"""Blender as a Python module is built without translations, so a dictionary stands in for its own where it is so."""

from types import SimpleNamespace

import bpy
import pytest
from blender_addon_recording_layout import RecordingLayout
from jointwise_ext.blender_addon import operators, panels, wording
from jointwise_ext.blender_addon.messages import MESSAGES
from jointwise_ext.blender_addon.operator_base import sentence_of
from jointwise_ext.core.errors import OptionError

WORDS = {
    "The motion of {} is keyed.": "Die Bewegung von {} ist da.",
    "No video is chosen.": "Kein Video gewählt.",
    "Choose a video file first.": "Zuerst eines wählen.",
    "The video has {:.4g} frames a second, the scene {:.4g}": "Video: {:.4g}, Szene: {:.4g} Bilder in der Sekunde",
}


@pytest.fixture
def german(monkeypatch):
    """Translations as Blender gives them: the words of a template, or the template itself."""

    def look_up(text, context=None):
        return WORDS.get(text, text)

    fake = SimpleNamespace(
        app=SimpleNamespace(translations=SimpleNamespace(pgettext_rpt=look_up, pgettext_iface=look_up))
    )
    monkeypatch.setattr(wording, "bpy", fake)
    monkeypatch.setattr(panels, "bpy", fake)


def test_values_go_in_after_the_translation(german):
    assert wording.reported("The motion of {} is keyed.", "Tanz {1}.mp4") == "Die Bewegung von Tanz {1}.mp4 ist da."


def test_a_sentence_without_values_may_hold_braces():
    assert wording.reported("{odd}.mp4 is not a video.") == "{odd}.mp4 is not a video."


def test_an_error_is_reported_in_the_users_language(german, extension):
    error = OptionError("No video is chosen.", "Choose a video file first.")
    assert sentence_of(error) == "Kein Video gewählt. Zuerst eines wählen."
    with pytest.raises(RuntimeError, match="Kein Video gewählt"):
        bpy.ops.jointwise.estimate("EXEC_DEFAULT")
    assert MESSAGES.error.startswith("Kein Video")
    MESSAGES.clear()


def test_the_report_after_an_estimate_is_translated(german, scene, fake_core, tmp_path, monkeypatch):
    said = []
    original = wording.reported
    monkeypatch.setattr(operators, "reported", lambda *words: said.append(original(*words)) or said[-1])
    video = tmp_path / "walk.mp4"
    video.touch()
    assert bpy.ops.jointwise.estimate("EXEC_DEFAULT", filepath=str(video)) == {"FINISHED"}
    assert said == ["Die Bewegung von walk.mp4 ist da."]


def test_a_text_of_the_panel_is_translated(german, scene, fake_core, tmp_path):
    scene.render.fps = 24
    (tmp_path / "walk.mp4").touch()
    bpy.ops.jointwise.estimate("EXEC_DEFAULT", filepath=str(tmp_path / "walk.mp4"))
    layout = RecordingLayout()
    context = SimpleNamespace(
        scene=scene,
        view_layer=bpy.context.view_layer,
        preferences=SimpleNamespace(system=SimpleNamespace(ui_scale=1.0)),
        region=SimpleNamespace(width=900),
    )
    panels.JOINTWISE_PT_result.draw(SimpleNamespace(layout=layout), context)
    assert "Video: 30, Szene: 24 Bilder in der Sekunde" in layout.labels
