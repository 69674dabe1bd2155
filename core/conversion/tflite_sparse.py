"""Sparse TFLite tensors (block compressed rows) as dense arrays; used by `tflite_reader` alone."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.generic]


@dataclass(frozen=True)
class DenseLevel:
    """A level of the traversal that stores every index from 0 to `size` - 1."""

    size: int


@dataclass(frozen=True)
class SparseLevel:
    """A level that stores, for each position p of the level above, `indices[segments[p]:segments[p + 1]]`."""

    segments: NDArray[np.int64]
    indices: NDArray[np.int64]


Level = DenseLevel | SparseLevel


def densify(
    values: Array, shape: tuple[int, ...], levels: list[Level], traversal_order: list[int], block_map: list[int]
) -> Array:
    """Return the dense array of a sparse tensor; what is not stored is zero.

    Args:
        values: (K,) stored numbers in traversal order.
        shape: dense shape, D dimensions.
        levels: one level for each dimension in `traversal_order`, the dimensions inside a block last.
        traversal_order: dimension that each level walks; D + i stands for the inside of block dimension i.
        block_map: dimension that block dimension i divides.

    Source: `SparsityParameters` in the TFLite schema.
    """
    dimension_count = len(shape)
    block_size = [1] * dimension_count
    for block_index, dimension in enumerate(block_map):
        block_size[dimension] = _dense_size(levels[dimension_count + block_index])
    level_indices = _walk(levels)
    dense_index = [np.zeros(len(values), np.int64) for _ in shape]
    for level_index, dimension in zip(level_indices, traversal_order, strict=True):
        if dimension < dimension_count:
            dense_index[dimension] += level_index * block_size[dimension]
        else:
            dense_index[block_map[dimension - dimension_count]] += level_index
    dense = np.zeros(shape, values.dtype)
    dense[tuple(dense_index)] = values
    return dense


def _dense_size(level: Level) -> int:
    if not isinstance(level, DenseLevel):
        raise TypeError("the inside of a block must be dense")
    return level.size


def _walk(levels: list[Level]) -> list[NDArray[np.int64]]:
    """Return for each level its (K,) index of every stored value, in storage order."""
    position = np.zeros(1, np.int64)
    indices: list[NDArray[np.int64]] = []
    for level in levels:
        if isinstance(level, DenseLevel):
            parent = np.repeat(np.arange(len(position)), level.size)
            own = np.tile(np.arange(level.size), len(position))
            position = position[parent] * level.size + own
        else:
            counts = level.segments[position + 1] - level.segments[position]
            parent = np.repeat(np.arange(len(position)), counts)
            within = np.arange(len(parent)) - np.repeat(np.cumsum(counts) - counts, counts)
            position = level.segments[position[parent]] + within
            own = level.indices[position]
        indices = [index[parent] for index in indices]
        indices.append(own)
    return indices
