"""Times both engines on this machine: `python -m core.conversion.engine_timing`; the table is in docs/engines.md.

Every figure comes from a process of its own. Development only.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final, Literal, get_args

import numpy as np

NETWORKS: Final = ("blazepose_heavy", "blazepose_full", "blazepose_detector")
THREADS: Final = (1, 2)
WARM_UP_RUNS: Final = 3
MEASURING_LIMIT_S: Final = 10.0
"""Stop after this long: on a busy machine a frame of torch on two threads can take seconds."""
REPOSITORY: Final = Path(__file__).parents[2]

Engine = Literal["onnx", "torch"]


def measure(network_name: str, engine: Engine, threads: int, run_count: int) -> dict[str, float]:
    """Return, for one image a run: seconds to import the engine and load the network, and milliseconds a run.

    Note: `load_s` holds the imports, so call this in a fresh process. `wall_ms` is the median, `best_ms` the lowest
    tenth, which other processes on the machine disturb least; `cpu_ms` counts all threads.
    """
    started_s = time.perf_counter()
    from ..models.engine import load_network

    network = load_network(network_name, engine, threads=threads)
    load_s = time.perf_counter() - started_s
    side = 224 if network_name == "blazepose_detector" else 256
    inputs = {"image": np.random.default_rng(0).random((1, 3, side, side), np.float32)}
    for _ in range(WARM_UP_RUNS):
        network.run(inputs)
    wall_s: list[float] = []
    cpu_started_s = time.process_time()
    while len(wall_s) < run_count and sum(wall_s) < MEASURING_LIMIT_S:
        run_started_s = time.perf_counter()
        network.run(inputs)
        wall_s.append(time.perf_counter() - run_started_s)
    cpu_s = time.process_time() - cpu_started_s
    return {
        "load_s": load_s,
        "wall_ms": float(np.median(wall_s)) * 1e3,
        "best_ms": float(np.quantile(wall_s, 0.1)) * 1e3,
        "cpu_ms": cpu_s / len(wall_s) * 1e3,
    }


def measure_in_new_process(network_name: str, engine: Engine, threads: int, run_count: int) -> dict[str, float]:
    """Return what `measure` does, from a fresh Python."""
    arguments = [network_name, engine, str(threads), "--runs", str(run_count)]
    command = [sys.executable, "-m", "core.conversion.engine_timing", "--measure", *arguments]
    result = subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True, text=True)
    figures: dict[str, float] = json.loads(result.stdout.splitlines()[-1])
    return figures


def print_table(run_count: int) -> None:
    """Print a Markdown table over networks, engines and thread counts, and the load of the machine."""
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start, {run_count} runs each at most\n")
    print("| network | engine | threads | import + load, s | ms a frame, median | best tenth | CPU ms a frame |")
    print("|---|---|---|---|---|---|---|")
    for network_name in NETWORKS:
        for engine in get_args(Engine):
            for threads in THREADS:
                figures = measure_in_new_process(network_name, engine, threads, run_count)
                cells = [
                    f"{figures['load_s']:.2f}",
                    *(f"{figures[key]:.1f}" for key in ("wall_ms", "best_ms", "cpu_ms")),
                ]
                print(f"| {network_name} | {engine} | {threads} | {' | '.join(cells)} |", flush=True)


def main() -> None:
    """Print the table, or with --measure one figure as JSON."""
    parser = argparse.ArgumentParser(description="Time both engines on this machine.")
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--measure", nargs=3, metavar=("NETWORK", "ENGINE", "THREADS"))
    options: Any = parser.parse_args()
    if options.measure is None:
        print_table(options.runs)
    else:
        network_name, engine, threads = options.measure
        print(json.dumps(measure(network_name, engine, int(threads), options.runs)))


if __name__ == "__main__":
    main()
