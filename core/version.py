"""The version, which stands in one place: the extension's manifest beside this package."""

import tomllib
from pathlib import Path

_MANIFEST = Path(__file__).resolve().parent.parent / "blender_manifest.toml"


def read_version() -> str:
    """Return the version of the extension's manifest, or `unknown` where the manifest is not beside the package."""
    try:
        return str(tomllib.loads(_MANIFEST.read_text(encoding="utf-8"))["version"])
    except (OSError, KeyError, tomllib.TOMLDecodeError):
        return "unknown"
