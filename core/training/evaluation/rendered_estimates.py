"""Our own result on a rendered video: the released command line, in a process of its own."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ...errors import EXIT_NOBODY_FOUND, JointwiseError
from ...motion import Motion, load_motion
from ...protocol import Error, Result, decode_event

ROOT: Final = Path(__file__).resolve().parents[3]
TIMED_STAGES: Final = ("track", "backbone", "estimate")


def estimate_video(video: Path, output: Path, options: Sequence[str]) -> tuple[Motion, float] | None:
    """Run `python -m core estimate` on a video; return the motion and the seconds it took, None where nobody was found.

    Args:
        options: further options of `estimate`, such as `--quality fast`.
    Returns:
        The seconds are those of finding, following and posing the people, without loading the networks.
    Raises:
        JointwiseError: the command failed.
    """
    core = __name__.split(".", maxsplit=1)[0]
    command = [sys.executable, "-m", core, "estimate", str(video.resolve()), "--output", str(output.resolve())]
    answer = subprocess.run(
        [*command, "--json", *options], cwd=ROOT, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    events = [decode_event(line) for line in answer.stdout.splitlines()]
    if answer.returncode == EXIT_NOBODY_FOUND:
        return None
    result = next((event for event in events if isinstance(event, Result)), None)
    if answer.returncode or result is None:
        error = next((event for event in events if isinstance(event, Error)), None)
        message = error.message if error else (answer.stderr.strip().splitlines() or ["no message"])[-1]
        raise JointwiseError(f"Estimating {video.name} failed: {message}", error.hint if error else "")
    return load_motion(Path(result.paths[0])), sum(result.seconds.get(stage, 0.0) for stage in TIMED_STAGES)
