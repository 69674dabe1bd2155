from types import SimpleNamespace

import bpy
import pytest
from blender_addon_recording_layout import RecordingLayout
from jointwise_ext.blender_addon.export.panel import JOINTWISE_PT_export
from jointwise_ext.blender_addon.panels import JOINTWISE_PT_options, progress_text
from jointwise_ext.core.protocol import Status


def draw_options(scene):
    """Draw the panel as a window would; without one Blender has no region, and a scale of 0."""
    layout = RecordingLayout()
    preferences = SimpleNamespace(addons=bpy.context.preferences.addons, system=SimpleNamespace(ui_scale=1.0))
    context = SimpleNamespace(scene=scene, preferences=preferences, region=SimpleNamespace(width=300))
    JOINTWISE_PT_options.draw(SimpleNamespace(layout=layout), context)
    return layout


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (Status("track", 34, 96, 72.4), "Finding people  ·  34 / 96  ·  1:12 left"),
        (Status("start"), "Starting"),
        (Status("backbone", 7, 96), "Looking closer  ·  7 / 96"),
        (Status("of_the_future", 1, 2), "Of the future  ·  1 / 2"),
        (Status("track", 95, 96, -0.3), "Finding people  ·  95 / 96  ·  0:00 left"),
    ],
)
def test_progress_is_told_in_words(status, text):
    assert progress_text(status) == text


def test_a_backbone_without_its_file_is_said_with_a_button_to_the_preferences(scene, preferences, tmp_path):
    scene.jointwise.backbone = "onnx"
    layout = draw_options(scene)
    assert "backbone" in layout.props
    assert " ".join(layout.labels) == (
        "The backbone Own Network needs the file that describes your network, and none is set. "
        "Set Network File in the add-on's preferences."
    )
    assert layout.buttons["preferences.addon_show"].module == "jointwise_ext"

    (tmp_path / "own.toml").touch()
    preferences.network_file = str(tmp_path / "own.toml")
    layout = draw_options(scene)
    assert (layout.labels, layout.buttons) == ([], {})


def test_the_bundled_backbone_needs_nothing(scene):
    layout = draw_options(scene)
    assert (layout.labels, layout.buttons) == ([], {})


def test_blender_has_the_buttons_operator(scene):
    assert "module" in bpy.ops.preferences.addon_show.get_rna_type().properties
    assert bpy.ops.preferences.addon_show(module="jointwise_ext") == {"FINISHED"}


def test_the_export_panel_offers_every_format_and_the_options(scene):
    scene.jointwise.export.frame_range = "CUSTOM"
    scene.jointwise.export.rate = "CUSTOM"
    layout = RecordingLayout()
    JOINTWISE_PT_export.draw(SimpleNamespace(layout=layout), bpy.context)
    assert layout.labels == ["Click on an armature to export"]
    assert {name.partition(".")[2] for name in layout.buttons} == {
        "export_fbx",
        "export_bvh",
        "export_gltf",
        "export_usd",
        "export_amass",
    }
    assert {"preset", "content", "root_bone", "source", "frame_start", "frame_end", "rate_hz"} <= set(layout.props)
