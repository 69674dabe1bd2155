"""The lines between core and add-on, both ways: what the add-on makes of a core that talks nonsense, and back."""

import io
import json
import os
import sys
import time
from pathlib import Path
from random import Random

from core.cancellation import Cancellation
from core.protocol import (
    Error,
    FoundPerson,
    Hello,
    People,
    Preview,
    Result,
    Status,
    Summary,
    VideoReport,
    Warning,
    encode_event,
)  # fmt: skip

from .addon import addon_module
from .inputs import Input, Kind, change_bytes, make_from_bytes

EVENTS = (
    Hello("0.1.0"),
    Status("track", 5, 20, 1.5),
    Preview("p.png", 3),
    Warning("gap", "A sentence."),
    People((FoundPerson(1, 0, 9, 0.3, (50, 90), (1, 2, 3), 4, (0.5, 0.5), None, ("4@0.5:0.5",)),)),
    VideoReport("a.mp4", "done", 1, 2),
    Summary({"done": 1}, "a.csv", "a.json", 2.0),
    Error("bad_video", "It is no video.", "Use another."),
    Result(("out.npz",), None, {"track": 1.0}),
)
LONGEST_RUN_S = 12.0


def event_seeds(_folder: Path) -> list[Input]:
    return [Input("stdout.txt", b"".join(encode_event(event).encode() + b"\n" for event in EVENTS))]


def make_events(rng: Random, corpus: list[Input]) -> Input:
    """Return lines of which some have a wrong type, or are no events at all."""
    if rng.random() < 0.25:
        return make_from_bytes(rng, corpus)
    lines = []
    for event in rng.sample(EVENTS, rng.randint(1, len(EVENTS))):
        fields = json.loads(encode_event(event))
        for _ in range(rng.randint(0, 2)):
            wrong = (None, -1, 1e400, 10**40, "", "soon", [], {}, [[]], True, "\ud800", {"a": []}, "x" * 70_000)
            fields[rng.choice(sorted(fields))] = rng.choice(wrong)
        if rng.random() < 0.2:
            fields.pop(rng.choice(sorted(fields)))
        line = json.dumps(fields).encode()
        lines.append(change_bytes(rng, line, [line]) if rng.random() < 0.1 else line)
    if rng.random() < 0.2:
        lines.insert(
            rng.randrange(len(lines)), rng.choice((b"[" * 100_000, b"\xff\xfe\0", b"{}", b"null", b"", b"NaN"))
        )
    return Input("stdout.txt", b"\n".join(lines) + rng.choice((b"", b"\n")))


def read_events(path: Path) -> None:
    """Run a process that says these lines, and follow it as the panel does."""
    runtime, session_module = addon_module("worker_runtime"), addon_module("estimate_session")
    code = f"import sys; sys.stdout.buffer.write(open({path.name!r}, 'rb').read())"
    command = runtime.WorkerCommand((sys.executable, "-I", "-S", "-c", code), dict(os.environ), path.parent)
    session = session_module.EstimateSession(lambda _report: command, [])
    deadline_s = time.monotonic() + LONGEST_RUN_S
    try:
        while not session.poll():
            check_status(session.status)
            assert time.monotonic() < deadline_s, "the session did not end"
            time.sleep(0.005)
        check_status(session.status)
        for warning in session.warnings:
            assert isinstance(warning, str)
        for person in session.people.people if session.people else ():
            assert len(f"{person.seconds:.1f} {person.place_text} {person.box_size[0] + person.box_size[1]}") > 3
        result = session.result()
        for made in result.paths:
            Path(made)
    finally:
        session.close()


def check_status(status: object) -> None:
    """Do with a status what the panel does."""
    assert isinstance(status.stage, str)
    share = status.frame / status.frame_count if status.frame_count else 0.0
    assert isinstance(share, float)
    if status.seconds_left is not None:
        divmod(max(0, round(status.seconds_left)), 60)


def command_seeds(_folder: Path) -> list[Input]:
    return [Input("stdin.txt", b"cancel\n"), Input("stdin.txt", b"\ncancel\r\nmore\n")]


def read_commands(path: Path) -> None:
    """Read the lines that the core gets on its stdin: only `cancel` cancels, and nothing stops the reader."""
    data = path.read_bytes()
    cancellation = Cancellation()
    stream = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8")
    cancellation._read_lines(stream)
    try:
        lines = data.decode().splitlines()
    except UnicodeDecodeError:
        return
    if cancellation.is_requested:
        assert "cancel" in data.decode()
    elif "cancel" in [line for line in lines if "\n" not in line] and data in (b"cancel\n", b"cancel"):
        raise AssertionError("a cancel was not obeyed")


KINDS = (
    Kind("core to add-on", 90, event_seeds, make_events, read_events, is_guided=False),
    Kind("add-on to core", 25, command_seeds, make_from_bytes, read_commands),
)
