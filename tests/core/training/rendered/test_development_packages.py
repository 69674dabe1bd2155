import sys

import pytest

from core.errors import EngineError
from core.training.rendered.development_packages import compiled, import_openexr


def test_a_kernel_without_numba_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    kernel = compiled(lambda x: x)
    with pytest.raises(EngineError, match="pip install numba"):
        kernel(1.0)


def test_a_panorama_without_openexr_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "OpenEXR", None)
    with pytest.raises(EngineError, match="pip install OpenEXR"):
        import_openexr()
