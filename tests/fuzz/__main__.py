"""`python3 dev.py fuzz`: broken files by the thousand, and a table of what became of them."""

import argparse
import os
import sys
import time
import warnings
from pathlib import Path

# Read when the libraries load, here and in the processes.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")

from .catalogue import KINDS
from .inputs import Input
from .pool import Pool
from .suite import run_suite, table


def main(arguments: list[str]) -> int:
    """Run the suite, or one kept input; return 0 when nothing failed."""
    options = _options(arguments)
    names = options.kind or list(KINDS)
    if options.input:
        with Pool([KINDS[names[0]]], 1, options.limit) as pool:
            (outcome,) = pool.try_all(KINDS[names[0]], [Input(options.input.name, options.input.read_bytes())])
        print(f"{outcome.verdict}: {outcome.words}")
        return int(outcome.verdict == "failed")
    # Archives that hold a name twice are made on purpose.
    warnings.filterwarnings("ignore", message="Duplicate name")
    started_s = time.monotonic()
    tallies = run_suite(names, options.inputs, options.seed, options.processes, options.limit, options.keep)
    print(table(tallies))
    print(f"seed {options.seed}, {time.monotonic() - started_s:.0f} s")
    failures = [(name, *failure) for name, tally in tallies.items() for failure in tally.failures]
    for name, words, path in failures:
        print(f"\n{name}: {words}\n  python3 dev.py fuzz --kind '{name}' --input '{path}'")
    return int(bool(failures))


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="dev.py fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=1000, help="how many (default: 1000)")
    parser.add_argument("--seed", type=int, default=0, help="the same seed gives the same inputs (default: 0)")
    parser.add_argument(
        "--kind", action="append", choices=list(KINDS), help="only this kind; may be given several times"
    )
    parser.add_argument("--input", type=Path, metavar="FILE", help="try this one file; needs --kind")
    parser.add_argument("--processes", type=int, default=2, help="(default: 2)")
    parser.add_argument("--limit", type=float, default=30.0, metavar="SECONDS", help="for one input (default: 30)")
    parser.add_argument("--keep", type=Path, default=Path("fuzz-failures"), metavar="DIR", help="for inputs that fail")
    options = parser.parse_args(arguments)
    if options.input and len(options.kind or ()) != 1:
        parser.error("--input needs one --kind")
    return options


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
