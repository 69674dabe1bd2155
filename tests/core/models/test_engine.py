import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core.errors import EngineError, WeightsError
from core.models import engine
from core.models.engine import Builder, load_network, network_files

ROOT = Path(__file__).parents[3]
IMAGE = np.zeros((1, 3, 224, 224), np.float32)


def test_auto_takes_onnx_where_the_file_exists(onnx_folder):
    assert load_network("blazepose_detector", onnx_folder=onnx_folder).engine == "onnx"


def test_auto_takes_torch_where_no_onnx_file_exists(tmp_path):
    pytest.importorskip("torch")
    network = load_network("blazepose_detector", onnx_folder=tmp_path)
    assert (network.engine, network.device) == ("torch", "cpu")


def test_the_onnx_engine_imports_no_torch_onnx_or_safetensors(onnx_folder):
    program = (
        "import sys, numpy, pathlib\n"
        "from core.models.engine import load_network\n"
        "network = load_network('blazepose_detector', onnx_folder=pathlib.Path(sys.argv[1]))\n"
        "network.run({'image': numpy.zeros((1, 3, 224, 224), 'f')})\n"
        "assert not {'torch', 'onnx', 'safetensors', 'cv2', 'scipy'} & sys.modules.keys()\n"
    )
    subprocess.run([sys.executable, "-c", program, str(onnx_folder)], cwd=ROOT, check=True)


def test_missing_onnx_file_names_the_command(tmp_path):
    with pytest.raises(EngineError, match=r"blazepose_full\.onnx is missing.*export-onnx"):
        load_network("blazepose_full", "onnx", onnx_folder=tmp_path)


def test_damaged_onnx_file_is_one_sentence(tmp_path):
    (tmp_path / "blazepose_full.onnx").write_bytes(b"not a network")
    with pytest.raises(EngineError, match=r"cannot be opened") as caught:
        load_network("blazepose_full", "onnx", onnx_folder=tmp_path)
    assert "\n" not in str(caught.value)


def test_stale_onnx_file_is_refused(onnx_folder, tmp_path):
    (tmp_path / "blazepose_full.onnx").write_bytes((onnx_folder / "blazepose_detector.onnx").read_bytes())
    with pytest.raises(WeightsError, match=r"made from other weights.*export-onnx"):
        load_network("blazepose_full", "onnx", onnx_folder=tmp_path)


def test_no_engine_at_all_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr(engine, "_is_installed", lambda package: False)
    with pytest.raises(EngineError, match=r"Install onnxruntime or torch"):
        load_network("blazepose_full", onnx_folder=tmp_path)
    with pytest.raises(EngineError, match=r"needs PyTorch"):
        load_network("blazepose_full", "torch")


@pytest.mark.parametrize(
    ("name", "engine_name", "device", "words"),
    [
        ("blazepose_huge", "auto", "cpu", "no network called blazepose_huge"),
        ("blazepose_full", "tensorflow", "cpu", "no engine called tensorflow"),
        ("blazepose_detector", "onnx", "mps", "does not see the device mps"),
        ("blazepose_detector", "torch", "tpu", "no device called tpu"),
    ],
)
def test_unknown_names_are_told(onnx_folder, name, engine_name, device, words):
    if engine_name == "torch":
        pytest.importorskip("torch")
    with pytest.raises(EngineError, match=words):
        load_network(name, engine_name, device, onnx_folder=onnx_folder)


@pytest.mark.parametrize("engine_name", ["onnx", "torch"])
@pytest.mark.parametrize(
    "inputs",
    [{}, {"picture": IMAGE}, {"image": IMAGE[:, :2]}, {"image": IMAGE[0]}],
    ids=["none", "wrong name", "two channels", "three axes"],
)
def test_unfit_inputs_give_one_sentence(onnx_folder, engine_name, inputs):
    pytest.importorskip("torch" if engine_name == "torch" else "onnxruntime")
    network = load_network("blazepose_detector", engine_name, onnx_folder=onnx_folder)
    with pytest.raises(EngineError, match="blazepose_detector") as caught:
        network.run(inputs)
    assert "\n" not in str(caught.value)


def test_builder_that_does_not_exist_is_told():
    with pytest.raises(EngineError, match=r"models\.nothing:load"):
        Builder("models.nothing:load").call()


def test_network_files_lists_what_exists(onnx_folder, tmp_path):
    names = [path.name for path in network_files("blazepose_full", onnx_folder)]
    assert names == ["blazepose_full.safetensors", "blazepose_full.onnx"]
    assert network_files("no_such_network", tmp_path) == []
