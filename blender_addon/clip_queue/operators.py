"""The operators of the queue: choose clips, forget them, estimate them one after the other."""

from pathlib import Path
from typing import Any

import bpy

from ...core.errors import CancelledError, OptionError, SceneError
from ..core_run import RUNNING, CoreRunOperator
from ..estimate_run import ClipEstimate
from ..messages import MESSAGES
from ..operator_base import FINISHED, JointwiseOperator, sentence_of
from ..running import check_nothing_runs, current_session
from ..scene_mark import find_scene, mark_scene
from ..scene_paths import absolute_path
from ..wording import reported
from .motion_files import motion_paths
from .properties import add_clips, mark_clip, unfinished_videos


class JOINTWISE_OT_queue_clips(JointwiseOperator, bpy.types.Operator):
    """Choose several videos, to estimate them one after the other"""

    bl_idname = "jointwise.queue_clips"
    bl_label = "Add Clips"
    bl_options = {"REGISTER", "UNDO"}

    files: bpy.props.CollectionProperty(
        name="Videos", type=bpy.types.OperatorFileListElement, options={"HIDDEN", "SKIP_SAVE"}
    )
    directory: bpy.props.StringProperty(name="Folder", subtype="DIR_PATH", options={"HIDDEN", "SKIP_SAVE"})
    filter_movie: bpy.props.BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})
    filter_folder: bpy.props.BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Ask for the files, in the folder of the panel's video."""
        video = absolute_path(context.scene.jointwise.filepath)
        if video is not None and not self.directory:
            self.directory = str(video.parent)
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def run(self, context: Any) -> set[str]:
        """Put the files into the queue."""
        MESSAGES.clear()
        check_nothing_runs()
        folder = absolute_path(self.directory)
        names = [file.name for file in self.files if file.name]
        if folder is None or not names:
            raise OptionError("No clip is chosen.", "Select one or several video files.")
        add_clips(context.scene.jointwise.queue, [folder / name for name in names])
        return FINISHED


class JOINTWISE_OT_clear_queue(JointwiseOperator, bpy.types.Operator):
    """Empty the queue; what was keyed stays"""

    bl_idname = "jointwise.clear_queue"
    bl_label = "Clear Queue"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Only while nothing runs."""
        return current_session() is None and bool(context.scene.jointwise.queue)

    def run(self, context: Any) -> set[str]:
        """Empty it."""
        context.scene.jointwise.queue.clear()
        return FINISHED


class JOINTWISE_OT_estimate_queue(CoreRunOperator, bpy.types.Operator):
    """Estimate all clips of the queue with the panel's settings, each into a collection of its own"""

    bl_idname = "jointwise.estimate_queue"
    bl_label = "Estimate Queue"
    bl_options = {"UNDO"}

    _clip: ClipEstimate | None = None

    def begin(self, context: Any) -> None:
        """Start the first clip that can be started."""
        settings = context.scene.jointwise
        videos = unfinished_videos(settings.queue)
        if not videos:
            raise OptionError("No clip waits in the queue.", "Add clips first.")
        for clip in settings.queue:
            if clip.state != "done":
                clip.state, clip.message = "waiting", ""
        self._scene_mark = mark_scene(context.scene)
        self._waiting = list(zip(videos, motion_paths(absolute_path(settings.motion_path), videos), strict=True))
        self._done: list[Path] = []
        self._failures: list[str] = []
        if not self._start_next(context):
            self._finish(is_cancelled=False)

    def conclude(self, context: Any) -> set[str]:
        """Build the ended clip's scene and start the next clip; at the end say what went wrong."""
        clip = self._clip
        assert clip is not None
        # Ending a session cancels it, too.
        is_cancelled = clip.session.is_cancelling
        try:
            notes = [*clip.session.warnings, *clip.build(context).notes]
        except CancelledError:
            self._mark(clip.video, "running", "waiting")
        except Exception as error:  # the other clips must not suffer; the sentence is shown at the end
            self._fail_clip(clip.video, error)
        else:
            self._done.append(clip.video)
            self._mark(clip.video, "running", "done")
            MESSAGES.warnings += [f"{clip.video.name}: {note}" for note in notes]
        finally:
            clip.end()
        if is_cancelled or not self._start_next(context):
            return self._finish(is_cancelled)
        return RUNNING

    def clean_up(self) -> None:
        """Take the temporary files away; clips that were running wait again."""
        if self._clip is not None:
            self._clip.end()
            self._mark(self._clip.video, "running", "waiting")

    def _start_next(self, context: Any) -> bool:
        """Start the next clip whose settings can be used; return False when none is left."""
        scene = find_scene(self._scene_mark)
        while self._waiting:
            video, motion_path = self._waiting.pop(0)
            self._mark(video, "waiting", "running")
            try:
                if scene is None:
                    raise SceneError("The scene in which the queue was started does not exist any more.")
                with context.temp_override(scene=scene):
                    self._clip = ClipEstimate(bpy.context, video, motion_path)
            except Exception as error:  # as above
                self._fail_clip(video, error)
                continue
            self.session = self._clip.session
            return True
        return False

    def _fail_clip(self, video: Path, error: Exception) -> None:
        sentence = sentence_of(error)
        # Many of the core's sentences begin with the clip's name.
        self._failures.append(sentence if sentence.startswith(video.name) else f"{video.name}: {sentence}")
        self._mark(video, "running", "failed", sentence)

    def _mark(self, video: Path, former: str, state: str, message: str = "") -> None:
        scene = find_scene(self._scene_mark)
        if scene is not None:
            mark_clip(scene.jointwise.queue, video, former, state, message)

    def _finish(self, is_cancelled: bool) -> set[str]:
        """Say how it went; what is done stays, also after a cancel."""
        MESSAGES.warnings = [*self._failures, *MESSAGES.warnings]
        if not self._done and is_cancelled:
            raise CancelledError
        if not self._done:
            raise OptionError(f"None of the clips could be estimated. {self._failures[0]}")
        for warning in MESSAGES.warnings:
            self.report({"WARNING"}, warning)
        self.report({"INFO"}, reported("The motions of {} clips are keyed.", len(self._done)))
        return FINISHED
