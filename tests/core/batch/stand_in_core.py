"""Stands in for `python -m core estimate`: does at once what the video's text says, and writes down that it ran."""

import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path

video = Path(sys.argv[2])
options = dict(argument[2:].split("=", 1) for argument in sys.argv[3:] if "=" in argument)
words = video.read_text().split()
here = Path(__file__).parent
with (here / "runs.txt").open("a") as log:
    log.write(f"{video.name} {json.dumps(options)}\n")


def say(**event):
    print(json.dumps(event), flush=True)


print("Noise of a library.", flush=True)
say(type="hello", version="0")
say(type="status", stage="track", frame=1, frame_count=2)
if "nobody" in words:
    say(type="error", code="nobody_found", message="No person was found.", hint="")
    sys.exit(3)
if "broken" in words:
    say(type="error", code="bad_video", message="It is not a video.", hint="Use another.")
    sys.exit(2)
if "kill" in words:
    os.kill(os.getpid(), signal.SIGKILL)
if "crash" in words:
    print("Traceback (most recent call last):\nValueError: oh no", file=sys.stderr)
    sys.exit(1)
if "slow" in words:
    time.sleep(60)
if "warn" in words:
    say(type="warning", code="gaps", message="There are gaps.")
output = Path(options["output"])
people = int(words[words.index("people") + 1]) if "people" in words and options.get("people") == "all" else 1
paths = [output, *(output.with_name(f"{output.stem}_person{rank}.npz") for rank in range(2, people + 1))]
for path in paths:
    shutil.copy(here / "motion.npz", path)
if "overlay" in options:
    Path(options["overlay"]).write_text("overlay")
say(type="result", paths=[str(path) for path in paths], overlay=options.get("overlay"), seconds={})
