"""One clip on its way from the video to the scene, with the scene's settings: for one video and for a queue."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bpy

from ..core.errors import SceneError
from ..core.protocol import Result
from .estimate_session import EstimateSession, WorkFolder
from .messages import MESSAGES
from .preference_values import core_python, keep_ready_s, network_files, private_folder
from .properties import estimate_arguments, to_assembly_options, to_settings
from .running import begin, finish
from .scene_assembly import Assembly, assemble_motions
from .scene_mark import SceneMark, find_scene, mark_scene
from .status.report import engines_of
from .worker_runtime import prepare_worker


class ClipEstimate:
    """An estimate of one clip for the current scene; starts at once, and nothing slow happens here.

    Args:
        motion_path: where to keep the motion file; None to keep none.
    Attributes:
        session: the run of the core, the one that runs now.
    Raises:
        JointwiseError: the settings cannot be used; nothing was started.
    """

    def __init__(self, context: Any, video: Path, motion_path: Path | None) -> None:
        self.video = video
        self._scene_mark = mark_scene(context.scene)
        files = network_files(context)
        self._folder = WorkFolder()
        try:
            output = motion_path or self._folder.path / "motion.npz"
            arguments = estimate_arguments(to_settings(context.scene.jointwise, video, output, files))
        except BaseException:
            self._folder.remove()
            raise
        preferred, folder, keep_ready = core_python(context), private_folder(), keep_ready_s(context)
        self.session = EstimateSession(lambda report: prepare_worker(preferred, folder, report, keep_ready), arguments)
        begin(self.session)

    def build(self, context: Any) -> Assembly:
        """Build the ended session's result into the scene in which it was started.

        Raises:
            JointwiseError: the core's error, or the scene is gone.
        """
        try:
            result: Result = self.session.result()
        finally:
            MESSAGES.log = self.session.log
        MESSAGES.engines = engines_of(Path(result.paths[0]))
        return build_motions(context, self._scene_mark, "the estimate", result.paths, self.video)

    def end(self) -> None:
        """End the session and take the temporary files away; harmless when called twice."""
        finish(self.session)
        self._folder.remove()


def build_motions(context: Any, scene_mark: SceneMark, work: str, paths: Sequence[str], video: Path | None) -> Assembly:
    """Build motion files into the scene that was marked, with its settings.

    Args:
        work: what was started in it, such as `the import`.
    Raises:
        JointwiseError: a file cannot be used, or the scene is gone.
    """
    scene = find_scene(scene_mark)
    if scene is None:
        raise SceneError(f"The scene in which {work} was started does not exist any more.")
    with context.temp_override(scene=scene, view_layer=_view_layer(context, scene)):
        options = to_assembly_options(scene.jointwise, network_files(context))
        return assemble_motions(bpy.context, paths, video, options)


def _view_layer(context: Any, scene: Any) -> Any:
    return context.view_layer if context.scene == scene else scene.view_layers[0]
