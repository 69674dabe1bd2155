"""The device is chosen with a reason, checked before it is trusted, and left with a warning when its memory is full."""

import numpy as np
import pytest

from core.backbones import device_warnings
from core.errors import EngineError
from core.models.devices import (
    PROVIDERS,
    choose_onnx_device,
    describe_device,
    has_nvidia_driver,
    why_no_onnx_device,
    why_no_torch_device,
)
from core.models.engine import load_network
from core.models.onnx_engine import probe_problem

CPU = "CPUExecutionProvider"


@pytest.mark.parametrize("device", PROVIDERS)
def test_automatic_choice_takes_what_is_there_and_keeps_the_processor_behind_it(device):
    choice = choose_onnx_device("auto", [CPU, PROVIDERS[device]])
    assert (choice.device, choice.providers) == (device, (PROVIDERS[device], CPU))
    assert choice.reason
    assert choose_onnx_device("cpu", [CPU, PROVIDERS[device]]).providers == (CPU,)


def test_cuda_comes_before_the_others():
    assert choose_onnx_device("auto", [CPU, *reversed(PROVIDERS.values())]).device == "cuda"


def test_without_a_card_the_reason_says_what_is_missing():
    choice = choose_onnx_device("auto", ["AzureExecutionProvider", CPU])
    assert choice.device == "cpu"
    assert choice.reason == why_no_onnx_device(has_nvidia_driver())
    assert why_no_onnx_device(False) == "no NVIDIA driver found"
    assert "an environment with PyTorch" in why_no_onnx_device(True)
    reasons = {why_no_torch_device(cuda, driver) for cuda in (True, False) for driver in (True, False)}
    assert len(reasons) == 3


def test_device_that_was_asked_for_by_name_and_is_not_there_is_an_error():
    with pytest.raises(EngineError, match="does not see the device cuda"):
        choose_onnx_device("cuda", [CPU])


def test_one_line_says_where_and_why(onnx_folder):
    network = load_network("blazepose_detector", "onnx", "auto", onnx_folder=onnx_folder)
    assert describe_device([network, network]).startswith("Runs on the ")
    assert network.device_reason in describe_device([network, network])
    assert describe_device([network, network]) == describe_device([network])


class FullCard:
    """A session on a card whose memory is full."""

    def __init__(self, session, message):
        self._session, self._message = session, message

    def run(self, *_arguments):
        raise RuntimeError(self._message)


def test_full_memory_falls_back_to_the_processor_with_a_warning(onnx_folder):
    network = load_network("blazepose_detector", "onnx", "cpu", onnx_folder=onnx_folder)
    image = np.random.default_rng(1).random((1, 3, 224, 224), dtype=np.float32)
    expected = network.run({"image": image})
    assert device_warnings({"detector": network}) == []
    network.device = "directml"
    network.session = FullCard(network.session, "887A0005 Not enough memory: E_OUTOFMEMORY")
    found = network.run({"image": image})
    assert all(np.array_equal(found[name], expected[name]) for name in expected)
    (warning,) = device_warnings({"detector": network})
    assert "goes on with the processor" in warning.message
    assert network.device == "cpu"


def test_other_failures_of_a_card_are_errors(onnx_folder):
    network = load_network("blazepose_detector", "onnx", "cpu", onnx_folder=onnx_folder)
    network.device, network.session = "cuda", FullCard(network.session, "illegal instruction")
    with pytest.raises(EngineError, match="illegal instruction"):
        network.run({"image": np.zeros((1, 3, 224, 224), np.float32)})


class Skewed:
    """A session whose numbers are a little, or very, wrong."""

    def __init__(self, session, factor):
        self._session, self._factor = session, factor

    def run(self, names, inputs):
        return [values * np.float32(self._factor) for values in self._session.run(names, inputs)]


@pytest.mark.parametrize("name", ["blazepose_detector", "blazepose_full"])
def test_device_is_trusted_only_with_the_processors_numbers(onnx_folder, name):
    session = load_network(name, "onnx", "cpu", onnx_folder=onnx_folder).session
    assert probe_problem(session, session) == ""
    assert probe_problem(Skewed(session, 1.001), session) == ""
    assert "other numbers" in probe_problem(Skewed(session, 1.05), session)
    assert "other numbers" in probe_problem(Skewed(session, np.nan), session)
    assert "failed" in probe_problem(FullCard(session, "no"), session)


def test_torch_falls_back_too():
    torch = pytest.importorskip("torch")
    from core.models.torch_engine import TorchNetwork

    class OnlyOnTheProcessor(torch.nn.Module):
        def forward(self, image):
            if image.device.type != "cpu":
                raise torch.OutOfMemoryError("CUDA out of memory")
            return {"double": 2 * image}

    # The device `meta` holds no numbers; it stands for a card here.
    network = TorchNetwork("toy", OnlyOnTheProcessor(), "meta", "")
    assert network.run({"image": np.ones(3)})["double"].tolist() == [2.0, 2.0, 2.0]
    assert network.device == "cpu"
    assert "goes on with the processor" in device_warnings({"toy": network})[0].message
