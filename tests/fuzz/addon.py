"""Modules of the add-on that need no Blender, imported without one."""

import importlib
import importlib.util
import sys
import types
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "jointwise_fuzzed"


def addon_module(name: str) -> types.ModuleType:
    """Return `blender_addon.NAME`; its package's own file, which needs bpy, is passed over."""
    for package, folder in ((PACKAGE, ROOT), (f"{PACKAGE}.blender_addon", ROOT / "blender_addon")):
        if package not in sys.modules:
            module = types.ModuleType(package)
            module.__path__ = [str(folder)]
            sys.modules[package] = module
    return importlib.import_module(f"{PACKAGE}.blender_addon.{name}")


def is_ours(error: BaseException) -> bool:
    """Whether an error is one of the hierarchy, as the core or as the add-on knows it."""
    return any(base.__name__ == "JointwiseError" for base in type(error).__mro__)
