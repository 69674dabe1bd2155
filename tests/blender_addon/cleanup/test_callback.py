import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

SCRIPT = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("jointwise_ext", {init!r}, submodule_search_locations=[{root!r}])
sys.modules["jointwise_ext"] = extension = importlib.util.module_from_spec(spec)
spec.loader.exec_module(extension)
import bpy
extension.register()
item = bpy.data.objects.new("empty", None)
item.jointwise_cleanup.prior = 0.5
{ending}
print("done", flush=True)
"""


@pytest.mark.parametrize("ending", ["extension.unregister()", "pass"])
def test_blender_quits_cleanly_with_live_settings_registered(ending):
    """A callback that leads to the module bpy makes 4.2 crash here, after all work is done."""
    code = SCRIPT.format(init=str(ROOT / "__init__.py"), root=str(ROOT), ending=ending)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert "done" in done.stdout, done.stderr
    assert done.returncode == 0
