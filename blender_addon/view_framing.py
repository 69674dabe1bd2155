"""Brings a new capture into sight: it stands where the camera saw it, often metres from where the user looks."""

from typing import Any

import bpy


def frame_selected(context: Any) -> None:
    """Let every 3D view of the windows that show this scene look at the selected objects.

    Note: a view that looks through a camera is left alone; so is everything where there is no window.
    """
    for window in context.window_manager.windows:
        if window.scene != context.scene:
            continue
        for area in window.screen.areas:
            if area.type != "VIEW_3D" or area.spaces.active.region_3d.view_perspective == "CAMERA":
                continue
            region = next(region for region in area.regions if region.type == "WINDOW")
            with context.temp_override(window=window, area=area, region=region):
                bpy.ops.view3d.view_selected()
