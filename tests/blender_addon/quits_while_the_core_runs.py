"""A Blender that quits in the middle of an estimate: prints the core's process id and ends. Run by a test."""

import importlib.util
import os
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main():
    spec = importlib.util.spec_from_file_location(
        "jointwise_ext", ROOT / "__init__.py", submodule_search_locations=[str(ROOT)]
    )
    sys.modules["jointwise_ext"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules["jointwise_ext"])
    from jointwise_ext.blender_addon.worker_client import WorkerClient
    from jointwise_ext.blender_addon.worker_runtime import WorkerCommand

    fake_core = Path(__file__).parent / "fake_core"
    command = WorkerCommand((sys.executable, "-m", "core"), dict(os.environ), fake_core)
    client = WorkerClient(command, ["--output", "never.npz"])
    while not client.poll():
        time.sleep(0.02)
    print(client._process.pid, flush=True)


main()
