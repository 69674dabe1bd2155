"""The bill of materials names everything that ships but plain code, with hash, terms and address."""

import hashlib
import re
from dataclasses import replace

import pytest

from wheels.console import SetupError
from wheels.layout import ROOT
from wheels.sbom import DATA_LICENSES, inventory_text, make_sbom, sbom_text
from wheels.stage import shipped_files
from wheels.wheel_list import ZIP_TARGETS, ZipTarget, load_wheel_list

LICENSE_WORDS = {
    *("GPL-3.0-or-later", "Apache-2.0", "BSD-3-Clause", "BSD-2-Clause", "MIT", "0BSD", "Zlib", "CC0-1.0"),
    *("AND", "OR"),
}
"""All SPDX identifiers that ship today; each allows selling, and each goes with the GPL."""


@pytest.mark.parametrize("target", ZIP_TARGETS, ids=lambda target: target.name)
def test_bill_has_the_fields_of_its_format_for_every_part(target: ZipTarget) -> None:
    wheels, files = load_wheel_list(target), shipped_files()
    sbom = make_sbom("1.2.3", wheels, files)
    assert (sbom["bomFormat"], sbom["specVersion"], sbom["version"]) == ("CycloneDX", "1.5", 1)
    parts = sbom["components"]
    by_name = {part["name"]: part for part in parts}
    data = [name for name in files if name.endswith((".onnx", ".npz"))]
    assert set(data) <= set(by_name)
    assert len(parts) == len(by_name) == len(wheels.files) + len([name for name in DATA_LICENSES if name in files])
    for part in [sbom["metadata"]["component"], *parts]:
        assert part["type"] in {"application", "library", "data"}
        assert part["purl"].startswith(("pkg:pypi/", "pkg:generic/"))
        assert set(re.split(r"[ ()]+", part["licenses"][0]["expression"])) <= LICENSE_WORDS
    for part in parts:
        (digest,) = part["hashes"]
        assert digest["alg"] == "SHA-256"
        assert re.fullmatch("[0-9a-f]{64}", digest["content"])
    references = [part["bom-ref"] for part in parts]
    assert len(set(references)) == len(references)
    assert sbom["dependencies"][0]["dependsOn"] == references
    assert {part["hashes"][0]["content"] for part in parts if part["type"] == "library"} == set(wheels.files.values())
    body = by_name["core/assets/open_body.npz"]
    assert body["hashes"][0]["content"] == hashlib.sha256((ROOT / body["name"]).read_bytes()).hexdigest()


def test_bill_is_the_same_at_every_build_and_the_inventory_has_all_its_lines() -> None:
    wheels, files = load_wheel_list(ZIP_TARGETS[0]), shipped_files()
    sbom = make_sbom("1.2.3", wheels, files)
    assert sbom_text(make_sbom("1.2.3", wheels, files)) == sbom_text(sbom)
    inventory = inventory_text(sbom)
    assert inventory.count("\n| ") == len(sbom["components"]) + 2
    assert "| numpy | 2." in inventory


def test_parts_without_terms_stop_the_build() -> None:
    wheels = load_wheel_list(ZIP_TARGETS[0])
    with pytest.raises(SetupError, match=r"new\.onnx ships"):
        make_sbom("1", wheels, ["core/assets/onnx/new.onnx"])
    with pytest.raises(SetupError, match=r"says nothing about"):
        make_sbom("1", replace(wheels, contents={}), [])
