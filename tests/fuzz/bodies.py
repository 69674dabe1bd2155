"""Bodies and networks of the user's: SMPL files, body files, checkpoints, weights."""

import json
import pickle
import struct
from pathlib import Path
from random import Random

import numpy as np

from core.body_file import load_body_file, open_body_path
from core.smpl_files import load_pose_corrections, load_smpl_file
from tests.stand_in_smpl import smpl_content

from .archives import change_arrays, lying_archive, pack
from .inputs import Input, Kind, change_bytes
from .motions import arrays_of
from .pickles import hostile_pickle, raw_opcodes, torch_zip


def small_smpl() -> dict[str, np.ndarray]:
    """A body in SMPL's form without what nothing needs here, so that thousands are made in no time."""
    content = smpl_content()
    content["posedirs"] = content["posedirs"][:1]
    return {name: value.astype(np.float32) if value.dtype == np.float64 else value for name, value in content.items()}


def smpl_seeds(_folder: Path) -> list[Input]:
    content = small_smpl()
    return [
        Input("SMPL_NEUTRAL.npz", pack(content, is_compressed=False)),
        *(Input("SMPL_MALE.pkl", pickle.dumps(content, protocol=protocol)) for protocol in (2, 5)),
    ]


def make_smpl(rng: Random, corpus: list[Input]) -> Input:
    choice = rng.random()
    if choice < 0.25:
        return Input("smpl.pkl", hostile_pickle(rng, small_smpl()))
    if choice < 0.4:
        return Input("smpl.pkl", raw_opcodes(rng))
    if choice < 0.6:
        arrays = change_arrays(rng, small_smpl())
        # An array of objects would be pickled with its calls, which the first choice is for.
        arrays = {name: array for name, array in arrays.items() if array.dtype != object}
        return Input("smpl.pkl", pickle.dumps(arrays)) if rng.random() < 0.5 else Input("smpl.npz", pack(arrays, False))
    if choice < 0.7:
        return Input("smpl.npz", lying_archive(rng, small_smpl()))
    source = rng.choice(corpus)
    return Input(source.name, change_bytes(rng, source.data, [item.data for item in corpus]))


def read_smpl(path: Path) -> None:
    load_smpl_file(path)
    load_pose_corrections(path)


def body_seeds(_folder: Path) -> list[Input]:
    return [Input("open_body.npz", open_body_path().read_bytes())]


def make_body(rng: Random, corpus: list[Input]) -> Input:
    choice = rng.random()
    arrays = arrays_of(corpus[0].data)
    if choice < 0.5:
        return Input("body.npz", pack(change_arrays(rng, arrays), is_compressed=False))
    if choice < 0.7:
        return Input("body.npz", lying_archive(rng, arrays))
    return Input("body.npz", change_bytes(rng, corpus[0].data, [corpus[0].data]))


def read_body(path: Path) -> None:
    load_body_file(path)


def checkpoint_seeds(folder: Path) -> list[Input]:
    import torch

    content = {"state_dict": {"conv.weight": torch.zeros(4, 3), "conv.bias": torch.ones(4)}, "epoch": 3}
    torch.save(content, folder / "new.pth")
    torch.save(content, folder / "old.pth", _use_new_zipfile_serialization=False)
    return [Input(name, (folder / name).read_bytes()) for name in ("new.pth", "old.pth")]


def make_checkpoint(rng: Random, corpus: list[Input]) -> Input:
    choice = rng.random()
    if choice < 0.35:
        data = hostile_pickle(rng, {"state_dict": {}})
        return Input("weights.pth", torch_zip(data) if rng.random() < 0.6 else data)
    if choice < 0.5:
        data = raw_opcodes(rng)
        parts = rng.choice((None, {"constants.pkl": data}, {"version": b"99"}, {"code/x.py": b"import os"}))
        return Input("weights.pth", torch_zip(data, parts) if rng.random() < 0.6 else data)
    source = rng.choice(corpus)
    return Input(source.name, change_bytes(rng, source.data, [item.data for item in corpus]))


def read_weights_of_user(path: Path) -> None:
    from core.checkpoints import read_checkpoint, tensors_of

    tensors_of(read_checkpoint(path), path, ("state_dict", "model"))


def weights_seeds(_folder: Path) -> list[Input]:
    return [Input("net.safetensors", safetensors(_HEADER, bytes(24)))]


_HEADER = {
    "a": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]},
    "b": {"dtype": "F16", "shape": [4], "data_offsets": [16, 24]},
}


def safetensors(header: object, data: bytes) -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def make_weights(rng: Random, corpus: list[Input]) -> Input:
    """Return weights whose header lies about types, shapes, places and its own length."""
    if rng.random() < 0.4:
        return Input("net.safetensors", change_bytes(rng, corpus[0].data, [corpus[0].data]))
    header = json.loads(json.dumps(_HEADER))
    entry = header[rng.choice(("a", "b"))]
    entry[rng.choice(("dtype", "shape", "data_offsets"))] = rng.choice(
        (
            "F64",
            "BF16",
            "F8_E4M3",
            "XX",
            [],
            [-1],
            [2**62, 2**62],
            [0, 2**63],
            [16, 0],
            None,
            {},
            [1.5],
            "I8",
            [4, 4, 0],
        )
    )
    data = safetensors(header, bytes(rng.choice((24, 0, 23, 25, 4096))))
    if rng.random() < 0.2:
        data = struct.pack("<Q", rng.choice((0, 2**63, 2**40, 5))) + data[8:]
    return Input("net.safetensors", data)


def read_weights(path: Path) -> None:
    from core.models.weights import load_weights

    load_weights(path, {"a": (2, 2), "b": (4,)})


KINDS = (
    Kind("smpl", 110, smpl_seeds, make_smpl, read_smpl),
    Kind("body", 40, body_seeds, make_body, read_body),
    Kind("checkpoint", 90, checkpoint_seeds, make_checkpoint, read_weights_of_user),
    Kind("weights", 40, weights_seeds, make_weights, read_weights),
)
