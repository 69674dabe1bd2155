"""`python -m core`: one command line for the estimator and for its makers. Errors become one line and an exit code."""

import os
import sys

# Idle OpenMP threads must sleep, not spin: it is read once, when torch loads.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# What goes wrong with a video is said by us, in one sentence; OpenCV reads this when it loads.
os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")

from .command_line import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
