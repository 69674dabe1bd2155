import numpy as np
import pytest

from core.errors import WeightsError
from core.models.weights import load_weights

safetensors = pytest.importorskip("safetensors.numpy")

ARRAYS = {"a": np.arange(6, dtype=np.float16).reshape(2, 3), "b": np.zeros(4, np.float32)}
SHAPES = {"a": (2, 3), "b": (4,)}


@pytest.fixture
def path(tmp_path):
    safetensors.save_file(ARRAYS, tmp_path / "net.safetensors")
    return tmp_path / "net.safetensors"


def test_arrays_come_back_as_stored(path):
    weights = load_weights(path, SHAPES)
    for key, values in ARRAYS.items():
        assert weights[key].dtype == values.dtype
        assert np.array_equal(weights[key], values)


@pytest.mark.parametrize(
    ("shapes", "words"),
    [
        (SHAPES | {"c": (1,)}, "missing c"),
        ({"a": (2, 3)}, "not expected b"),
        (SHAPES | {"a": (3, 2)}, r"wrong shape a \(2, 3\) instead of \(3, 2\)"),
        ({f"k{index}": (1,) for index in range(9)} | SHAPES, "missing k0, k1, k2, k3, k4 and 4 more"),
    ],
)
def test_keys_at_fault_are_named(path, shapes, words):
    with pytest.raises(WeightsError, match=words):
        load_weights(path, shapes)


def test_missing_and_damaged_files_are_told(path, tmp_path):
    with pytest.raises(WeightsError, match="are missing"):
        load_weights(tmp_path / "other.safetensors", SHAPES)
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(WeightsError, match="cannot be read"):
        load_weights(path, SHAPES)
