import webbrowser
from fnmatch import fnmatchcase
from pathlib import Path

import bpy
import pytest
from blender_addon_recording_layout import RecordingLayout
from jointwise_ext import blender_addon
from jointwise_ext.blender_addon.help import pages
from jointwise_ext.blender_addon.help.drawing import draw_help
from jointwise_ext.blender_addon.help.manual_map import manual_map

DOCS = Path(__file__).resolve().parents[3] / "docs"


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A copy of the extension whose pages are built, in a folder with a space."""
    root = tmp_path / "mon dossier é"
    for name in ("index", "guide/cleanup", "guide/first_capture"):
        path = root / "docs" / f"{name}.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("a page", encoding="utf-8")
    monkeypatch.setattr(pages, "extension_root", lambda: root)
    return root / "docs"


@pytest.fixture
def opened(monkeypatch):
    """The addresses that the browser was asked for."""
    addresses = []
    monkeypatch.setattr(webbrowser, "open", lambda address: addresses.append(address) or True)
    return addresses


def shown_panels():
    return [cls for cls in blender_addon.CLASSES if issubclass(cls, bpy.types.Panel)]


def test_every_page_that_a_button_opens_is_written():
    wanted = {*pages.PAGE_OF_PANEL.values(), *(page for _, page in pages.PAGE_OF_BUTTON)}
    assert [page for page in sorted(wanted) if not (DOCS / f"{page}.md").is_file()] == []


def test_every_panel_has_a_page_and_shows_the_question_mark(extension):
    assert {panel.__name__ for panel in shown_panels()} == set(pages.PAGE_OF_PANEL)
    for panel in shown_panels():
        layout = RecordingLayout()
        draw_help(layout, panel.__name__)
        assert layout.buttons["jointwise.open_help"].page == pages.PAGE_OF_PANEL[panel.__name__]
        assert hasattr(panel, "draw_header_preset")


def test_help_opens_the_page_on_disk(extension, site, opened):
    assert bpy.ops.jointwise.open_help(page="guide/cleanup") == {"FINISHED"}
    assert bpy.ops.jointwise.open_help() == {"FINISHED"}
    assert opened == [(site / "guide/cleanup.html").as_uri(), (site / "index.html").as_uri()]


def test_a_copy_without_pages_says_so(extension, site, opened):
    with pytest.raises(RuntimeError, match="There is no help page called guide/nothing"):
        bpy.ops.jointwise.open_help(page="guide/nothing")
    (site / "index.html").unlink()
    with pytest.raises(RuntimeError, match="This copy of Jointwise has no help pages"):
        bpy.ops.jointwise.open_help()
    assert opened == []
    assert manual_map() == ("", ())


def test_a_system_without_a_browser_is_told_where_the_page_is(extension, site, monkeypatch):
    monkeypatch.setattr(webbrowser, "open", lambda address: False)
    with pytest.raises(RuntimeError, match=r"No browser could be opened\. Open .*index\.html yourself"):
        bpy.ops.jointwise.open_help()


@pytest.mark.parametrize(
    ("button", "page"),
    [
        ("bpy.ops.jointwise.estimate", "guide/first_capture.html"),
        ("bpy.ops.jointwise.find_people", "guide/people.html"),
        ("bpy.ops.jointwise.export_fbx", "guide/export.html"),
        ("bpy.types.JointwiseCleanup.smoothing_s", "guide/cleanup.html"),
        ("bpy.types.JointwiseSettings.quality", "guide/people.html"),
    ],
)
def test_f1_on_a_button_finds_its_page(extension, site, button, page):
    # As Blender looks it up: in lower case, in the order of the list, among all that add-ons have registered.
    addresses = [
        prefix + suffix
        for prefix, mapping in bpy.utils.manual_map()
        for pattern, suffix in mapping
        if fnmatchcase(button.lower(), pattern)
    ]
    assert addresses[0] == f"{site.as_uri()}/{page}"


def test_our_patterns_catch_nothing_of_blenders():
    assert all(".jointwise" in pattern for pattern, _page in pages.PAGE_OF_BUTTON)
