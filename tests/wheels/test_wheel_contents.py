"""What a wheel's file says of itself: modules, licence and machines; and the lists against the real wheels."""

import struct
import zipfile
from pathlib import Path

import pytest

from wheels.console import SetupError
from wheels.layout import WHEEL_FOLDER
from wheels.wheel_contents import check_machines, machines_of, read_contents
from wheels.wheel_list import ZIP_TARGETS, ZipTarget, load_wheel_list

ELF_X86 = b"\x7fELF" + bytes(14) + struct.pack("<H", 62)
ELF_ARM = b"\x7fELF" + bytes(14) + struct.pack("<H", 183)
MACH_O_ARM = b"\xcf\xfa\xed\xfe" + struct.pack("<I", 0x0100000C)
MACH_O_BOTH = b"\xca\xfe\xba\xbe" + struct.pack(">I", 2) + b"".join(
    struct.pack(">IIIII", kind, 0, 0, 0, 0) for kind in (0x01000007, 0x0100000C)
)  # fmt: skip
PE_X86 = b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + struct.pack("<H", 0x8664)


def make_wheel(folder: Path, files: dict[str, bytes], metadata: str = "License-Expression: MIT") -> Path:
    wheel = folder / "thing-1.0-cp311-cp311-win_amd64.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("thing-1.0.dist-info/METADATA", f"Name: thing\nVersion: 1.0\n{metadata}\n\nWords.\n")
        for name, content in files.items():
            archive.writestr(name, content)
    return wheel


def test_modules_are_what_can_be_imported(tmp_path: Path) -> None:
    names = [
        *("thing/__init__.py", "thing/part.py", "thing/_hidden.py", "thing/deep/more/leaf.py", "thing/data.txt"),
        *("lone.py", "fast.cp311-win_amd64.pyd", "thing-1.0.data/purelib/moved/__init__.py", "bad-name/x.py"),
    ]
    contents = read_contents(make_wheel(tmp_path, dict.fromkeys(names, b"")))
    assert contents.modules == ("fast", "lone", "moved", "thing", "thing.deep", "thing.part")
    assert contents.license == "MIT"


def test_old_statement_of_a_licence_becomes_an_expression(tmp_path: Path) -> None:
    assert read_contents(make_wheel(tmp_path, {}, "License: 3-Clause BSD License")).license == "BSD-3-Clause"
    with pytest.raises(SetupError, match=r"thing-1\.0.*Beerware"):
        read_contents(make_wheel(tmp_path, {}, "License: Beerware"))


@pytest.mark.parametrize(
    ("head", "machines"),
    [
        (ELF_X86, ["ELF x86-64"]),
        (ELF_ARM, ["ELF arm64"]),
        (MACH_O_ARM, ["Mach-O arm64"]),
        (MACH_O_BOTH, ["Mach-O x86-64", "Mach-O arm64"]),
        (PE_X86, ["PE x86-64"]),
        (b"text", []),
    ],
)
def test_machine_is_read_from_the_head(head: bytes, machines: list[str]) -> None:
    assert machines_of(head) == machines


def test_library_for_another_machine_is_named(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, {"thing/good.pyd": PE_X86, "thing/bad.pyd": ELF_X86})
    with pytest.raises(SetupError, match=r"thing/bad\.pyd is made for ELF x86-64, not for PE x86-64"):
        check_machines(wheel, "windows-x64")
    assert check_machines(make_wheel(tmp_path, {"thing/good.pyd": PE_X86}), "windows-x64") == 1


@pytest.mark.parametrize("target", ZIP_TARGETS, ids=lambda target: target.name)
def test_tags_of_the_names_fit_the_target(target: ZipTarget) -> None:
    machine = {"linux-x64": "x86_64", "windows-x64": "win_amd64", "macos-arm64": ("arm64", "universal2")}
    wheels = load_wheel_list(target)
    assert set(wheels.contents) == set(wheels.files)
    for name in wheels.files:
        python, abi, platform = name.removesuffix(".whl").split("-")[-3:]
        assert platform == "any" or platform.endswith(machine[target.platform]), name
        assert abi in ("none", "abi3", target.python), name
        assert abi != target.python or python == target.python, name


@pytest.mark.parametrize("target", ZIP_TARGETS, ids=lambda target: target.name)
def test_list_says_what_the_real_wheels_hold(target: ZipTarget) -> None:
    folder, wheels = WHEEL_FOLDER / target.name, load_wheel_list(target)
    there = [name for name in wheels.files if (folder / name).is_file()]
    if not there:
        pytest.skip(f"the wheels of {target.name} are not on this machine; dev.py build fetches them")
    for name in there:
        assert read_contents(folder / name) == wheels.contents[name]
        check_machines(folder / name, target.platform)
