"""How long each stage of an estimate was busy. Stages overlap, so their seconds may add up to more than the whole."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from numpy.typing import NDArray

from .models.engine import Network

NETWORK_STAGES: Final[Mapping[str, str]] = {
    "blazepose_detector": "detect",
    "nanodet_detector": "detect",
    "blazepose_heavy": "backbone",
    "blazepose_full": "backbone",
    "open_lifter": "temporal",
    "open_temporal": "temporal",
    "open_contacts": "temporal",
}


class StageTimes:
    """Adds up seconds by stage; any thread may."""

    def __init__(self) -> None:
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._lock = threading.Lock()

    @contextmanager
    def busy(self, stage: str) -> Iterator[None]:
        """Count the time within as the stage's."""
        started_s = time.perf_counter()
        try:
            yield
        finally:
            with self._lock:
                self._seconds[stage] += time.perf_counter() - started_s

    def rounded(self) -> dict[str, float]:
        """Return the seconds of each stage so far, to a thousandth."""
        with self._lock:
            return {stage: round(seconds, 3) for stage, seconds in self._seconds.items()}


class TimedNetwork:
    """A network whose runs count as a stage's time; all else is the network's own."""

    def __init__(self, network: Network, times: StageTimes, stage: str) -> None:
        self._network, self._times, self._stage = network, times, stage

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Run the network; see `Network`."""
        with self._times.busy(self._stage):
            return self._network.run(inputs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._network, name)


def time_networks(networks: Mapping[str, Any], times: StageTimes) -> dict[str, Any]:
    """Return the networks, those that ship behind a clock."""
    return {
        name: TimedNetwork(network, times, NETWORK_STAGES[name]) if name in NETWORK_STAGES else network
        for name, network in networks.items()
    }
