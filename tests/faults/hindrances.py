"""Disks, memory, names, clocks and readers that get in the core's way."""

import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from .core_process import EXCERPT, Fault, ended, estimate_arguments, faults_of_folder, start

NAMES = (
    "a b.npz",
    'quote\'s "here".npz',
    "$(touch canary) `touch canary`; touch canary & #.npz",
    "-x.npz",
    "two\nlines.npz",
    "Übung 走る 🏃.npz",
    "n" * 251 + ".npz",
    "%03d.npz",
    "con*?<>|.npz",
)
MEMORY_MB = (150, 300, 500, 700, 900, 1200, 1600, 2200, 3000)
CLOCK_GOES_BACK = """
import itertools, runpy, sys, time
hours = itertools.count()
true_time = time.time
time.time = lambda: true_time() - 3600.0 * next(hours)
sys.argv[0] = "core"
runpy.run_module("core", run_name="__main__", alter_sys=True)
"""


def _refused(name: str, folder: Path, process: subprocess.Popen, codes=(2,)) -> Fault:
    """Judge a run that cannot succeed: the right exit code, one sentence, and nothing left."""
    code, words, stderr = ended(process)
    wrong = faults_of_folder(folder, (), may_have_partial=False) if folder.exists() else []
    clear = len(stderr.strip().splitlines()) == 1 and "unexpected error" not in stderr
    return Fault(name, code in codes and clear and not wrong, f"{code} {words} {wrong} {stderr[-300:]}")


def full_disk(folder: Path) -> Iterator[Fault]:
    """A limit on the size of files, as a full disk or quota is; then a full disk, where one may be mounted."""

    def limit(size):
        return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    for size in (0, 512, 8192):
        process = start(estimate_arguments(folder / "out.npz"), preexec_fn=limit(size))
        yield _refused("files that may not grow", folder, process)
    disk = folder / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        yield Fault("full disk", True, "skipped: no disk may be mounted here")
        return
    try:
        yield _refused("full disk", disk, start(estimate_arguments(disk / "out.npz")))
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True, capture_output=True)
        yield _refused("read-only disk", disk, start(estimate_arguments(disk / "out.npz")))
    finally:
        subprocess.run(["umount", str(disk)], check=False, capture_output=True)


def read_only_folder(folder: Path) -> Iterator[Fault]:
    if Path("/proc/self").is_dir():
        yield _refused("read-only folder", folder, start(estimate_arguments("/proc/self/out.npz")))
    if os.getuid() != 0:
        folder.chmod(0o500)
        yield _refused("read-only folder", folder, start(estimate_arguments(folder / "out.npz")))
        folder.chmod(0o700)


def folder_goes(folder: Path) -> Iterator[Fault]:
    """The folder of the output is removed while the core tracks."""
    target = folder / "gone"
    target.mkdir()
    process = start(estimate_arguments(target / "out.npz"))
    for line in process.stdout:
        if '"track"' in line:
            shutil.rmtree(target)
            break
    yield _refused("folder removed on the way", folder, process)


def little_memory(folder: Path, sizes_mb=MEMORY_MB) -> Iterator[Fault]:
    """Address space for nothing, for the interpreter, for a part of the libraries, for all of it."""
    for size_mb in sizes_mb:
        process = start(estimate_arguments(folder / "out.npz"), preexec_fn=_limit_memory(size_mb << 20))
        code, words, stderr = ended(process)
        wrong = faults_of_folder(folder, ("out.npz",), may_have_partial=code < 0)
        # A library may abort; the add-on then says that the process ended, with its last words.
        fine = not wrong and code != -999 and (code != 0 or (folder / "out.npz").exists())
        yield Fault("memory limit", fine, f"{size_mb} MB: {code} {words} {wrong} {stderr[-200:]}")
        shutil.rmtree(folder)
        folder.mkdir()


def _limit_memory(size: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(resource.RLIMIT_AS, (size, size))


def odd_names(folder: Path, names=NAMES) -> Iterator[Fault]:
    """Outputs, and the video itself, under names that a shell or a library might take for something else."""
    for name in names:
        video = folder / name.replace(".npz", ".mp4")
        shutil.copyfile(EXCERPT, video)
        # A name that begins with a dash is given as a user's shell would complete it: from the folder.
        argument = f"./{name}" if name.startswith("-") else name
        arguments = ["estimate", argument.replace(".npz", ".mp4"), f"--output={argument}", *estimate_arguments("")[4:]]
        code, words, stderr = ended(start(arguments, cwd=folder))
        found = sorted(path.name for path in folder.iterdir())
        fine = code == 0 and found == sorted((name, video.name))
        yield Fault("odd names", fine, f"{name!r}: {code} {words} {found} {stderr[-300:]}")
        shutil.rmtree(folder)
        folder.mkdir()


def clock_goes_back(folder: Path) -> Iterator[Fault]:
    """Each look at the wall clock finds it an hour earlier."""
    prefix = [sys.executable, "-c", CLOCK_GOES_BACK]
    code, words, stderr = ended(start(estimate_arguments(folder / "out.npz"), prefix=prefix))
    wrong = faults_of_folder(folder, ("out.npz",), may_have_partial=False)
    yield Fault("clock set back", code == 0 and not wrong, f"{code} {words} {wrong} {stderr[-300:]}")


def two_at_once(folder: Path) -> Iterator[Fault]:
    """Two estimates to the same output: both end well, and one whole file is there."""
    processes = [start(estimate_arguments(folder / "out.npz")) for _ in range(2)]
    answers = [ended(process) for process in processes]
    wrong = faults_of_folder(folder, ("out.npz",), may_have_partial=False)
    fine = [code for code, _, _ in answers] == [0, 0] and not wrong and (folder / "out.npz").exists()
    yield Fault("two to the same output", fine, f"{answers} {wrong}")


def reader_goes(folder: Path, rng: random.Random, count: int) -> Iterator[Fault]:
    """Whoever reads the events closes the pipe after so many lines: Blender was killed, say."""
    for _ in range(count):
        process = start(estimate_arguments(folder / "out.npz"))
        for _ in range(rng.randint(1, 5)):
            process.stdout.readline()
        process.stdout.close()
        stderr = process.stderr.read()
        code = process.wait(60)
        wrong = faults_of_folder(folder, ("out.npz",), may_have_partial=False)
        fine = code in (0, 130) and not wrong and "Traceback" not in stderr
        yield Fault("closed stdout", fine, f"{code} {wrong} {stderr[-300:]}")
        (folder / "out.npz").unlink(missing_ok=True)


CARD_IS_FULL = """
import runpy, sys
import core.models.onnx_engine as engine
def run(self, inputs):
    raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
class Session:
    def run(self, *_):
        run(self, _)
original = engine.OnnxNetwork.__init__
def start(self, *arguments, **options):
    original(self, *arguments, **options)
    self.session = Session()
engine.OnnxNetwork.__init__ = start
sys.argv[0] = "core"
runpy.run_module("core", run_name="__main__", alter_sys=True)
"""


def card_is_full(folder: Path) -> Iterator[Fault]:
    """The engine says that the card's memory is full, as CUDA's words are (simulated: no card here)."""
    prefix = [sys.executable, "-c", CARD_IS_FULL]
    arguments = estimate_arguments(folder / "out.npz", "--engine", "onnx")
    yield _refused("graphics memory full", folder, start(arguments, prefix=prefix))


def fresh_folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="jointwise-faults-"))
