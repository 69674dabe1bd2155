"""Stands in for a layout, which Blender makes in a window only: keeps what is drawn. Loaded by conftest."""

from types import SimpleNamespace

import bpy

ICONS = bpy.types.UILayout.bl_rna.functions["label"].parameters["icon"].enum_items


class RecordingLayout:
    """The texts, the properties' names and the buttons by operator, in the order of drawing."""

    def __init__(self):
        self.labels, self.props, self.buttons = [], [], {}

    def box(self):
        return self

    def row(self):
        return self

    def column(self, **options):
        return self

    def label(self, text, icon="NONE", translate=True):
        assert icon in ICONS
        self.labels.append(text)

    def prop(self, group, name, text=None):
        assert hasattr(group, name)
        self.props.append(name)

    def prop_search(self, group, name, owner, items, text=""):
        assert hasattr(owner, items)
        self.prop(group, name)
        self.labels.append(text)

    def operator(self, name, text="", icon="NONE"):
        assert icon in ICONS
        self.buttons[name] = SimpleNamespace(text=text)
        return self.buttons[name]
