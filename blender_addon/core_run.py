"""What operators share whose work the core does: run to the end for scripts, behind a timer from the panel."""

from typing import Any, Final

import bpy

from ..core.protocol import Status
from .estimate_session import EstimateSession
from .messages import MESSAGES
from .operator_base import FINISHED, JointwiseOperator
from .progress import progress_text
from .running import check_nothing_runs, finish
from .view_framing import frame_selected

TIMER_INTERVAL_S: Final = 0.1
RUNNING: Final = {"RUNNING_MODAL"}


class CoreRunOperator(JointwiseOperator):
    """An operator that starts the core in `begin`, uses its result in `conclude`, and lets go in `clean_up`.

    Attributes:
        session: the run of the core; `begin` sets it, and `conclude` may set a further one.
        frames_result: whether the 3D views go to what was made, when the panel started it.
    """

    session: EstimateSession | None = None
    frames_result = True
    _timer: Any = None

    def begin(self, context: Any) -> None:
        """Check everything and start the core; nothing slow. May raise JointwiseError."""
        raise NotImplementedError

    def conclude(self, context: Any) -> set[str]:
        """Use the ended session; return RUNNING after another one was started. May raise JointwiseError."""
        raise NotImplementedError

    def clean_up(self) -> None:
        """Free what belongs to the run besides its session; called once or twice, whatever happened."""

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Start the core and return; a timer follows its progress while Blender stays usable."""
        if bpy.app.background:
            # Without windows there are no timers.
            return self.execute(context)
        return self.guarded(self._begin_modal, context)

    def run(self, context: Any) -> set[str]:
        """Run the core to its end."""
        try:
            self._begin(context)
            result = RUNNING
            while result == RUNNING:
                assert self.session is not None
                self.session.wait(print_status)
                result = self.conclude(context)
            return result
        finally:
            self._end(context)

    def modal(self, context: Any, event: Any) -> set[str]:
        """Follow the core's progress; conclude when it has ended."""
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        _redraw_sidebars(context)
        if self.session is not None and not self.session.poll():
            return {"PASS_THROUGH"}
        result = {"CANCELLED"}
        try:
            result = self.guarded(self.conclude, context)
            if result == FINISHED and self.frames_result:
                frame_selected(context)
            return result
        finally:
            if result != RUNNING:
                self._end(context)
            _redraw_sidebars(context)

    def cancel(self, context: Any) -> None:
        """Blender ends the operator itself: another file is loaded, or Blender quits."""
        self._end(context)

    def _begin(self, context: Any) -> None:
        MESSAGES.clear()
        check_nothing_runs()
        self.begin(context)

    def _begin_modal(self, context: Any) -> set[str]:
        try:
            self._begin(context)
        except BaseException:
            self._end(context)
            raise
        manager = context.window_manager
        self._timer = manager.event_timer_add(TIMER_INTERVAL_S, window=context.window)
        manager.modal_handler_add(self)
        return RUNNING

    def _end(self, context: Any) -> None:
        """Free everything that belongs to the run; harmless when called twice."""
        if self.session is not None:
            finish(self.session)
        self.clean_up()
        if self._timer is not None:
            context.window_manager.event_timer_remove(self._timer)
            self._timer = None


def print_status(status: Status) -> None:
    """Show progress where no panel can: in the terminal of a background run."""
    print(f"Jointwise: {progress_text(status)}", flush=True)


def _redraw_sidebars(context: Any) -> None:
    for window in context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                area.tag_redraw()
