"""Small text files: descriptions of networks, presets, ledgers, calibrations, lists of packages."""

import json
from pathlib import Path
from random import Random

from core.batch.ledger import Ledger, Record, Stamp
from core.confidence import CONFIDENCE_FILE, load_calibration
from core.errors import BodyFileError
from core.pare_config import SETTINGS, check_pare_yaml
from core.user_network_file import read_user_network_file

from .addon import addon_module
from .inputs import Input, Kind, change_bytes, make_from_bytes

TOML = b"""file = "network.onnx"
licence = "my own"
[input]
side = 256
channel_order = "RGB"
mean = [0.5, 0.5, 0.5]
std = [0.2, 0.2, 0.2]
crop_scale = 1.2
[rotations]
output = ["pose"]
format = "rot6d"
joint_order = "smpl"
"""
VALUES = (
    *("nan", "inf", "-1", "0", "1e400", "9" * 4000, '""', '"\\u0000"', "[]", "{}", "true", "1979-05-27", "[" * 3000),
    *("0x" + "f" * 400, "[[[]]]", "{a = {b = 1}}", '"../../../etc/passwd"', "'$(touch canary)'"),
)
DEEP = ("[" * 100_000, '{"a":' * 50_000, "[" * 1000 + "]" * 1000)


def toml_seeds(_folder: Path) -> list[Input]:
    return [Input("network.toml", TOML)]


def make_toml(rng: Random, corpus: list[Input]) -> Input:
    if rng.random() < 0.35:
        return make_from_bytes(rng, corpus)
    lines = TOML.decode().splitlines()
    place = rng.randrange(len(lines))
    key = lines[place].partition("=")[0]
    lines[place] = f"{key.strip() or 'x'} = {rng.choice(VALUES)}"
    if rng.random() < 0.2:
        lines.insert(rng.randrange(len(lines)), rng.choice(("[input]", "[[input]]", "[a.b.c]", "side = 3", "\ufeff")))
    return Input("network.toml", "\n".join(lines).encode())


def read_toml(path: Path) -> None:
    read_user_network_file(path)


def _changed_json(rng: Random, data: bytes) -> bytes:
    """Return JSON in which one value at any depth is another, or broken text."""
    if rng.random() < 0.3:
        return rng.choice((change_bytes(rng, data, [data]), rng.choice(DEEP).encode(), b"\xef\xbb\xbf" + data))
    content = json.loads(data)
    node = content
    while True:
        keys = list(node) if isinstance(node, dict) else range(len(node))
        if not keys:
            break
        key = rng.choice(list(keys))
        if isinstance(node[key], dict | list) and rng.random() < 0.6:
            node = node[key]
            continue
        wrong = (None, -1, 1e308, 10**400, "", "x" * 5000, [], {}, [None], True, float("nan"), "\ud800", "../../canary")
        node[key] = rng.choice(wrong)
        break
    return json.dumps(content).encode()


def make_json(rng: Random, corpus: list[Input]) -> Input:
    return Input(corpus[0].name, _changed_json(rng, corpus[0].data))


def preset_seeds(_folder: Path) -> list[Input]:
    bone_map = addon_module("retarget.bone_map")
    content = {"format": bone_map.FILE_FORMAT, **bone_map.map_to_contents(bone_map.known_maps()[0])}
    return [Input("preset.json", json.dumps(content).encode())]


def read_preset(path: Path) -> None:
    bone_map = addon_module("retarget.bone_map")
    loaded = bone_map.load_bone_map(path)
    bone_map.save_bone_map(loaded, path.parent / "saved" / "again.json") if _made(path.parent / "saved") else None
    assert bone_map.load_bone_map(path.parent / "saved" / "again.json") == loaded


def _made(folder: Path) -> bool:
    folder.mkdir()
    return True


def calibration_seeds(_folder: Path) -> list[Input]:
    return [Input("confidence.json", CONFIDENCE_FILE.read_bytes())]


def read_calibration(path: Path) -> None:
    import numpy as np

    calibration = load_calibration(path)
    assert np.isfinite(calibration.weights).all() and np.isfinite(calibration.joint_biases).all()


def ledger_seeds(folder: Path) -> list[Input]:
    ledger = Ledger(folder)
    (ledger.folder / "videos").mkdir(parents=True)
    ledger.write(Record("a.mp4", "done", "a", Stamp(3, 4), {"people": "main"}, "run", ("a.npz",), 1.5, 30, 1, "well"))
    return [Input("record.json", next((ledger.folder / "videos").iterdir()).read_bytes())]


def read_ledger(path: Path) -> None:
    ledger = Ledger(path.parent)
    target = ledger._path("a.mp4")
    target.parent.mkdir(parents=True)
    target.write_bytes(path.read_bytes())
    record = ledger.read("a.mp4")
    for known in ledger.read_all().values():
        ledger.has_all_files(known)
    for entry in sorted(ledger.folder.rglob("*"), reverse=True):
        entry.unlink() if entry.is_file() else entry.rmdir()
    ledger.folder.rmdir()
    if record is None:
        raise BodyFileError("The record was passed over, as the ledger does with what is damaged.")


def packages_seeds(_folder: Path) -> list[Input]:
    content = {"python": ["cp311"], "platform": "linux_x64", "files": {"a-1-cp311-cp311-any.whl": "00" * 32}}
    return [Input("wheels.json", json.dumps(content).encode())]


def read_packages(path: Path) -> None:
    bundled = addon_module("bundled_packages")
    packages = bundled.read_package_list(path.parent)
    assert packages is not None
    fitting = packages.for_python("cp311")
    private = path.parent / "private"
    try:
        bundled.unpack_packages(fitting, private, lambda _done, _total: None)
    finally:
        import shutil

        shutil.rmtree(private, ignore_errors=True)


def yaml_seeds(_folder: Path) -> list[Input]:
    lines = []
    for name, setting in SETTINGS.items():
        section, _, key = name.rpartition(".")
        if section and f"{section}:" not in lines:
            lines.append(f"{section}:")
        lines.append(f"  {key}: {setting.required}" if section else f"{key}: {setting.required}")
    return [Input("config.yaml", "\n".join(lines).encode())]


def read_yaml(path: Path) -> None:
    check_pare_yaml(path)


KINDS = (
    Kind("network file", 50, toml_seeds, make_toml, read_toml),
    Kind("bone map", 60, preset_seeds, make_json, read_preset),
    Kind("calibration", 20, calibration_seeds, make_json, read_calibration),
    Kind("ledger", 25, ledger_seeds, make_json, read_ledger),
    Kind("packages", 20, packages_seeds, make_json, read_packages),
    Kind("pare yaml", 20, yaml_seeds, make_from_bytes, read_yaml),
)
