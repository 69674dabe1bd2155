"""The operators: read settings, call a module, report."""

from typing import Any

import bpy

from ..core.errors import OptionError, SceneError
from .capture_tags import captured_armature, read_tag
from .core_run import CoreRunOperator
from .estimate_run import ClipEstimate
from .messages import MESSAGES
from .operator_base import FINISHED, JointwiseOperator
from .preference_values import network_files
from .properties import to_assembly_options
from .running import current_session
from .scene_assembly import assemble_motions
from .scene_paths import absolute_path
from .scene_rate import set_scene_rate
from .wording import reported


class JOINTWISE_OT_estimate(CoreRunOperator, bpy.types.Operator):
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

    _clip: ClipEstimate | None = None

    def begin(self, context: Any) -> None:
        """Start the estimate."""
        settings = context.scene.jointwise
        video = absolute_path(self.filepath or settings.filepath)
        if video is None:
            raise OptionError("No video is chosen.", "Choose a video file first.")
        self._clip = ClipEstimate(context, video, absolute_path(self.motion_path or settings.motion_path))
        self.session = self._clip.session

    def conclude(self, context: Any) -> set[str]:
        """Build the scene from the result."""
        assert self._clip is not None
        MESSAGES.warnings = list(self._clip.session.warnings)
        MESSAGES.warnings += self._clip.build(context).notes
        for warning in MESSAGES.warnings:
            self.report({"WARNING"}, warning)
        self.report({"INFO"}, reported("The motion of {} is keyed.", self._clip.video.name))
        return FINISHED

    def clean_up(self) -> None:
        """Take the temporary files away."""
        if self._clip is not None:
            self._clip.end()


class JOINTWISE_OT_cancel(JointwiseOperator, bpy.types.Operator):
    """Stop what runs; the scene stays as it is, and what a queue has finished is kept"""

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
