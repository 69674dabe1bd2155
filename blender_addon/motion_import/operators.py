"""The operator that imports motion: asks for the file, has the core convert it, builds the scene."""

from typing import Any

import bpy

from ...core.errors import OptionError
from ..core_run import RUNNING, CoreRunOperator
from ..estimate_run import build_motions
from ..messages import MESSAGES
from ..operator_base import CANCELLED, FINISHED
from ..preference_values import core_python, keep_ready_s, network_files, private_folder
from ..scene_mark import mark_scene
from ..scene_paths import absolute_path
from ..wording import reported
from ..worker_runtime import prepare_worker
from .conversion import Conversion, ImportChoices


class JOINTWISE_OT_import_motion(CoreRunOperator, bpy.types.Operator):
    """Build the scene from motion of another program: AMASS, SMPL-X, VIBE, PARE, WHAM, GVHMR, 4D-Humans, BVH"""

    bl_idname = "jointwise.import_motion"
    bl_label = "Import Motion"
    # Without REGISTER: a change in the panel of the last operation would import the file again.
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

    _conversion: Conversion | None = None

    def invoke(self, context: Any, event: Any) -> set[str]:
        """Ask for the file where none is given; with one, start the core and return, and let a timer follow it."""
        self._asks = not self.filepath and not bpy.app.background
        if not self._asks:
            return super().invoke(context, event)
        context.window_manager.fileselect_add(self)
        return RUNNING

    def execute(self, context: Any) -> set[str]:
        """Run the import to its end; or, after the file browser, hand over to a run that does not block."""
        if not getattr(self, "_asks", False):
            return super().execute(context)
        choices = {"filepath": self.filepath, "frame_rate": self.frame_rate, "up": self.up}
        bpy.ops.jointwise.import_motion("INVOKE_DEFAULT", **choices)
        # The undo step is the other run's.
        return CANCELLED

    def begin(self, context: Any) -> None:
        """Start the conversion."""
        self._scene_mark = mark_scene(context.scene)
        source = absolute_path(self.filepath)
        if source is None:
            raise OptionError("No file is chosen.", "Choose the motion to import first.")
        choices = ImportChoices(source, network_files(context).smpl_file, self.frame_rate, self.up)
        preferred, folder, keep_ready = core_python(context), private_folder(), keep_ready_s(context)
        self._conversion = Conversion(lambda report: prepare_worker(preferred, folder, report, keep_ready), choices)
        self.session = self._conversion.session

    def conclude(self, context: Any) -> set[str]:
        """Build the scene from an ended conversion's result."""
        assert self._conversion is not None
        session = self._conversion.session
        MESSAGES.log = session.log
        paths = session.result().paths
        assembly = build_motions(context, self._scene_mark, "the import", paths, None)
        MESSAGES.warnings = [*session.warnings, *assembly.notes]
        for warning in MESSAGES.warnings:
            self.report({"WARNING"}, warning)
        self.report({"INFO"}, reported("The motion of {} is keyed.", self._conversion.choices.source.name))
        return FINISHED

    def clean_up(self) -> None:
        """Take the temporary files away."""
        if self._conversion is not None:
            self._conversion.close()
