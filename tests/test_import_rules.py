"""Who may import whom: the directions between the packages, held by walking every file's imports."""

import ast
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

CONTRACT = {
    f"core.{name}"
    for name in (
        *("protocol", "settings", "skeleton", "errors", "motion", "body_file", "smpl_files", "rotations"),
        *("segments", "leg_ik", "foot_spells", "whole_file", "array_archive"),
    )
}
"""The files of the core that the add-on may import."""

DEVELOPMENT = ("core.training", "core.conversion", "core.bench")
DEVELOPMENT_ENTRY = "core.development_commands"
HEAVY_EXTRAS = {"torch", "onnx", "safetensors", "smplx", "ultralytics", "torchvision", "tflite", "ray"}
FOREIGN_TO_BLENDER = {"torch", "cv2", "scipy", "onnxruntime", *HEAVY_EXTRAS}
PIPELINE_STAGES = (
    "command_line",
    "pipeline",
    "video",
    "person_tracker",
    "people",
    "backbones",
    "track_motion",
    "overlay",
    "reporting",
)
ADDON_FRONT = {"operators", "panels", "panel", "properties", "preferences", "core_run", "estimate_run", "callback"}
"""Files that know Blender's user interface or the scene's settings, in the add-on and in the package of a feature."""


@dataclass(frozen=True)
class Import:
    """One import: which file, which line, what (a dotted name from the root), and whether it runs with the module."""

    importer: str
    line: int
    target: str
    is_eager: bool
    level: int

    @property
    def top(self) -> str:
        return self.target.partition(".")[0]

    def __str__(self) -> str:
        return f"{self.importer}:{self.line} imports {self.target}"


@cache
def modules() -> dict[str, Path]:
    """Every module of the project by dotted name; a package's name stands for its __init__.py."""
    found = {}
    for package in ("core", "blender_addon", "wheels"):
        for path in (ROOT / package).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@cache
def imports_of(module: str) -> tuple[Import, ...]:
    path = modules()[module]
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return tuple(_imports_below(tree, module, package, is_eager=True))


def _imports_below(node: ast.AST, module: str, package: str, is_eager: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(module, child.lineno, alias.name, is_eager, 0)
        elif isinstance(child, ast.ImportFrom):
            base = _absolute_base(child, package)
            for alias in child.names:
                submodule = f"{base}.{alias.name}"
                yield Import(module, child.lineno, submodule if submodule in modules() else base, is_eager, child.level)
        elif not (isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)):
            is_function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from _imports_below(child, module, package, is_eager and not is_function)


def _absolute_base(node: ast.ImportFrom, package: str) -> str:
    if node.level == 0:
        return node.module or ""
    parts = package.split(".")
    # A relative import that leaves the package leads to the extension's root.
    parts = parts[: max(len(parts) - node.level + 1, 0)]
    return ".".join([*parts, node.module] if node.module else parts)


def all_imports(package: str) -> Iterator[Import]:
    for module in modules():
        if _is_in(module, package):
            yield from imports_of(module)


