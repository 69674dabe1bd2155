import os
from pathlib import Path

import numpy as np
import pytest

from tests.seeded_weights import seed_module

# Read when torch is first imported: threads that wait by spinning make a shared machine ten times slower.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

DATA = Path(__file__).parents[1] / "data"


@pytest.fixture(scope="session")
def pare_reference() -> dict[str, np.ndarray]:
    """What PARE's own code computes with the seeded weights; `models/test_pare.py` says how it was made."""
    with np.load(DATA / "pare_reference.npz") as file:
        return dict(file)


@pytest.fixture(scope="session")
def seeded_pare():
    """PARE with the seeded weights."""
    from core.models.pare import PareNetwork

    return seed_module(PareNetwork())


@pytest.fixture(scope="session")
def pare_checkpoint(seeded_pare, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The seeded weights as a plain state dict."""
    import torch

    path = tmp_path_factory.mktemp("pare") / "weights.pth"
    torch.save(seeded_pare.state_dict(), path)
    return path
