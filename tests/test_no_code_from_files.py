"""No file that a user opens can run code: the ways in which Python could are named here, with the places that may."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

ALLOWED = {
    # Unpicklers whose names lead to stand-ins only; each has tests with hostile pickles.
    ("core/checkpoints.py", "pickle.Unpickler"),
    ("core/checkpoints.py", "torch.load without weights_only=True"),
    ("core/smpl_files.py", "pickle.Unpickler"),
    ("core/motion_import/numpy_pickle.py", "pickle.Unpickler"),
    ("core/motion_import/torch_archive.py", "pickle.Unpickler"),
    ("core/motion_import/joblib_dump.py", "pickle._Unpickler"),
    # Development commands: members of a package, of known hashes, are read; nothing is unpacked.
    ("core/conversion/convert_blazepose.py", "tarfile.open"),
    ("core/conversion/convert_nanodet.py", "tarfile.open"),
}
"""File and way, nothing else; `Unpickler` is a base class there, never used as it stands."""

CALLS = {
    "__import__",
    "bpy.ops.script.python_file_run",
    "bpy.ops.text.run_script",
    "bpy.utils.execfile",
    "compile",
    "eval",
    "exec",
    "joblib.load",
    "marshal.load",
    "marshal.loads",
    "os.popen",
    "os.system",
    "pickle.load",
    "pickle.loads",
    "runpy.run_path",
    "shelve.open",
    "shutil.unpack_archive",
    "subprocess.getoutput",
    "tarfile.open",
    "yaml.load",
    "zipfile.extractall",
}
METHODS = {"extractall", "as_module", "run_script", "python_file_run"}
"""Names of methods that run or unpack what they are given, whatever they are called on."""

MODULES = {"dill", "cloudpickle", "shelve", "marshal", "yaml"}


def product_files() -> list[Path]:
    return [path for folder in ("core", "blender_addon") for path in sorted((ROOT / folder).rglob("*.py"))] + [
        ROOT / "__init__.py"
    ]


def dotted(node: ast.AST) -> str:
    """Return `a.b.c` of a chain of names, `?.c` where it begins with something else."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"


def ways_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _of_call(node)
        elif isinstance(node, ast.Attribute) and dotted(node) in ("pickle.Unpickler", "pickle._Unpickler"):
            yield dotted(node)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            yield from (f"import {name}" for name in names if name.partition(".")[0] in MODULES)
            if isinstance(node, ast.ImportFrom) and node.module == "pickle":
                yield "from pickle import"


def _of_call(node: ast.Call) -> Iterator[str]:
    name = dotted(node.func)
    options = {item.arg: item.value for item in node.keywords}
    if name in CALLS or name.rpartition(".")[2] in METHODS:
        yield name
    if _is(options.get("shell"), True):
        yield f"{name} with shell=True"
    if name in ("np.load", "numpy.load") and not _is(options.get("allow_pickle"), False):
        yield f"{name} without allow_pickle=False"
    if name == "torch.load" and not _is(options.get("weights_only"), True):
        yield "torch.load without weights_only=True"


def _is(node: ast.AST | None, value: bool) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


def test_nothing_in_the_product_runs_what_it_reads_but_where_it_is_guarded():
    found = {
        (path.relative_to(ROOT).as_posix(), way)
        for path in product_files()
        for way in ways_in(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert found - ALLOWED == set()
    assert ALLOWED - found == set(), "a place is allowed that has no need of it any more"


def test_the_search_sees_each_way():
    code = (
        "eval(x)\nexec(x)\nos.system(x)\npickle.load(f)\nnp.load(p)\nnp.load(p, allow_pickle=True)\n"
        "torch.load(p, weights_only=False)\ntorch.load(p)\nsubprocess.run(x, shell=True)\narchive.extractall()\n"
        "text.as_module()\nimport yaml\nfrom pickle import load\nclass A(pickle.Unpickler): pass\n"
        "open(x).extractall()\n"
    )
    assert len(list(ways_in(ast.parse(code)))) == 15
    fine = (
        "np.load(p, allow_pickle=False)\ntorch.load(p, weights_only=True)\nmodel.eval()\nf(x).eval()\nre.compile(x)\n"
    )
    assert list(ways_in(ast.parse(fine))) == []
