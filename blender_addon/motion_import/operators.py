"""The operator that imports motion: asks for the file, has the core convert it, builds the scene."""

from typing import Any, Final

import bpy

from ...core.errors import OptionError, SceneError
from ...core.protocol import Status
from ..messages import MESSAGES
from ..operator_base import CANCELLED, FINISHED, JointwiseOperator
from ..preference_values import core_python, network_files, private_folder
from ..properties import to_assembly_options
from ..running import check_nothing_runs
from ..scene_assembly import assemble_motions
from ..scene_paths import absolute_path
from ..view_framing import frame_selected
from ..worker_runtime import prepare_worker
from .conversion import Conversion, ImportChoices

TIMER_INTERVAL_S: Final = 0.1


class JOINTWISE_OT_import_motion(JointwiseOperator, bpy.types.Operator):
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

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Ask for the file where none is given; with one, start the core and return, and let a timer follow it."""
        if bpy.app.background:
            # Without windows there are no timers.
            return self.execute(context)
        self._asks = not self.filepath
        if not self._asks:
            return self.guarded(self._begin_modal, context)
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: Any) -> set[str]:
        """Run the import to its end; or, after the file browser, hand over to a run that does not block."""
        if not getattr(self, "_asks", False):
            return super().execute(context)
        choices = {"filepath": self.filepath, "frame_rate": self.frame_rate, "up": self.up}
        bpy.ops.jointwise.import_motion("INVOKE_DEFAULT", **choices)
        # The undo step is the other run's.
        return CANCELLED

    def run(self, context: Any) -> set[str]:
        """Convert and build."""
        self._start(context)
        try:
            self._conversion.session.wait(_print_status)
            return self._finish(context)
        finally:
            self._end(context)

    def modal(self, context: Any, event: Any) -> set[str]:
        """Follow the core; build the scene when it has ended."""
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        _redraw_sidebars(context)
        if not self._conversion.session.poll():
            return {"PASS_THROUGH"}
        try:
            finished = self.guarded(self._finish, context)
            if finished == FINISHED:
                frame_selected(context)
            return finished
        finally:
            self._end(context)
            _redraw_sidebars(context)

    def cancel(self, context: Any) -> None:
        """Blender ends the operator itself: another file is loaded, or Blender quits; or no file was chosen."""
        if hasattr(self, "_conversion"):
            self._end(context)

    def _begin_modal(self, context: Any) -> set[str]:
        self._start(context)
        manager = context.window_manager
        self._timer = manager.event_timer_add(TIMER_INTERVAL_S, window=context.window)
        manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def _start(self, context: Any) -> None:
        MESSAGES.clear()
        check_nothing_runs()
        self._timer = None
        self._scene_name = context.scene.name
        source = absolute_path(self.filepath)
        if source is None:
            raise OptionError("No file is chosen.", "Choose the motion to import first.")
        choices = ImportChoices(source, network_files(context).smpl_file, self.frame_rate, self.up)
        preferred, folder = core_python(context), private_folder()
        self._conversion = Conversion(lambda report: prepare_worker(preferred, folder, report), choices)

    def _finish(self, context: Any) -> set[str]:
        """Build the scene from an ended conversion's result."""
        session = self._conversion.session
        MESSAGES.log = session.log
        paths = session.result().paths
        scene = bpy.data.scenes.get(self._scene_name)
        if scene is None:
            raise SceneError("The scene in which the import was started does not exist any more.")
        layer = context.view_layer if context.scene == scene else scene.view_layers[0]
        with context.temp_override(scene=scene, view_layer=layer):
            options = to_assembly_options(scene.jointwise, network_files(context))
            assembly = assemble_motions(bpy.context, paths, None, options)
        MESSAGES.warnings = [*session.warnings, *assembly.notes]
        for warning in MESSAGES.warnings:
            self.report({"WARNING"}, warning)
        self.report({"INFO"}, f"The motion of {self._conversion.choices.source.name} is keyed.")
        return FINISHED

    def _end(self, context: Any) -> None:
        """Free everything that belongs to the run; harmless when called twice."""
        self._conversion.close()
        if self._timer is not None:
            context.window_manager.event_timer_remove(self._timer)
            self._timer = None


def _print_status(status: Status) -> None:
    """Show progress where no panel can: in the terminal of a background run."""
    print(f"Jointwise: {status.stage}", flush=True)


def _redraw_sidebars(context: Any) -> None:
    for window in context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                area.tag_redraw()
