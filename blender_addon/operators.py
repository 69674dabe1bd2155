"""The operators: read settings, call a module, report."""

from typing import Any, Final

import bpy

from ..core.errors import JointwiseError, OptionError, SceneError
from ..core.protocol import Result, Status
from .capture_tags import captured_armature, read_tag
from .estimate_session import EstimateSession, WorkFolder
from .messages import MESSAGES
from .operator_base import FINISHED, JointwiseOperator, absolute_path
from .panels import progress_text
from .preference_values import core_python, network_files
from .preferences import private_folder
from .properties import estimate_arguments, to_assembly_options, to_settings
from .running import begin, check_nothing_runs, current_session, finish
from .scene_assembly import assemble_motions
from .scene_rate import set_scene_rate
from .view_framing import frame_selected
from .worker_runtime import prepare_worker

TIMER_INTERVAL_S: Final = 0.1


class JOINTWISE_OT_estimate(JointwiseOperator, bpy.types.Operator):
    """Estimate the motion of a person in a video and key it on a new armature"""

    bl_idname = "jointwise.estimate"
    bl_label = "Estimate from Video"
    # Without REGISTER: a change in the panel of the last operation would run the whole estimate again.
    bl_options = {"UNDO"}

    filepath: bpy.props.StringProperty(
        name="Video",
        description="The video; empty: the one chosen in the panel",
        subtype="FILE_PATH",
        options={"SKIP_SAVE"},
    )
    motion_path: bpy.props.StringProperty(
        name="Motion File",
        description="Where to keep the motion file; empty: as the panel says",
        subtype="FILE_PATH",
        options={"SKIP_SAVE"},
    )

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Start the core and return; a timer follows its progress while Blender stays usable."""
        if bpy.app.background:
            # Without windows there are no timers.
            return self.execute(context)
        return self.guarded(self._begin_modal, context)

    def run(self, context: Any) -> set[str]:
        """Run the estimate to its end."""
        self._start(context)
        try:
            self._session.wait(_print_status)
            return self._finish(context)
        finally:
            self._end(context)

    def modal(self, context: Any, event: Any) -> set[str]:
        """Follow the core's progress; build the scene when it has ended."""
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        _redraw_sidebars(context)
        if not self._session.poll():
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
        """Blender ends the operator itself: another file is loaded, or Blender quits."""
        self._end(context)

    def _begin_modal(self, context: Any) -> set[str]:
        self._start(context)
        manager = context.window_manager
        self._timer = manager.event_timer_add(TIMER_INTERVAL_S, window=context.window)
        manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def _start(self, context: Any) -> None:
        """Check the settings and start the session; nothing slow happens here."""
        MESSAGES.clear()
        check_nothing_runs()
        settings = context.scene.jointwise
        self._timer = None
        self._scene_name = context.scene.name
        video = absolute_path(self.filepath or settings.filepath)
        if video is None:
            raise OptionError("No video is chosen.", "Choose a video file first.")
        self._video = video
        self._work_folder = WorkFolder()
        output = absolute_path(self.motion_path or settings.motion_path) or self._work_folder.path / "motion.npz"
        preferred, folder = core_python(context), private_folder()
        try:
            arguments = estimate_arguments(to_settings(settings, self._video, output, network_files(context)))
        except JointwiseError:
            self._work_folder.remove()
            raise
        self._session = EstimateSession(lambda report: prepare_worker(preferred, folder, report), arguments)
        begin(self._session)

    def _finish(self, context: Any) -> set[str]:
        """Build the scene from an ended session's result."""
        try:
            result: Result = self._session.result()
        finally:
            MESSAGES.log = self._session.log
            MESSAGES.warnings = list(self._session.warnings)
        scene = bpy.data.scenes.get(self._scene_name)
        if scene is None:
            raise SceneError("The scene in which the estimate was started does not exist any more.")
        with context.temp_override(scene=scene, view_layer=_view_layer(context, scene)):
            options = to_assembly_options(scene.jointwise, network_files(context))
            assembly = assemble_motions(bpy.context, result.paths, self._video, options)
        MESSAGES.warnings += assembly.notes
        for warning in MESSAGES.warnings:
            self.report({"WARNING"}, warning)
        self.report({"INFO"}, f"The motion of {self._video.name} is keyed.")
        return FINISHED

    def _end(self, context: Any) -> None:
        """Free everything that belongs to the run; harmless when called twice."""
        finish(self._session)
        self._work_folder.remove()
        if self._timer is not None:
            context.window_manager.event_timer_remove(self._timer)
            self._timer = None


