"""Files of other programs: results (npz, pickle, joblib, torch) and BVH."""

import pickle
from pathlib import Path
from random import Random

import numpy as np

from core.motion import load_motion
from core.motion_import.importer import ImportSettings, import_motion

from .archives import change_arrays, lying_archive, pack
from .inputs import Input, Kind, change_bytes
from .motions import check_motion
from .pickles import hostile_pickle, raw_opcodes, torch_zip

FRAME_COUNT = 5


def amass_arrays() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(7)
    poses = rng.normal(0, 0.2, (FRAME_COUNT, 156))
    return {
        "poses": poses,
        "trans": rng.normal(0, 1, (FRAME_COUNT, 3)),
        "betas": np.zeros(16),
        "gender": np.array("neutral"),
        "mocap_framerate": np.array(60.0),
    }


def vibe_result() -> dict:
    rng, count = np.random.default_rng(8), FRAME_COUNT
    person = {
        "pose": rng.normal(0, 0.2, (count, 72)).astype(np.float32),
        "betas": np.zeros((count, 10), np.float32),
        "orig_cam": np.tile([0.5, 0.9, 0.1, 0.1], (count, 1)),
        "pred_cam": np.tile([0.9, 0.0, 0.0], (count, 1)),
        "bboxes": np.tile([100.0, 100.0, 200.0, 200.0], (count, 1)),
        "frame_ids": np.arange(count),
    }
    return {1: person}


def wham_result() -> dict:
    rng, count = np.random.default_rng(9), FRAME_COUNT
    return {
        0: {
            "pose_world": rng.normal(0, 0.2, (count, 72)),
            "trans_world": rng.normal(0, 1, (count, 3)),
            "pose": rng.normal(0, 0.2, (count, 72)),
            "betas": np.zeros((count, 10)),
            "frame_ids": np.arange(count),
        }
    }


def phalp_result() -> dict:
    smpl = {
        "global_orient": np.tile(np.eye(3), (1, 1, 1)),
        "body_pose": np.tile(np.eye(3), (23, 1, 1)),
        "betas": np.zeros(10),
    }
    return {
        f"frame{number}.jpg": {"tid": [1], "smpl": [smpl], "camera": [np.array([0, 0, 90.0])], "size": [[360, 640]]}
        for number in range(FRAME_COUNT)
    }


def result_seeds(folder: Path) -> list[Input]:
    import joblib
    import torch

    joblib.dump(vibe_result(), folder / "vibe.pkl")
    joblib.dump(wham_result(), folder / "wham.pkl", compress=3)
    gvhmr = {
        "smpl_params_global": {
            "global_orient": torch.zeros(FRAME_COUNT, 3),
            "body_pose": torch.zeros(FRAME_COUNT, 63),
            "transl": torch.zeros(FRAME_COUNT, 3),
            "betas": torch.zeros(FRAME_COUNT, 10),
        }
    }
    torch.save(gvhmr, folder / "gvhmr.pt")
    files = [Input(path.name, path.read_bytes()) for path in sorted(folder.iterdir())]
    return [
        Input("amass.npz", pack(amass_arrays())),
        *files,
        *(Input("plain.pkl", pickle.dumps(phalp_result(), protocol=protocol)) for protocol in (0, 2, 4, 5)),
    ]


def make_result(rng: Random, corpus: list[Input]) -> Input:
    choice = rng.random()
    if choice < 0.25:
        return Input("amass.npz", pack(change_arrays(rng, amass_arrays())))
    if choice < 0.35:
        return Input("amass.npz", lying_archive(rng, amass_arrays()))
    if choice < 0.5:
        data = hostile_pickle(rng, rng.choice((vibe_result, wham_result, phalp_result))())
        return Input("result.pkl", torch_zip(data) if rng.random() < 0.4 else data)
    if choice < 0.6:
        data = raw_opcodes(rng)
        return Input("result.pt", torch_zip(data) if rng.random() < 0.4 else data)
    if choice < 0.75:
        return Input(
            "result.pkl", pickle.dumps(change_result(rng, rng.choice((vibe_result, wham_result, phalp_result))()))
        )
    source = rng.choice(corpus)
    return Input(source.name, change_bytes(rng, source.data, [item.data for item in corpus]))


