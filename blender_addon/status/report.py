"""The report for a question or a bug: versions, packages, networks, devices, and what was said last."""

import json
import platform
import tomllib
from pathlib import Path
from typing import Any, Final

import numpy as np

from ...core.errors import JointwiseError
from ...core.protocol import PROTOCOL_VERSION
from ..bundled_packages import unpacked_folder
from ..compat import blender_name
from ..messages import MESSAGES
from ..preference_values import core_python, network_files, private_folder
from ..worker_runtime import bundled_packages, choose_interpreter, extension_root

NETWORKS: Final = Path("core") / "assets" / "onnx"


def report_text(context: Any) -> str:
    """Return the report, a fact a line; in English, as it is for those who help."""
    parts = [
        *_versions(),
        *_core_lines(context),
        *_network_lines(),
        *_own_network_lines(context),
        *_last_run_lines(),
    ]
    return "\n".join(parts) + "\n"


def engines_of(motion_path: Path) -> dict[str, str]:
    """Return which engine ran each network of a motion file, and on what device; empty where it does not say."""
    try:
        with np.load(motion_path, allow_pickle=False) as archive:
            engines = json.loads(str(archive["metadata"])).get("engines", {})
    except (OSError, ValueError, KeyError, AttributeError):
        return {}
    return {str(name): str(engine) for name, engine in engines.items()} if isinstance(engines, dict) else {}


def _versions() -> list[str]:
    return [
        f"Jointwise {_own_version()}, protocol {PROTOCOL_VERSION}, in {extension_root()}",
        f"Blender {blender_name()}, Python {platform.python_version()}, numpy {np.__version__}",
        f"{platform.platform()}, {platform.machine()}",
    ]


def _own_version() -> str:
    try:
        return str(tomllib.loads((extension_root() / "blender_manifest.toml").read_text(encoding="utf-8"))["version"])
    except (OSError, KeyError, tomllib.TOMLDecodeError):
        return "unknown"


def _core_lines(context: Any) -> list[str]:
    """Return where the core runs and with which packages."""
    try:
        interpreter = choose_interpreter(core_python(context))
        packages = bundled_packages(extension_root())
    except JointwiseError as error:
        return [f"Core: {error}"]
    lines = [f"Core: {interpreter.path} ({interpreter.origin})"]
    if packages is None:
        return [*lines, "Packages: none are bundled; that Python's own are used"]
    names = ", ".join(" ".join(name.split("-")[:2]) for name in sorted(packages.sha256_by_file))
    state = "unpacked" if unpacked_folder(packages, private_folder()) else "not unpacked yet"
    use = state if interpreter.origin == "blender" else "not used by that Python"
    return [*lines, f"Packages ({use}): {names}"]


def _network_lines() -> list[str]:
    files = sorted((extension_root() / NETWORKS).glob("*.onnx"))
    names = ", ".join(f"{path.stem} {path.stat().st_size / 1e6:.1f} MB" for path in files)
    return [f"Networks: {names or 'none; they are made at the first run in a checkout'}"]


def _own_network_lines(context: Any) -> list[str]:
    files = {name: path for name, path in vars(network_files(context)).items() if path is not None}
    return [f"Own {name}: {path} ({'exists' if path.is_file() else 'is missing'})" for name, path in files.items()]


def _last_run_lines() -> list[str]:
    engines = ", ".join(f"{name} by {engine}" for name, engine in sorted(MESSAGES.engines.items()))
    return [
        f"Last estimate: {engines or 'none in this session'}",
        *([f"Error: {MESSAGES.error}"] if MESSAGES.error else []),
        *(f"Warning: {warning}" for warning in MESSAGES.warnings),
        *(["Log:", MESSAGES.log] if MESSAGES.log else []),
    ]