class JOINTWISE_OT_cancel(JointwiseOperator, bpy.types.Operator):
    """Stop the running estimate; the scene stays as it is"""

    bl_idname = "jointwise.cancel"
    bl_label = "Cancel"

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Only while an estimate runs."""
        return current_session() is not None

    def run(self, _context: Any) -> set[str]:
        """Ask the core to stop; the running operator sees it through."""
        session = current_session()
        if session is not None:
            session.cancel()
        return FINISHED


class JOINTWISE_OT_load_motion(JointwiseOperator, bpy.types.Operator):
    """Build the scene from a motion file that was estimated before"""

    bl_idname = "jointwise.load_motion"
    bl_label = "Load Motion File"
    bl_options = {"REGISTER", "UNDO"}

    filepath: bpy.props.StringProperty(name="Motion File", subtype="FILE_PATH", options={"SKIP_SAVE"})
    video_path: bpy.props.StringProperty(
        name="Video",
        description="The video to show behind the scene; may be empty",
        subtype="FILE_PATH",
        options={"SKIP_SAVE"},
    )
    filter_glob: bpy.props.StringProperty(default="*.npz", options={"HIDDEN"})

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Ask for the file."""
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def run(self, context: Any) -> set[str]:
        """Load and build."""
        MESSAGES.clear()
        path = absolute_path(self.filepath)
        if path is None:
            raise OptionError("No motion file is chosen.")
        options = to_assembly_options(context.scene.jointwise, network_files(context))
        assembly = assemble_motions(context, [path], absolute_path(self.video_path), options)
        MESSAGES.warnings = assembly.notes
        return FINISHED


class JOINTWISE_OT_set_scene_rate(JointwiseOperator, bpy.types.Operator):
    """Give the scene the video's frame rate and move the captured keys along, so that each pose keeps its time"""

    bl_idname = "jointwise.set_scene_rate"
    bl_label = "Set Scene Rate"
    bl_options = {"REGISTER", "UNDO"}

    def run(self, context: Any) -> set[str]:
        """Set the rate of the captured armature's video."""
        MESSAGES.clear()
        tag = read_tag(captured_armature(context))
        if tag is None:
            raise SceneError("No captured armature is selected.", "Click on the armature first.")
        set_scene_rate(context.scene, tag.frame_rate_hz)
        return FINISHED


class JOINTWISE_OT_copy_log(JointwiseOperator, bpy.types.Operator):
    """Copy the log of the last run, for a bug report"""

    bl_idname = "jointwise.copy_log"
    bl_label = "Copy Log"

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Only when there is a log."""
        return bool(MESSAGES.log)

    def run(self, context: Any) -> set[str]:
        """Put the log on the clipboard."""
        context.window_manager.clipboard = f"{MESSAGES.error}\n{MESSAGES.log}"
        return FINISHED


def _view_layer(context: Any, scene: Any) -> Any:
    return context.view_layer if context.scene == scene else scene.view_layers[0]


def _print_status(status: Status) -> None:
    """Show progress where no panel can: in the terminal of a background run."""
    print(f"Jointwise: {progress_text(status)}", flush=True)


def _redraw_sidebars(context: Any) -> None:
    for window in context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                area.tag_redraw()
