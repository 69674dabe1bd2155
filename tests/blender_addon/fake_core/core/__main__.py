"""A core that estimates nothing: speaks the protocol as the environment variable FAKE_CORE asks.

Modes: `result` copies the motion file FAKE_MOTION to --output; `noise` does so between lines that are no events;
`error` reports the core's error; `dies` ends without a result; `missing_package` fails on an import; `slow` goes on
for a minute but obeys a cancel; `deaf` goes on and obeys nothing; `leftover` ends well but does not exit;
`by_name` reads the mode from the video's name: of "slow.mp4", say.

The command `people` finds two people in any video and copies the picture FAKE_PICTURE for each.
"""

import json
import os
import shutil
import signal
import sys
import threading
import time
from pathlib import Path


def say(**fields):
    print(json.dumps(fields), flush=True)


def output():
    return sys.argv[sys.argv.index("--output") + 1]


def give_result():
    shutil.copyfile(os.environ["FAKE_MOTION"], output())
    say(type="result", paths=[output()], overlay=None, seconds={})


def give_people():
    folder = Path(sys.argv[sys.argv.index("--thumbnails") + 1])
    people = []
    for rank, x in ((1, 0.25), (2, 0.75)):
        picture = str(folder / f"person{rank}.png")
        shutil.copyfile(os.environ["FAKE_PICTURE"], picture)
        seen = {"first_frame": 0, "last_frame": 95, "seconds": 6.4 / rank, "box_size": [100, 300]}
        shown = {"color": [255, 51, 0], "frame": 12 * rank, "place": [x, 0.5], "thumbnail": picture}
        sightings = ["12@0.25:0.5", "40@0.3:0.5", "70@0.4:0.5"] if rank == 1 else []
        pictures = [[frame, picture] for frame in ((12, 70) if rank == 1 else (24,))]
        spans = [[0, 95]] if rank == 1 else [[10, 57]]
        people.append({"rank": rank, "sightings": sightings, "spans": spans, "pictures": pictures, **seen, **shown})
    say(type="people", people=people, frame_rate_hz=15.0)
    say(type="result", paths=[], overlay=None, seconds={})


def obey_cancel():
    if sys.stdin.readline().strip() == "cancel":
        say(type="error", code="cancelled", message="Cancelled.", hint="")
        os._exit(130)


def work_for_a_minute():
    for frame in range(1, 600):
        say(type="status", stage="track", frame=frame, frame_count=600, seconds_left=60 - frame / 10)
        time.sleep(0.1)


def main():
    mode = os.environ.get("FAKE_CORE", "result")
    if mode == "by_name":
        name = Path(sys.argv[2]).name
        mode = next((word for word in ("error", "dies", "slow") if word in name), "result")
    say(type="hello", version="0.0.0", protocol=1)
    say(type="status", stage="track", frame=3, frame_count=10, seconds_left=None, field_of_the_future=1)
    if mode == "error":
        say(type="error", code="bad_video", message="The video a.mp4 is not a video.", hint="Choose another file.")
        return 2
    if mode == "dies":
        print("something went very wrong", file=sys.stderr)
        return 7
    if mode == "missing_package":
        import a_package_that_nobody_has  # noqa: F401
    if mode == "slow":
        threading.Thread(target=obey_cancel, daemon=True).start()
        work_for_a_minute()
    if mode == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        work_for_a_minute()
    if mode == "noise":
        print("a library says hello")
        print('{"type": "of another world"}')
        sys.stdout.buffer.write(b"\xff\xfe not text\n")
        sys.stdout.flush()
        say(type="warning", code="gaps", message="Person 1 was not seen in 3 frames.")
    if sys.argv[1:2] == ["people"]:
        give_people()
    else:
        give_result()
    if mode == "leftover":
        time.sleep(60)
    return 0


sys.exit(main())
