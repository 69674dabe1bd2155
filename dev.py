"""Jointwise's one developer command: `python3 dev.py demo|test|core|build|docs|bench|fuzz|faults|lint`; see `--help`.

Standard library only, and readable by any Python 3: under a Python that does not fit, it starts itself again with one
that does. The work is done in `wheels/`.
"""

import subprocess
import sys

from wheels.find_python import OLDEST_FOR_DEV, find_python, which_to_install


def main() -> int:
    """Run the command line and return its exit code."""
    if sys.version_info >= OLDEST_FOR_DEV:
        from wheels.commands import run_command_line

        return run_command_line(sys.argv[1:])
    python = find_python("3.11") or find_python("3.13")
    if python is None:
        sys.stderr.write(which_to_install("3.11") + "\n")
        return 2
    return subprocess.call([str(python), __file__, *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
