"""The queue's panel. Draws only."""

from typing import Any, Final

import bpy

from ..panels import JointwisePanel
from ..running import current_session

STATE_ICONS: Final = {"waiting": "TIME", "running": "PLAY", "done": "CHECKMARK", "failed": "ERROR"}


class JOINTWISE_PT_queue(JointwisePanel, bpy.types.Panel):
    """Several clips, one after the other."""

    bl_label = "Several Clips"
    bl_parent_id = "JOINTWISE_PT_estimate"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: Any) -> None:
        """Draw the clips with their states, and the buttons."""
        layout, queue = self.layout, context.scene.jointwise.queue
        buttons = layout.row(align=True)
        buttons.enabled = current_session() is None
        buttons.operator("jointwise.queue_clips", icon="ADD")
        if not queue:
            return
        buttons.operator("jointwise.clear_queue", text="", icon="TRASH")
        column = layout.box().column(align=True)
        for clip in queue:
            column.label(text=clip.name, icon=STATE_ICONS[clip.state], translate=False)
        if any(clip.state != "done" for clip in queue) and current_session() is None:
            layout.operator("jointwise.estimate_queue", icon="ARMATURE_DATA")
