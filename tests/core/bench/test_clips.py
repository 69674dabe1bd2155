from itertools import pairwise

from core.bench.clips import to_and_fro


def test_a_loop_never_jumps_and_has_the_wanted_length():
    numbers = list(to_and_fro(5, 23))
    assert len(numbers) == 23
    assert set(numbers) == set(range(5))
    assert all(abs(one - next_one) == 1 for one, next_one in pairwise(numbers))
    assert list(to_and_fro(1, 3)) == [0, 0, 0]