def _is_in(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def eager_closure(starts: Iterable[str]) -> set[str]:
    """Every module of the project that runs when the starting modules are imported, their packages included."""
    seen: set[str] = set()
    waiting = list(starts)
    while waiting:
        module = waiting.pop()
        if module in seen or module not in modules():
            continue
        seen.add(module)
        waiting += [module.rpartition(".")[0], *(found.target for found in imports_of(module) if found.is_eager)]
    return seen


def is_front(module: str) -> bool:
    return module == "blender_addon" or (_is_in(module, "blender_addon") and module.rpartition(".")[2] in ADDON_FRONT)


def assert_none(offenders: Iterable[Import]) -> None:
    found = sorted(str(offender) for offender in offenders)
    assert not found, "\n" + "\n".join(found)


def test_the_walk_sees_the_project() -> None:
    assert {"core.pipeline", "core.models.engine", "wheels.stage"} <= set(modules())
    assert any(found.target == "core.errors" for found in imports_of("core.motion"))


def test_core_never_imports_blender_or_the_addon() -> None:
    forbidden = {"bpy", "mathutils", "bmesh", "addon_utils", "blender_addon", "wheels"}
    assert_none(found for found in all_imports("core") if found.top in forbidden)


def test_core_uses_relative_imports_inside_itself() -> None:
    assert_none(found for found in all_imports("core") if found.top == "core" and found.level == 0)


def test_addon_never_imports_the_cores_packages() -> None:
    assert_none(found for found in all_imports("blender_addon") if found.top in FOREIGN_TO_BLENDER)


def test_addon_imports_only_the_contract_files_of_the_core() -> None:
    from_core = (found for found in all_imports("blender_addon") if found.top == "core")
    assert_none(found for found in from_core if found.target not in CONTRACT)


def test_addon_uses_relative_imports_for_the_project() -> None:
    ours = (found for found in all_imports("blender_addon") if found.top in {"core", "blender_addon"})
    assert_none(found for found in ours if found.level == 0)


def test_contract_files_need_only_the_standard_library_and_numpy() -> None:
    allowed = {*sys.stdlib_module_names, "numpy", "core"}
    reached = eager_closure(CONTRACT)
    assert_none(found for module in reached for found in imports_of(module) if found.top not in allowed)


def test_training_and_conversion_are_reached_only_through_their_commands_and_lazily() -> None:
    for package in DEVELOPMENT:
        into = (found for found in all_imports("core") if _is_in(found.target, package))
        outside = [found for found in into if not any(_is_in(found.importer, area) for area in DEVELOPMENT)]
        assert_none(found for found in outside if found.importer != DEVELOPMENT_ENTRY or found.is_eager)


def test_models_reach_no_stage_of_the_pipeline() -> None:
    stages = {f"core.{name}" for name in PIPELINE_STAGES}
    assert stages <= set(modules())
    models = [module for module in modules() if _is_in(module, "core.models")]
    assert sorted(eager_closure(models) & stages) == []


def test_run_time_path_imports_no_heavy_extra_with_its_modules() -> None:
    starts = ["core.__main__", "core.pipeline", "core.motion_import.importer"]
    reached = eager_closure([*starts, "core.models.engine", "core.models.onnx_engine"])
    eager = (found for module in reached for found in imports_of(module) if found.is_eager)
    assert_none(found for found in eager if found.top in HEAVY_EXTRAS)


def test_no_shipped_or_training_code_imports_the_non_commercial_body_package() -> None:
    assert_none(
        found for package in ("core", "blender_addon") for found in all_imports(package) if found.top == "smplx"
    )


def test_addon_features_never_import_its_front() -> None:
    inner = (found for found in all_imports("blender_addon") if not is_front(found.importer))
    assert_none(found for found in inner if is_front(found.target) and found.target != "blender_addon")


def test_panels_import_only_properties_and_plain_tables() -> None:
    forbidden = {
        "operators",
        "worker_client",
        "armature",
        "keyframes",
        "camera",
        "retarget",
        "stage",
        "sampling",
        "job",
    }
    panels = [module for module in modules() if is_front(module) and module.rpartition(".")[2] in {"panel", "panels"}]
    assert "blender_addon.export.panel" in panels
    inner = (found for module in panels for found in imports_of(module) if _is_in(found.target, "blender_addon"))
    assert_none(found for found in inner if found.target.rpartition(".")[2] in forbidden)


def test_version_branches_stand_in_compat_alone() -> None:
    paths = [path for module, path in modules().items() if _is_in(module, "blender_addon") and path.stem != "compat"]
    assert [path.name for path in paths if "bpy.app.version" in path.read_text(encoding="utf-8")] == []


def test_compat_imports_only_bpy() -> None:
    allowed = {*sys.stdlib_module_names, "bpy"}
    assert_none(found for found in all_imports("blender_addon.compat") if found.top not in allowed)


def test_dev_tools_need_only_the_standard_library() -> None:
    allowed = {*sys.stdlib_module_names, "wheels"}
    assert_none(found for found in all_imports("wheels") if found.top not in allowed)
    tree = ast.parse((ROOT / "dev.py").read_text(encoding="utf-8"))
    assert_none(found for found in _imports_below(tree, "dev", "", is_eager=True) if found.top not in allowed)


def test_extension_entry_imports_nothing_with_its_module() -> None:
    tree = ast.parse((ROOT / "__init__.py").read_text(encoding="utf-8"))
    assert_none(found for found in _imports_below(tree, "__init__", "", is_eager=True) if found.is_eager)


@pytest.mark.parametrize("package", ["core", "blender_addon", "wheels"])
def test_no_import_cycles(package: str) -> None:
    done: set[str] = set()

    def visit(module: str, trail: tuple[str, ...]) -> None:
        assert module not in trail, " -> ".join([*trail[trail.index(module) :], module])
        if module in done or module not in modules():
            return
        for found in imports_of(module):
            # A package's __init__ runs before its modules, so the way back up to it is no cycle of its own.
            if found.is_eager and not _is_in(module, found.target):
                visit(found.target, (*trail, module))
        done.add(module)

    for module in modules():
        if _is_in(module, package):
            visit(module, ())


_IMPORT_WITHOUT = """
import importlib.abc, sys
class Blocker(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked!r}:
            raise ModuleNotFoundError(name + " is blocked")
sys.meta_path.insert(0, Blocker())
for name in {modules!r}:
    importlib.import_module(name)
"""


def _import_without(blocked: set[str], names: list[str]) -> None:
    code = "import importlib\n" + _IMPORT_WITHOUT.format(blocked=blocked, modules=names)
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr


def test_run_time_core_imports_without_torch() -> None:
    names = ["core.command_line", "core.pipeline", "core.motion_import.importer", "core.models.onnx_engine"]
    _import_without({*HEAVY_EXTRAS, "bpy"}, names)


def test_contract_imports_with_numpy_alone() -> None:
    _import_without(FOREIGN_TO_BLENDER, sorted(CONTRACT))
