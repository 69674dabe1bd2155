"""The operator that imports motion: asks for the file, has the core convert it, builds the scene."""

from typing import Any

import bpy

from ...core.errors import OptionError
from ..messages import MESSAGES
from ..operator_base import FINISHED, JointwiseOperator, absolute_path
from ..preference_values import core_python, network_files
from ..preferences import private_folder
from ..properties import to_assembly_options
from ..running import check_nothing_runs
from ..scene_assembly import assemble_motions
from ..view_framing import frame_selected
from ..worker_runtime import prepare_worker
from .conversion import ImportChoices, running_conversion


class JOINTWISE_OT_import_motion(JointwiseOperator, bpy.types.Operator):
    """Build the scene from motion of another program: AMASS, SMPL-X, VIBE, PARE, WHAM, GVHMR, 4D-Humans, BVH"""

    bl_idname = "jointwise.import_motion"
    bl_label = "Import Motion"
    bl_options = {"UNDO"}

    filepath: bpy.props.StringProperty(name="File", subtype="FILE_PATH", options={"SKIP_SAVE"})
    filter_glob: bpy.props.StringProperty(default="*.npz;*.pkl;*.pt;*.pth;*.bvh", options={"HIDDEN"})
    frame_rate: bpy.props.FloatProperty(
        name="Frame Rate",
        description="Frames a second of the motion; 0: what the file says",
        default=0.0,
        min=0.0,
        soft_max=240.0,
        options={"SKIP_SAVE"},
    )
    up: bpy.props.EnumProperty(
        name="Up",
        description="Which of the file's axes points up",
        items=[
            ("auto", "Automatic", "What the format, or the body's posture, says"),
            ("y", "Y", "The file's Y axis points up"),
            ("z", "Z", "The file's Z axis points up"),
        ],
        options={"SKIP_SAVE"},
    )

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Ask for the file."""
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def run(self, context: Any) -> set[str]:
        """Convert and build."""
        MESSAGES.clear()
        check_nothing_runs()
        source = absolute_path(self.filepath)
        if source is None:
            raise OptionError("No file is chosen.", "Choose the motion to import first.")
        choices = ImportChoices(source, network_files(context).smpl_file, self.frame_rate, self.up)
        notes = self._convert_and_build(context, choices)
        MESSAGES.warnings = notes
        for note in notes:
            self.report({"WARNING"}, note)
        self.report({"INFO"}, f"The motion of {source.name} is keyed.")
        if not bpy.app.background:
            frame_selected(context)
        return FINISHED

    def _convert_and_build(self, context: Any, choices: ImportChoices) -> list[str]:
        """Return sentences that the user should read."""
        preferred, folder = core_python(context), private_folder()
        options = to_assembly_options(context.scene.jointwise, network_files(context))
        with running_conversion(lambda report: prepare_worker(preferred, folder, report), choices) as session:
            session.wait(lambda _: None)
            MESSAGES.log = session.log
            assembly = assemble_motions(context, session.result().paths, None, options)
            return [*session.warnings, *assembly.notes]
