"""What the fuzz suite feeds: files made of a random number generator alone, so that a seed gives them again."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

INTERESTING = (0, 1, 0x7F, 0x80, 0xFF)
BIG_NUMBERS = (0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFF, 0x10000, 0x40000000)


@dataclass(frozen=True)
class Input:
    """One file: its name, which may be chosen to mislead, and its bytes."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Kind:
    """One door through which foreign bytes come in.

    Attributes:
        name: as the table and `--kind` have it.
        share: of all inputs, relative to the other kinds.
        seeds: makes whole, usable inputs in a folder.
        make: makes an input from the generator and the corpus, which begins with the seeds.
        consume: does what the product does with such a file; run in a folder of its own.
        is_guided: whether inputs that reach new lines of the product join the corpus.
    """

    name: str
    share: int
    seeds: Callable[[Path], list[Input]]
    make: Callable[[Random, list[Input]], Input]
    consume: Callable[[Path], None]
    is_guided: bool = True


def change_bytes(rng: Random, data: bytes, others: list[bytes]) -> bytes:
    """Return the bytes with one to four things changed."""
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        data = rng.choice(CHANGES)(rng, data) if rng.random() < 0.95 else _splice(rng, data, rng.choice(others))
    return data


def make_from_bytes(rng: Random, corpus: list[Input]) -> Input:
    """Return an input of the corpus with bytes changed; now and then under another name."""
    source = rng.choice(corpus)
    return Input(source.name, change_bytes(rng, source.data, [item.data for item in corpus]))


def _flip_bits(rng: Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice((1, 4, 32)) if changed else 0):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _set_header_byte(rng: Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.randint(1, 6) if changed else 0):
        changed[rng.randrange(min(len(changed), 256))] = rng.choice(INTERESTING)
    return bytes(changed)


def _set_number(rng: Random, data: bytes) -> bytes:
    if len(data) < 4:
        return data
    place = rng.randrange(len(data) - 3)
    return data[:place] + rng.choice(BIG_NUMBERS).to_bytes(4, rng.choice(("big", "little"))) + data[place + 4 :]


def _cut(rng: Random, data: bytes) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def _cut_a_little(rng: Random, data: bytes) -> bytes:
    return data[: max(0, len(data) - rng.randint(1, 64))]


def _remove(rng: Random, data: bytes) -> bytes:
    start, end = sorted(rng.randrange(len(data) + 1) for _ in range(2))
    return data[:start] + data[min(end, start + 4096) :]


def _repeat(rng: Random, data: bytes) -> bytes:
    start, end = sorted(rng.randrange(len(data) + 1) for _ in range(2))
    return data[:end] + data[start : min(end, start + 4096)] + data[end:]


def _zero(rng: Random, data: bytes) -> bytes:
    start, end = sorted(rng.randrange(len(data) + 1) for _ in range(2))
    return data[:start] + bytes(end - start) + data[end:]


def _noise(rng: Random, data: bytes) -> bytes:
    start = rng.randrange(len(data) + 1)
    length = min(rng.randint(1, 512), len(data) - start)
    return data[:start] + rng.randbytes(length) + data[start + length :]


def _nothing_but(rng: Random, _data: bytes) -> bytes:
    return rng.choice((b"", b"\0" * 4096, b"Two apples.\n" * 99, rng.randbytes(4096), b"PK\x05\x06" + bytes(18), b"["))


def _splice(rng: Random, data: bytes, other: bytes) -> bytes:
    return data[: rng.randrange(len(data) + 1)] + other[rng.randrange(len(other) + 1) :]


CHANGES = (
    *(_flip_bits, _flip_bits, _set_header_byte, _set_header_byte, _set_number, _set_number, _cut, _cut_a_little),
    *(_remove, _repeat, _zero, _noise, _nothing_but),
)
