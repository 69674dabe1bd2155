"""Blender's own exporters: whether this build has them, and their add-ons enabled while they are needed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import addon_utils
import bpy

from ...core.errors import SceneError


@dataclass(frozen=True)
class BlenderExporter:
    """One of Blender's exporters.

    Attributes:
        label: the format as users know it.
        area: of the operator, such as `export_scene`.
        name: of the operator.
        addon: the bundled add-on that holds it; empty where it is built in.
    """

    label: str
    area: str
    name: str
    addon: str = ""

    @contextmanager
    def operator(self) -> Iterator[Any]:
        """Give the exporter's operator, with its add-on enabled for the time.

        Raises:
            SceneError: this Blender does not have it.
        """
        was_enabled = not self.addon or addon_utils.check(self.addon)[1]
        if not was_enabled:
            addon_utils.enable(self.addon, default_set=False)
        try:
            operators = getattr(bpy.ops, self.area)
            if self.name not in dir(operators):
                raise SceneError(
                    f"This Blender was built without {self.label} export.",
                    "Use a Blender from blender.org, or another format.",
                )
            yield getattr(operators, self.name)
        finally:
            if not was_enabled:
                addon_utils.disable(self.addon, default_set=False)


FBX: Final = BlenderExporter("FBX", "export_scene", "fbx", "io_scene_fbx")
GLTF: Final = BlenderExporter("glTF", "export_scene", "gltf", "io_scene_gltf2")
USD: Final = BlenderExporter("USD", "wm", "usd_export")
