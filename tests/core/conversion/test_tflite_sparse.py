import numpy as np

from core.conversion.tflite_sparse import DenseLevel, SparseLevel, densify


def test_compressed_rows_become_the_matrix():
    values = np.array([1, 2, 3, 4], np.float16)
    rows = SparseLevel(np.array([0, 2, 2, 4]), np.array([0, 2, 1, 3]))
    dense = densify(values, (3, 4), [DenseLevel(3), rows], [0, 1], [])
    assert dense.dtype == np.float16
    assert dense.tolist() == [[1, 0, 2, 0], [0, 0, 0, 0], [0, 3, 0, 4]]


def test_dense_levels_alone_are_a_transposition():
    values = np.arange(6, dtype=np.float32)
    dense = densify(values, (2, 3), [DenseLevel(3), DenseLevel(2)], [1, 0], [])
    assert dense.tolist() == values.reshape(3, 2).T.tolist()


def test_blocks_are_put_in_their_place():
    """A 4 x 4 matrix in 2 x 2 blocks of which the two on the diagonal are stored."""
    expected = np.zeros((4, 4), np.float32)
    expected[:2, :2] = [[1, 2], [3, 4]]
    expected[2:, 2:] = [[5, 6], [7, 8]]
    blocks = SparseLevel(np.array([0, 1, 2]), np.array([0, 1]))
    levels = [DenseLevel(2), blocks, DenseLevel(2), DenseLevel(2)]
    dense = densify(np.arange(1, 9, dtype=np.float32), (4, 4), levels, [0, 1, 2, 3], [0, 1])
    assert np.array_equal(dense, expected)
