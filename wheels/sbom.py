"""The bill of materials of a zip, as CycloneDX 1.5 JSON: our code, the weights, the wheels, and the terms of each.

Holds no time and no serial number, so that two builds are equal byte for byte.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from .console import SetupError
from .layout import ROOT
from .wheel_list import WheelList

SBOM_NAME: Final = "sbom.cdx.json"
INVENTORY_NAME: Final = "licence_inventory.md"
OUR_LICENSE: Final = "GPL-3.0-or-later"

DATA_LICENSES: Final = {
    "core/assets/open_body.npz": ("CC0-1.0", "MakeHuman's base mesh, targets and rigs"),
    "core/assets/confidence.json": (OUR_LICENSE, "fitted by this project"),
    "core/assets/onnx/blazepose_detector.onnx": ("Apache-2.0", "BlazePose of MediaPipe, converted"),
    "core/assets/onnx/blazepose_full.onnx": ("Apache-2.0", "BlazePose of MediaPipe, converted"),
    "core/assets/onnx/blazepose_heavy.onnx": ("Apache-2.0", "BlazePose of MediaPipe, converted"),
    "core/assets/onnx/nanodet_detector.onnx": ("Apache-2.0", "NanoDet-g by RangiLyu, converted"),
    "core/assets/onnx/open_lifter.onnx": (OUR_LICENSE, "trained by this project"),
    "core/assets/onnx/open_temporal.onnx": (OUR_LICENSE, "trained by this project"),
    "core/assets/onnx/open_contacts.onnx": (OUR_LICENSE, "trained by this project"),
}
"""Terms and origin of the weights and of other data that ship; LICENSES.md tells the whole story."""


def make_sbom(version: str, wheels: WheelList, files: list[str]) -> dict[str, Any]:
    """Return the bill of materials of a zip with these wheels and shipped files.

    Raises:
        SetupError: a shipped weights file has no line in DATA_LICENSES, or a wheel none in the lock file.
    """
    data = [name for name in files if name.endswith((".onnx", ".npz")) or name in DATA_LICENSES]
    components = [*map(_data_component, data), *(_wheel_component(wheels, name) for name in wheels.files)]
    ours = _component("application", "jointwise", version, OUR_LICENSE, f"pkg:generic/jointwise@{version}")
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "component": ours,
            "properties": [
                {"name": "jointwise:platform", "value": wheels.target.platform},
                {"name": "jointwise:python", "value": wheels.target.python},
            ],
        },
        "components": components,
        "dependencies": [{"ref": ours["bom-ref"], "dependsOn": [part["bom-ref"] for part in components]}],
    }


def sbom_text(sbom: Mapping[str, Any]) -> str:
    """Return the file's text."""
    return json.dumps(sbom, indent=2) + "\n"


def inventory_text(sbom: Mapping[str, Any]) -> str:
    """Return the licence inventory for people: a table with a line for each part."""
    ours = sbom["metadata"]["component"]
    where = ", ".join(entry["value"] for entry in sbom["metadata"]["properties"])
    lines = [
        f"# What is in Jointwise {ours['version']} for {where}, and on what terms",
        "",
        "LICENSES.md says where each part comes from. Every wheel carries its own licence texts.",
        "",
        "| part | version | licence | SHA-256 |",
        "|---|---|---|---|",
        f"| Jointwise's own code | {ours['version']} | {OUR_LICENSE} | |",
    ]
    for part in sbom["components"]:
        digest = part["hashes"][0]["content"]
        lines.append(f"| {part['name']} | {part['version']} | {part['licenses'][0]['expression']} | `{digest}` |")
    return "\n".join(lines) + "\n"


def _wheel_component(wheels: WheelList, file_name: str) -> dict[str, Any]:
    if file_name not in wheels.contents:
        raise SetupError(f"{wheels.target.lock_name} says nothing about {file_name}: run dev.py lock --only-zips.")
    name, version = file_name.split("-")[:2]
    # Source: the purl specification; PyPI's names are in lower case, with hyphens.
    name = name.replace("_", "-").lower()
    purl = f"pkg:pypi/{name}@{version}?file_name={file_name}"
    part = _component("library", name, version, wheels.contents[file_name].license, purl)
    return part | {"hashes": _sha256(wheels.files[file_name])}


def _data_component(name: str) -> dict[str, Any]:
    if name not in DATA_LICENSES:
        raise SetupError(f"{name} ships, but wheels/sbom.py does not say on what terms.")
    expression, origin = DATA_LICENSES[name]
    digest = hashlib.sha256((ROOT / name).read_bytes()).hexdigest()
    part = _component("data", name, digest[:12], expression, f"pkg:generic/{name}?checksum=sha256:{digest}")
    return part | {"description": origin, "hashes": _sha256(digest)}


def _component(kind: str, name: str, version: str, expression: str, purl: str) -> dict[str, Any]:
    licenses = [{"expression": expression}]
    return {"type": kind, "bom-ref": purl, "name": name, "version": version, "licenses": licenses, "purl": purl}


def _sha256(digest: str) -> list[dict[str, str]]:
    return [{"alg": "SHA-256", "content": digest}]
