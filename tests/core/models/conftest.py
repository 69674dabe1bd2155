from pathlib import Path

import cv2
import numpy as np
import pytest

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture(scope="session")
def onnx_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the networks of people as ONNX files, made from the committed weights."""
    pytest.importorskip("onnx")
    from core.conversion.export_onnx import export_onnx

    folder = tmp_path_factory.mktemp("onnx")
    export_onnx(folder, ["blazepose_detector", "blazepose_full", "blazepose_heavy", "nanodet_detector"], lambda _: None)
    return folder


@pytest.fixture(scope="session")
def photo_crops() -> np.ndarray:
    """(3, 256, 256, 3) uint8 RGB: the crops that the reference outputs were made on."""
    row = cv2.imread(str(DATA / "blazepose_crops.png"))[..., ::-1]
    return np.stack(np.split(row, 3, axis=1))


@pytest.fixture(scope="session")
def reference() -> dict[str, np.ndarray]:
    """Outputs of the original TFLite networks on the crops; `core/conversion/blazepose_reference.py` wrote them."""
    with np.load(DATA / "blazepose_parity.npz") as file:
        return dict(file)
