"""Pickles that name code. Each would make the folder `canary` in the working folder if anything ran it."""

import builtins
import collections
import io
import os
import pickle
import zipfile
from random import Random

import numpy as np

CANARY = "canary"


class Call:
    """Pickles as the call of a function."""

    def __init__(self, function, *arguments):
        self._call = (function, arguments)

    def __reduce__(self):
        return self._call


def hostile_objects():
    """Return objects whose reading would run code, by several ways."""
    code = f"__import__('os').mkdir({CANARY!r})"
    return (
        Call(os.mkdir, CANARY),
        Call(os.system, f"mkdir {CANARY}"),
        Call(builtins.exec, code),
        Call(builtins.eval, code),
        Call(builtins.getattr, Call(builtins.__import__, "os"), "mkdir"),
        Call(np.load, CANARY),
        Call(collections.OrderedDict, [Call(os.mkdir, CANARY)]),
    )


def hostile_pickle(rng: Random, content: dict) -> bytes:
    """Return a pickle of a mapping with an object that runs code somewhere in it."""
    bad = rng.choice(hostile_objects())
    where = rng.choice(("value", "list", "key", "whole", "array"))
    if where == "whole":
        content = bad
    elif where == "array":
        array = np.empty(1, object)
        array[0] = bad
        content = {**content, "extra": array}
    else:
        content = {**content, "extra": [bad] if where == "list" else (bad,) if where == "key" else bad}
    return pickle.dumps(content, protocol=rng.randint(0, 5))


def raw_opcodes(rng: Random) -> bytes:
    """Return pickles that no pickler writes: names by text, nested without end, memo and length that lie."""
    return rng.choice(
        (
            b"cos\nmkdir\n(S'canary'\ntR.",
            b"c__builtin__\nexec\n(S'import os; os.mkdir(\"canary\")'\ntR.",
            b"(ios\nmkdir\nS'canary'\n.",
            b"\x80\x04\x8c\x02os\x8c\x05mkdir\x93\x8c\x06canary\x85R.",
            b"\x80\x04\x8c\x0bnumpy.dtype\x8c\x08__init__\x93.",
            b"\x80\x02" + b"]" * 3000 + b"a" * 2999 + b".",
            b"\x80\x02(" * 2000 + b"t" * 2000 + b".",
            b"\x80\x04X\xff\xff\xff\x7fabc.",
            b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x00abc.",
            b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\xffabc.",
            b"\x80\x02h\xff.",
            b"\x80\x02r\xff\xff\xff\x7f.",
            b"\x80\x02}q\x00h\x00h\x00s.",
            b"\x80\x02]q\x00h\x00a.",
            b"\x80\x02]q\x00(h\x00h\x00h\x00h\x00e.",
            b"I" + b"9" * 9000 + b"\n.",
        )
    )


def torch_zip(pickled: bytes, parts: dict[str, bytes] | None = None) -> bytes:
    """Return an archive as torch.save writes it, around a pickle of ours."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("archive/data.pkl", pickled)
        for name, data in (parts or {"version": b"3"}).items():
            archive.writestr(f"archive/{name}", data)
    return buffer.getvalue()
