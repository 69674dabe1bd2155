"""The ONNX files in core/assets/onnx: made from the committed weights, anew when weights or exporter have changed."""

import hashlib
import shutil
import tempfile
from pathlib import Path
from typing import Final

from .console import run_logged, say
from .file_lock import file_lock
from .layout import DEV_FOLDER, LOCKS_FOLDER, ONNX_FOLDER, ROOT

_STAMP: Final = ONNX_FOLDER / "made-from.txt"


def ensure_onnx_files(core_python: Path) -> None:
    """Make the ONNX files where they are missing or not made from the present weights.

    Raises:
        SetupError: the export failed.
    """
    if _is_current():
        return
    with file_lock(DEV_FOLDER / "onnx.lock"):
        if _is_current():
            return
        say("Making the ONNX files from the weights ...")
        stamp = _source_hash()
        with tempfile.TemporaryDirectory(dir=DEV_FOLDER) as folder:
            run_logged([core_python, "-m", "core", "export-onnx", "--output", folder], "export-onnx")
            _STAMP.unlink(missing_ok=True)
            ONNX_FOLDER.mkdir(parents=True, exist_ok=True)
            for path in Path(folder).iterdir():
                shutil.move(path, ONNX_FOLDER / path.name)
        _STAMP.write_text(stamp, encoding="utf-8")


def _is_current() -> bool:
    return _STAMP.exists() and _STAMP.read_text(encoding="utf-8") == _source_hash()


def _source_hash() -> str:
    """Return the hash of everything that the files are made from: weights, exporter, versions of the packages."""
    core = ROOT / "core"
    sources = [*core.glob("assets/*.safetensors"), *core.glob("assets/*.json"), *core.glob("conversion/export_*.py")]
    digest = hashlib.sha256()
    for path in [*sorted(sources), *sorted(core.glob("models/*.py")), LOCKS_FOLDER / "core.txt"]:
        digest.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
