"""The operator that finds the people of a video."""

from pathlib import Path
from typing import Any

import bpy

from ...core.errors import OptionError, SceneError, WorkerError
from ..core_run import CoreRunOperator
from ..estimate_session import EstimateSession, WorkFolder
from ..messages import MESSAGES
from ..operator_base import FINISHED
from ..preference_values import core_python, network_files, private_folder
from ..running import begin
from ..scene_mark import find_scene, mark_scene
from ..scene_paths import absolute_path
from ..worker_runtime import prepare_worker
from .properties import show_people


class JOINTWISE_OT_find_people(CoreRunOperator, bpy.types.Operator):
    """Find everybody in the video, to choose whose motion to estimate"""

    bl_idname = "jointwise.find_people"
    bl_label = "Find People"
    bl_options = {"UNDO"}

    filepath: bpy.props.StringProperty(
        name="Video",
        description="The video; empty: the one chosen in the panel",
        subtype="FILE_PATH",
        options={"SKIP_SAVE"},
    )

    frames_result = False
    _folder: WorkFolder | None = None

    def begin(self, context: Any) -> None:
        """Start the scan."""
        settings = context.scene.jointwise
        video = absolute_path(self.filepath or settings.filepath)
        if video is None:
            raise OptionError("No video is chosen.", "Choose a video file first.")
        self._video = video
        self._scene_mark = mark_scene(context.scene)
        self._folder = WorkFolder()
        detector = network_files(context).detector_weights
        arguments = people_arguments(video, settings.start, settings.end, self._folder.path, detector)
        preferred, folder = core_python(context), private_folder()
        self.session = EstimateSession(lambda report: prepare_worker(preferred, folder, report), arguments)
        begin(self.session)

    def conclude(self, _context: Any) -> set[str]:
        """Show whom the core found."""
        assert self.session is not None
        try:
            self.session.result()
        finally:
            MESSAGES.log = self.session.log
            MESSAGES.warnings = list(self.session.warnings)
        people = self.session.people
        if people is None:
            raise WorkerError("The core did not say whom it found.", "Install the Jointwise zip again.")
        scene = find_scene(self._scene_mark)
        if scene is None:
            raise SceneError("The scene in which people were looked for does not exist any more.")
        show_people(scene.jointwise, self._video, people)
        found = "1 person was" if len(people.people) == 1 else f"{len(people.people)} people were"
        self.report({"INFO"}, f"{found} found in {self._video.name}.")
        return FINISHED

    def clean_up(self) -> None:
        """Remove the pictures' files; Blender has them by now."""
        if self._folder is not None:
            self._folder.remove()


def people_arguments(video: Path, start: int, end: int, folder: Path, detector_weights: Path | None) -> list[str]:
    """Return the core's command line; the end is 0 for the whole video."""
    arguments = ["people", str(video), "--start", str(start), "--thumbnails", str(folder)]
    if end:
        arguments += ["--end", str(end)]
    if detector_weights is not None:
        arguments += ["--detector-weights", str(detector_weights)]
    return [*arguments, "--json"]
