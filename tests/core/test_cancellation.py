import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.cancellation import Cancellation, run_cancellable
from core.errors import CancelledError

ROOT = Path(__file__).parents[2]

STUCK_WRITER = """
import sys, time
from pathlib import Path
from core.cancellation import end_process, listen_for_cancel, run_cancellable
from core.errors import CancelledError
from core.whole_file import whole_file

def write_and_never_look_up():
    with whole_file(Path(sys.argv[1])) as partial:
        partial.write_text("half")
        print("writing", flush=True)
        time.sleep(60)

try:
    run_cancellable(write_and_never_look_up, listen_for_cancel())
except CancelledError as error:
    end_process(error.exit_code)
"""


def test_the_line_cancel_is_heard():
    cancellation = Cancellation()
    cancellation._read_lines(io.StringIO("hello\n cancel \n"))
    assert cancellation.is_requested
    with pytest.raises(CancelledError):
        cancellation.check()


@pytest.mark.parametrize("text", ["", "\n", "cancelled\n", "do not cancel\n"])
def test_an_empty_or_other_stdin_means_nothing(text):
    cancellation = Cancellation()
    cancellation._read_lines(io.StringIO(text))
    cancellation.check()


def test_cancellable_work_is_done_when_the_call_returns():
    done = []
    run_cancellable(lambda: done.append(1), Cancellation())
    assert done == [1]


def test_what_the_work_raises_arrives():
    with pytest.raises(ZeroDivisionError):
        run_cancellable(lambda: 1 / 0, Cancellation())


def test_work_that_checks_is_waited_for():
    cancellation = Cancellation()
    steps = []

    def work():
        while True:
            steps.append(1)
            if len(steps) == 3:
                cancellation.request()
            cancellation.check()

    with pytest.raises(CancelledError):
        run_cancellable(work, cancellation)
    assert len(steps) == 3


@pytest.mark.parametrize("how", ["line", "SIGINT", "SIGTERM"])
@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals, and keeps open files.")
def test_work_that_never_looks_up_is_left_behind_without_its_half_written_file(tmp_path, how):
    process = subprocess.Popen(
        [sys.executable, "-c", STUCK_WRITER, str(tmp_path / "result.txt")],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout.readline() == "writing\n"
    assert len(list(tmp_path.iterdir())) == 1
    asked = time.monotonic()
    if how == "line":
        process.stdin.write("cancel\n")
        process.stdin.flush()
    else:
        process.send_signal(getattr(signal, how))
    assert process.wait(timeout=10) == 130
    assert time.monotonic() - asked < 2
    assert list(tmp_path.iterdir()) == []
    process.communicate()
