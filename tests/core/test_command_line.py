import io

import pytest

from core.command_line import main
from core.errors import VideoError
from core.protocol import Error, Hello, decode_event


def events(capsys: pytest.CaptureFixture[str]) -> tuple[list, str]:
    captured = capsys.readouterr()
    return [decode_event(line) for line in captured.out.splitlines()], captured.err


def raise_in_command(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def fail(*_):
        raise error

    monkeypatch.setattr("core.command_line._run_estimate", fail)


ESTIMATE = ["estimate", "clip.mp4", "--output", "o.npz", "--json"]


def test_an_error_is_an_event_a_line_and_its_exit_code(monkeypatch, capsys):
    raise_in_command(monkeypatch, VideoError("The video a\nb.mp4 does not exist.", "Check the path."))
    assert main(ESTIMATE) == 2
    told, stderr = events(capsys)
    assert isinstance(told[0], Hello)
    assert told[1] == Error("bad_video", "The video a\nb.mp4 does not exist.", "Check the path.")
    assert stderr == "The video a b.mp4 does not exist. Check the path.\n"


def test_a_defect_is_one_line_that_says_where(monkeypatch, capsys):
    raise_in_command(monkeypatch, ValueError("first line\nsecond line"))
    assert main(ESTIMATE) == 2
    _, stderr = events(capsys)
    assert len(stderr.splitlines()) == 1
    assert "ValueError: first line second line (test_command_line.py:" in stderr


@pytest.mark.parametrize("reason", [KeyboardInterrupt(), BrokenPipeError(32, "Broken pipe")])
def test_an_interrupted_command_is_cancelled(monkeypatch, capsys, reason):
    raise_in_command(monkeypatch, reason)
    assert main(ESTIMATE) == 130
    told, _ = events(capsys)
    assert told[-1] == Error("cancelled", "Cancelled.")


@pytest.mark.parametrize("option", [["--focal", "700"], ["--jso"], ["--over", "o.mp4"]])
def test_options_are_written_in_full(capsys, option):
    assert main([*ESTIMATE, *option]) == 2
    told, _ = events(capsys)
    assert told[-1].code == "bad_option"


def test_a_name_that_is_not_text_is_refused(capsys):
    """OpenCV ends the whole process over such a name."""
    assert main(["estimate", "caf\udce9.mp4", "--output", "o.npz", "--json"]) == 2
    told, stderr = events(capsys)
    assert told[-1].code == "bad_option"
    assert "is not valid UTF-8" in stderr


def test_a_dead_stderr_does_not_hide_the_exit_code(monkeypatch):
    raise_in_command(monkeypatch, VideoError("No video."))
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setattr(stream, "write", lambda _: (_ for _ in ()).throw(BrokenPipeError()))
    assert main(ESTIMATE[:-1]) == 2
