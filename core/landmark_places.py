"""Where BlazePose puts its landmarks against the open body's: other anatomical points, the same way on everybody.

Its shoulders sit higher and its ankles further up the shin than our joints, its ears further in. Each of its landmarks
is, on average, a mix of ours, so one matrix turns ours into what the network would report without an error. Whoever
compares the two without it takes limbs for four to seven per cent shorter than they are.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .skeleton import LANDMARK_COUNT, MIRROR_LANDMARKS

FloatArray = NDArray[np.floating[Any]]

Move = tuple[float, tuple[int, ...], tuple[int, ...]]
"""A share of the way from the middle of some landmarks to the middle of others."""

_TRUNK: Final = ((23, 24), (11, 12))
_FOREARM_UP: Final = ((15,), (13,))
_MOVES: Final[dict[int, tuple[Move, ...]]] = {
    0: ((-0.22, (7, 8), (0,)), (0.02, *_TRUNK)),
    7: ((0.24, (7,), (7, 8)), (0.16, (7, 8), (0,)), (0.024, *_TRUNK)),
    11: ((0.05, *_TRUNK), (0.035, (11,), (11, 12)), (0.018, (11,), (13,))),
    13: ((0.06, (13,), (11,)), (0.043, (13,), (15,)), (0.01, *_TRUNK)),
    15: ((0.11, *_FOREARM_UP), (0.21, (15,), (19,))),
    17: ((0.43, (17,), (15,)), (0.043, *_FOREARM_UP)),
    19: ((0.48, (19,), (15,)), (0.08, *_FOREARM_UP)),
    21: ((0.11, *_FOREARM_UP),),
    23: ((0.065, *_TRUNK), (0.13, (23,), (23, 24)), (0.1, (23,), (25,))),
    25: ((0.018, (25,), (23,)), (-0.042, (27,), (31,))),
    27: ((0.072, (27,), (25,)),),
    29: ((0.053, (27,), (25,)), (0.012, (29,), (31,))),
    31: ((0.013, (27,), (25,)), (0.135, (31,), (29,))),
}
"""Of the left side's landmarks and the nose, fitted to rendered people (docs/rendered_benchmark.md); eyes, mouth and
the rest stay."""


def _mirrored(landmarks: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(int(MIRROR_LANDMARKS[landmark]) for landmark in landmarks)


def _matrix() -> NDArray[np.float64]:
    matrix = np.eye(LANDMARK_COUNT)
    for landmark, moves in _MOVES.items():
        sides = {landmark: moves}
        sides[int(MIRROR_LANDMARKS[landmark])] = tuple((share, _mirrored(a), _mirrored(b)) for share, a, b in moves)
        for row, side_moves in sides.items():
            for share, start, end in side_moves:
                matrix[row, list(start)] -= share / len(start)
                matrix[row, list(end)] += share / len(end)
    return matrix


BLAZEPOSE_FROM_BODY: Final = _matrix()
"""(33, 33): BlazePose's landmarks of a person whose landmarks are ours."""


def blazepose_places(landmarks: FloatArray) -> NDArray[np.float64]:
    """Return where BlazePose would put landmarks (..., 33, A) of our body, had it no error."""
    return np.asarray(BLAZEPOSE_FROM_BODY @ landmarks, np.float64)
