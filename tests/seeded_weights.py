"""Random weights that any implementation can make alike: each array comes from its key and shape alone.

The recipe behind `tests/data/pare_reference.npz` and `vibe_reference.npz`. The generator of an array is
`numpy.random.default_rng` of the first 8 bytes, little endian, of the SHA-256 of its key; a value depends on neither
the order of the keys nor a framework. Scales are chosen so that signals neither die nor explode on the way:

| array | values |
|---|---|
| `*.num_batches_tracked` | 0 |
| `*.running_mean` | normal, deviation 0.1 |
| `*.running_var` | uniform 0.5 to 1.5 |
| weight of one axis (batch norm) | uniform 0.8 to 1.2; 0.15 of it where a block or a fusion adds the result on |
| kernel (4 axes) | normal, deviation sqrt(2 / fan-in) |
| other weight | normal, deviation sqrt(1 / fan-in), fan-in of the second axis (third of `pose_mlp`) |
| `init_*` | normal, deviation 0.1 |
| bias | normal, deviation 0.1 |
"""

import hashlib
import re
from collections.abc import Mapping

import numpy as np

ADDED_ON = re.compile(r"(branches\.\d+\.\d+\.bn2|layer\d\.\d+\.bn3|fuse_layers\..*)\.weight$")


def seeded_array(key: str, shape: tuple[int, ...]) -> np.ndarray:
    """Return the float32 array of one key."""
    generator = np.random.default_rng(int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "little"))
    if key.endswith("num_batches_tracked"):
        return np.zeros(shape, np.int64)
    if key.endswith("running_var"):
        return np.asarray(generator.uniform(0.5, 1.5, shape), np.float32)
    if len(shape) < 2 and "bias" not in key and not key.endswith("running_mean"):
        return np.asarray(generator.uniform(0.8, 1.2, shape) * (0.15 if ADDED_ON.search(key) else 1.0), np.float32)
    return np.asarray(generator.standard_normal(shape) * _deviation(key, shape), np.float32)


def _deviation(key: str, shape: tuple[int, ...]) -> float:
    if len(shape) < 2 or "init_" in key:
        return 0.1
    if len(shape) == 4:
        return float(np.sqrt(2.0 / np.prod(shape[1:])))
    return float(np.sqrt(1.0 / shape[2 if len(shape) == 6 else 1]))


def seeded_arrays(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    """Return the array of every key."""
    return {key: seeded_array(key, tuple(shape)) for key, shape in shapes.items()}


def seeded_crops(count: int = 2) -> np.ndarray:
    """Return crops (N, 224, 224, 3) uint8: 14 x 14 coloured squares of 16 pixels."""
    squares = np.random.default_rng(224).integers(0, 256, (count, 14, 14, 3), dtype=np.uint8)
    return squares.repeat(16, axis=1).repeat(16, axis=2)


def seed_module(module, key_of=lambda name: name):
    """Fill a torch module by the recipe, with the keys that `key_of` gives its names; return it in evaluation."""
    import torch

    state = module.state_dict()
    module.load_state_dict(
        {name: torch.from_numpy(seeded_array(key_of(name), tuple(value.shape))) for name, value in state.items()}
    )
    return module.eval().requires_grad_(False)


def relative_error(values, reference) -> float:
    """Return the largest difference over the reference's largest magnitude."""
    return float(np.abs(np.asarray(values) - reference).max() / np.abs(reference).max())
