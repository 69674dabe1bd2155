import pytest

pytest.importorskip("onnx")
pytest.importorskip("safetensors")

from core.conversion.export_onnx import ONNX_BUILDERS, export_onnx
from core.errors import EngineError, OutputError
from core.models.engine import TORCH_BUILDERS


def test_every_network_has_both_builders():
    assert ONNX_BUILDERS.keys() == TORCH_BUILDERS.keys()


def test_two_exports_give_the_same_bytes_and_leave_nothing_else(tmp_path):
    lines = []
    for folder in (tmp_path / "first", tmp_path / "second"):
        export_onnx(folder, ["blazepose_detector"], lines.append)
        assert [path.name for path in folder.iterdir()] == ["blazepose_detector.onnx"]
    first, second = (tmp_path / name / "blazepose_detector.onnx" for name in ("first", "second"))
    assert first.read_bytes() == second.read_bytes()
    assert len(lines) == 2


def test_unknown_network_is_told(tmp_path):
    with pytest.raises(EngineError, match="no network called blazepose_huge"):
        export_onnx(tmp_path, ["blazepose_huge"])


def test_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be made"):
        export_onnx(tmp_path / "file" / "onnx", ["blazepose_detector"])
