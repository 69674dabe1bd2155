"""The operators that find the people of a video, and set their list right: split one, join several."""

from pathlib import Path
from typing import Any

import bpy

from ...core.errors import OptionError, SceneError, WorkerError
from ..core_run import CoreRunOperator
from ..estimate_session import EstimateSession, WorkFolder
from ..messages import MESSAGES
from ..operator_base import FINISHED, JointwiseOperator
from ..preference_values import core_python, keep_ready_s, network_files, private_folder
from ..running import begin, check_nothing_runs
from ..scene_mark import find_scene, mark_scene
from ..scene_paths import absolute_path
from ..wording import reported
from ..worker_runtime import prepare_worker
from .pieces import decode_pieces, join_people, split_person
from .properties import set_pieces, show_people
from .shown_frame import shown_frame


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
        preferred, folder, keep_ready = core_python(context), private_folder(), keep_ready_s(context)
        self.session = EstimateSession(lambda report: prepare_worker(preferred, folder, report, keep_ready), arguments)
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
        count = len(people.people)
        template = "{} person was found in {}." if count == 1 else "{} people were found in {}."
        self.report({"INFO"}, reported(template, count, self._video.name))
        return FINISHED

    def clean_up(self) -> None:
        """Remove the pictures' files; Blender has them by now."""
        if self._folder is not None:
            self._folder.remove()


class JOINTWISE_OT_split_person(JointwiseOperator, bpy.types.Operator):
    """Make two people of this one at the frame that is shown, for when the wrong one is followed from there on"""

    bl_idname = "jointwise.split_person"
    bl_label = "Split Person at Current Frame"
    bl_options = {"REGISTER", "UNDO"}

    number: bpy.props.IntProperty(name="Person", description="Number of the person in the list", min=1, default=1)
    frame: bpy.props.IntProperty(
        name="Frame",
        description="First frame of the video, counted from 0, that is the second one's; -1 for the one shown now",
        min=-1,
        default=-1,
        options={"SKIP_SAVE"},
    )

    def run(self, context: Any) -> set[str]:
        """Split."""
        MESSAGES.clear()
        check_nothing_runs()
        settings = context.scene.jointwise
        people = settings.found_people
        index = next((index for index, person in enumerate(people) if person.rank == self.number), None)
        if index is None:
            raise OptionError(f"There is no person {self.number} in the list.", "Find the people of the video first.")
        frame = self.frame
        if frame < 0:
            frame = shown_frame(context.scene, Path(settings.found_in), people[index].frame_rate_hz)
        before, after = split_person(decode_pieces(people[index].pieces), frame)
        added = people.add()
        # Adding may move the others in memory.
        person = people[index]
        added.rank = max(other.rank for other in people) + 1
        added.color, added.frame_rate_hz, added.is_chosen = person.color, person.frame_rate_hz, person.is_chosen
        set_pieces(person, before)
        set_pieces(added, after)
        self.report({"INFO"}, f"Person {person.rank} ends before frame {frame}; person {added.rank} begins there.")
        people.move(len(people) - 1, index + 1)
        return FINISHED


class JOINTWISE_OT_join_people(JointwiseOperator, bpy.types.Operator):
    """Make one person of all who are ticked; no two of them may be seen at the same time"""

    bl_idname = "jointwise.join_people"
    bl_label = "Join Ticked People"
    bl_options = {"REGISTER", "UNDO"}

    def run(self, context: Any) -> set[str]:
        """Join."""
        MESSAGES.clear()
        check_nothing_runs()
        people = context.scene.jointwise.found_people
        ticked = [index for index, person in enumerate(people) if person.is_chosen]
        if len(ticked) < 2:
            raise OptionError("Fewer than two people are ticked.", "Tick those who are the same person.")
        joined = join_people([decode_pieces(people[index].pieces) for index in ticked])
        kept = min(ticked, key=lambda index: people[index].rank)
        set_pieces(people[kept], joined)
        number = people[kept].rank
        for index in reversed(ticked):
            if index != kept:
                people.remove(index)
        self.report({"INFO"}, f"{len(ticked)} people are now person {number}.")
        return FINISHED


def people_arguments(video: Path, start: int, end: int, folder: Path, detector_weights: Path | None) -> list[str]:
    """Return the core's command line; the end is 0 for the whole video."""
    arguments = ["people", str(video), "--start", str(start), "--thumbnails", str(folder)]
    if end:
        arguments += ["--end", str(end)]
    if detector_weights is not None:
        arguments += ["--detector-weights", str(detector_weights)]
    return [*arguments, "--json"]
