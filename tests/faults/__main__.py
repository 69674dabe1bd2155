"""`python3 dev.py faults`: the core is killed, starved and hindered, and a table says what survived."""

import argparse
import sys
import time

from .suite import all_faults, run_groups, table


def main(arguments: list[str]) -> int:
    """Run all faults; return 0 when all were survived."""
    parser = argparse.ArgumentParser(prog="dev.py faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=100, help="of an estimate, at random moments (default: 100)")
    parser.add_argument("--seed", type=int, default=0, help="chooses the moments (default: 0)")
    options = parser.parse_args(arguments)
    started_s = time.monotonic()
    faults = run_groups(all_faults(options.kills, options.seed), lambda words: print(words, flush=True))
    print(table(faults))
    print(f"seed {options.seed}, {time.monotonic() - started_s:.0f} s")
    return int(not all(fault.survived for fault in faults))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
