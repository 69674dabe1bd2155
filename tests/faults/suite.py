"""All faults in turn, each in a folder of its own, and the table of counts."""

import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from . import hindrances, kills
from .core_process import Fault

Make = Callable[[Path], Iterator[Fault]]


def all_faults(kill_count: int, seed: int) -> list[Make]:
    """Return every group, in the order of the table; the seed chooses the moments."""
    rng = random.Random(seed)
    few = max(1, kill_count // 20)
    return [
        lambda folder: kills.kill_estimates(folder, kill_count, rng),
        lambda folder: kills.signal_estimates(folder, 2 * few, rng),
        lambda folder: kills.kill_batches(folder, few, rng),
        hindrances.full_disk,
        hindrances.read_only_folder,
        hindrances.folder_goes,
        hindrances.little_memory,
        hindrances.odd_names,
        hindrances.clock_goes_back,
        hindrances.two_at_once,
        lambda folder: hindrances.reader_goes(folder, rng, few),
        hindrances.card_is_full,
    ]


def run_groups(groups: list[Make], say: Callable[[str], None]) -> list[Fault]:
    """Run groups; what did not survive is said at once."""
    faults = []
    for make in groups:
        folder = hindrances.fresh_folder()
        try:
            for fault in make(folder):
                faults.append(fault)
                if not fault.survived or fault.words.startswith("skipped"):
                    say(f"{fault.name}: {fault.words}")
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return faults


def table(faults: list[Fault]) -> str:
    """Return counts by name, and of all."""
    rows = [f"{'fault':<28}{'times':>7}{'survived':>10}"]
    for name in dict.fromkeys(fault.name for fault in faults):
        of_name = [fault for fault in faults if fault.name == name]
        rows.append(f"{name:<28}{len(of_name):>7}{sum(fault.survived for fault in of_name):>10}")
    rows.append(f"{'all':<28}{len(faults):>7}{sum(fault.survived for fault in faults):>10}")
    return "\n".join(rows)
