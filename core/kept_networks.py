"""Networks that stay loaded between two commands of one process; only a core that serves keeps any."""

from typing import Any

from .models.engine import Network, load_network, network_files
from .settings import Device, EngineName

_kept: dict[Any, Network] = {}
_keepers: list[bool] = []


def keep_networks() -> None:
    """Keep what is loaded from now on."""
    _keepers.append(True)


def load_kept_network(name: str, engine: EngineName, device: Device, threads: int) -> Network:
    """Return the network, loaded anew only where none is kept or its files have changed; see `load_network`."""
    if not _keepers:
        return load_network(name, engine, device, threads)
    stamps = tuple((path, path.stat().st_mtime_ns, path.stat().st_size) for path in network_files(name))
    key = (name, engine, device, threads, stamps)
    if key not in _kept:
        _kept[key] = load_network(name, engine, device, threads)
    return _kept[key]
