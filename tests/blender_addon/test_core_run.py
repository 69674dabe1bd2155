"""The timer's way through a run of the core, as a window goes it, without a window."""

import time
from types import SimpleNamespace

import bpy
import pytest
from jointwise_ext.blender_addon import core_run, running
from jointwise_ext.blender_addon.core_run import RUNNING, CoreRunOperator
from jointwise_ext.blender_addon.estimate_session import EstimateSession
from jointwise_ext.blender_addon.messages import MESSAGES
from jointwise_ext.blender_addon.running import begin
from jointwise_ext.blender_addon.worker_runtime import prepare_worker
from jointwise_ext.core.errors import SceneError

TIMER = SimpleNamespace(type="TIMER")


class Manager:
    """A window manager that counts what it was given."""

    def __init__(self):
        self.windows, self.timers, self.handlers = [], [], []

    def event_timer_add(self, interval_s, window):
        self.timers.append("timer")
        return "timer"

    def event_timer_remove(self, timer):
        self.timers.remove(timer)

    def modal_handler_add(self, operator):
        self.handlers.append(operator)


class Run(CoreRunOperator):
    """Runs the core as often as asked, and keeps what happened."""

    def __init__(self, folder, run_count=1, error=None):
        self.folder, self.run_count, self.error = folder, run_count, error
        self.concluded, self.freed, self.reports = 0, 0, []

    def start(self):
        arguments = ["estimate", "--output", str(self.folder / f"{self.concluded}.npz")]
        self.session = EstimateSession(lambda report: prepare_worker("", self.folder, report), arguments)
        begin(self.session)

    def begin(self, _context):
        self.start()
        if self.error == "begin":
            raise SceneError("It cannot begin.")

    def conclude(self, _context):
        self.session.result()
        self.concluded += 1
        if self.error == "conclude":
            raise SceneError("It cannot be concluded.")
        running.finish(self.session)
        if self.concluded < self.run_count:
            self.start()
            return RUNNING
        return {"FINISHED"}

    def clean_up(self):
        self.freed += 1

    def report(self, kind, text):
        self.reports.append(text)


@pytest.fixture
def context(scene, fake_core, monkeypatch):
    monkeypatch.setattr(core_run, "frame_selected", lambda context: context.framed.append(True))
    MESSAGES.clear()
    return SimpleNamespace(window_manager=Manager(), window=None, scene=scene, framed=[])


def turn_the_clock(run, context, on_tick=lambda: None):
    """Send timer events until the operator ends; return what it then said."""
    for _ in range(600):
        on_tick()
        result = run.modal(context, TIMER)
        if result not in ({"PASS_THROUGH"}, RUNNING):
            return result
        assert len(context.window_manager.timers) == 1
        time.sleep(0.02)
    raise AssertionError("the operator did not end")


def assert_nothing_left(run, context):
    assert context.window_manager.timers == []
    assert run.freed >= 1
    assert running.current_session() is None


@pytest.mark.parametrize("run_count", [1, 3])
def test_the_timer_follows_each_run_of_the_core_and_goes_at_the_end(context, tmp_path, run_count):
    run = Run(tmp_path, run_count)
    assert run._begin_modal(context) == RUNNING
    assert context.window_manager.handlers == [run]
    assert turn_the_clock(run, context) == {"FINISHED"}
    assert run.concluded == run_count
    assert len(context.framed) == 1
    assert len(list(tmp_path.glob("[0-9].npz"))) == run_count
    assert_nothing_left(run, context)


def test_other_events_are_left_to_blender(context, tmp_path):
    run = Run(tmp_path)
    run._begin_modal(context)
    assert run.modal(context, SimpleNamespace(type="MOUSEMOVE")) == {"PASS_THROUGH"}
    run.cancel(context)
    assert_nothing_left(run, context)


def test_a_failure_at_the_beginning_leaves_nothing(context, tmp_path):
    run = Run(tmp_path, error="begin")
    assert run.guarded(run._begin_modal, context) == {"CANCELLED"}
    assert run.reports == ["It cannot begin."]
    assert context.window_manager.handlers == []
    assert_nothing_left(run, context)


def test_a_failure_at_the_end_is_the_panels_sentence(context, tmp_path):
    run = Run(tmp_path, error="conclude")
    run._begin_modal(context)
    assert turn_the_clock(run, context) == {"CANCELLED"}
    assert MESSAGES.error == "It cannot be concluded."
    assert context.framed == []
    assert_nothing_left(run, context)


def test_a_cancel_ends_it_within_a_few_ticks(context, tmp_path, fake_core):
    fake_core("slow")
    run = Run(tmp_path)
    run._begin_modal(context)
    assert turn_the_clock(run, context, bpy.ops.jointwise.cancel) == {"CANCELLED"}
    assert MESSAGES.error == ""
    assert_nothing_left(run, context)
