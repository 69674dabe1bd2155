import sys
from pathlib import Path

import pytest

from core.bench.measured_process import measure
from core.errors import EngineError


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is read on Linux only")
def test_memory_of_children_counts(tmp_path):
    hold = "b = bytearray(60 << 20); import time; time.sleep(0.6)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {hold!r}])"
    alone, together = (measure([sys.executable, "-c", code], tmp_path) for code in (hold, parent))
    assert alone.peak_mb > 60
    assert together.peak_mb > 60
    assert together.wall_s > 0.6


def test_a_failure_is_said_in_one_sentence(tmp_path):
    with pytest.raises(EngineError, match="no such thing"):
        measure([sys.executable, "-c", "raise SystemExit('no such thing')"], tmp_path)
    with pytest.raises(EngineError, match="cannot be started"):
        measure([str(Path(tmp_path) / "none")], tmp_path)
