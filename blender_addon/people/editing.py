"""The operators that set the list of found people right: split one, join several."""

from pathlib import Path
from typing import Any

import bpy

from ...core.errors import OptionError
from ..messages import MESSAGES
from ..operator_base import FINISHED, JointwiseOperator
from ..running import check_nothing_runs
from .pieces import decode_pieces, join_people, split_person
from .properties import set_pieces
from .shown_frame import shown_frame


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
