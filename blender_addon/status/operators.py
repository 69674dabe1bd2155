"""The operator that copies the report."""

from typing import Any

import bpy

from ..operator_base import FINISHED, JointwiseOperator
from ..wording import reported
from .report import report_text


class JOINTWISE_OT_copy_report(JointwiseOperator, bpy.types.Operator):
    """Copy versions, packages, networks and the last messages, to ask for help; it holds paths of your files"""

    bl_idname = "jointwise.copy_report"
    bl_label = "Copy Report"

    def run(self, context: Any) -> set[str]:
        """Put the report on the clipboard."""
        context.window_manager.clipboard = report_text(context)
        self.report({"INFO"}, reported("The report is on the clipboard."))
        return FINISHED
