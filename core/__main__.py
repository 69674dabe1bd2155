"""`python -m core`: one command line for the estimator and for its makers. Errors become one line and an exit code."""

import os
import sys

# Idle OpenMP threads must sleep, not spin: it is read once, when torch loads.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# What goes wrong with a video is said by us, in one sentence; OpenCV reads this when it loads.
os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")

if __name__ == "__main__":
    # A stream that the caller closed is None, and its number would go to the first file that is opened.
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: PTH123, SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: PTH123, SIM115
    for stream in (sys.stdout, sys.stderr):
        # A name that the terminal's encoding lacks must not turn a finished run into a failure.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        from .cancellation import end_process
        from .command_line import main

        end_process(main(sys.argv[1:]))
    except KeyboardInterrupt:
        # Before anything was begun.
        sys.exit(130)
