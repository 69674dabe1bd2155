"""Stands in for a layout, which Blender makes in a window only: keeps what is drawn. Loaded by conftest."""

from types import SimpleNamespace

import bpy

ICONS = bpy.types.UILayout.bl_rna.functions["label"].parameters["icon"].enum_items


class RecordingLayout:
    """The texts, the properties' names, the icons, the lists, and the buttons by operator, in the order of drawing."""

    def __init__(self):
        self.labels, self.props, self.buttons, self.icons, self.lists = [], [], {}, [], []

    def box(self):
        return self

    def row(self, **options):
        return self

    def column(self, **options):
        return self

    def label(self, text, icon="NONE", translate=True):
        assert icon in ICONS
        self.labels.append(text)

    def prop(self, group, name, index=-1, text=None, **options):
        """Custom properties are named by their paths."""
        value = group.path_resolve(name) if name.startswith("[") else getattr(group, name)
        assert index < 0 or index < len(value)
        self.props.append(name if index < 0 else f"{name}[{index}]")
        if text:
            self.labels.append(text)

    def template_icon(self, icon_value, scale=1.0):
        self.icons.append(icon_value)

    def prop_search(self, group, name, owner, items, text=""):
        assert hasattr(owner, items)
        self.prop(group, name)
        self.labels.append(text)

    def template_list(self, list_type, list_id, group, name, active_group, active_name, **options):
        assert hasattr(group, name)
        assert hasattr(active_group, active_name)
        self.lists.append(list_type)

    def operator(self, name, text="", icon="NONE", **options):
        assert icon in ICONS
        self.buttons[name] = SimpleNamespace(text=text)
        return self.buttons[name]