def change_result(rng: Random, result: dict) -> dict:
    """Return a result in which one entry of one person or frame is another."""
    key = rng.choice(sorted(result))
    person = dict(result[key])
    name = rng.choice(sorted(person))
    if isinstance(person[name], np.ndarray) and rng.random() < 0.7:
        person = change_arrays(rng, {name: person[name]}) | {n: v for n, v in person.items() if n != name}
        person = {n: v for n, v in person.items() if not (isinstance(v, np.ndarray) and v.dtype == object)}
    else:
        person[name] = rng.choice((None, "text", [], {}, -1, 1e308, [[]], np.zeros((0, 72)), b"\xff", float("nan")))
    return {**result, key: person}


def bvh_text() -> str:
    """A BVH of Mixamo's bones in a straight chain: enough to be read."""
    from core.motion_import.rigs import BVH_RIGS

    names = list(BVH_RIGS[-1].joint_bones().values())
    lines, closing = ["HIERARCHY"], []
    for number, name in enumerate(dict.fromkeys(names)):
        kind = "JOINT" if number else "ROOT"
        channels = "3 Zrotation Xrotation Yrotation"
        if not number:
            channels = "6 Xposition Yposition Zposition Zrotation Xrotation Yrotation"
        lines += [f"{kind} {name}", "{", f"OFFSET {number % 3}.0 5.0 {number % 2}.0", f"CHANNELS {channels}"]
        closing.append("}")
    count = 3 * len(closing) + 3
    lines += ["End Site", "{", "OFFSET 0 1 0", "}", *closing, "MOTION", f"Frames: {FRAME_COUNT}", "Frame Time: 0.0333"]
    rng = np.random.default_rng(10)
    lines += [" ".join(f"{value:.3f}" for value in rng.normal(0, 9, count)) for _ in range(FRAME_COUNT)]
    return "\n".join(lines) + "\n"


def bvh_seeds(_folder: Path) -> list[Input]:
    return [Input("walk.bvh", bvh_text().encode())]


def make_bvh(rng: Random, corpus: list[Input]) -> Input:
    source = rng.choice(corpus)
    if rng.random() < 0.5:
        return Input(source.name, change_bytes(rng, source.data, [item.data for item in corpus]))
    lines = source.data.decode("utf-8", "replace").splitlines() or [""]
    for _ in range(rng.randint(1, 3)):
        place = rng.randrange(len(lines))
        words = lines[place].split() or [""]
        wrong = (
            "nan",
            "inf",
            "-1",
            "0",
            "1e308",
            "1e-308",
            "99999999999",
            "}",
            "{",
            "JOINT",
            "CHANNELS",
            "",
            "Wrotation",
        )
        words[rng.randrange(len(words))] = rng.choice(wrong)
        lines[place : place + rng.choice((0, 1, 1, 1, 3))] = [" ".join(words)]
    if rng.random() < 0.1:
        lines = ["HIERARCHY", *["JOINT a\n{"] * rng.choice((2, 5000)), *lines[1:]]
    return Input(source.name, "\n".join(lines).encode())


def import_file(path: Path) -> None:
    """Import a file; a motion that comes out must be one that loads."""
    output = path.parent / "imported" / "motion.npz"
    output.parent.mkdir()
    import_motion(ImportSettings(path, output), _Silent())
    for made in output.parent.iterdir():
        check_motion(load_motion(made))


class _Silent:
    def emit(self, event: object) -> None: ...


KINDS = (
    Kind("result", 170, result_seeds, make_result, import_file),
    Kind("bvh", 90, bvh_seeds, make_bvh, import_file),
)
