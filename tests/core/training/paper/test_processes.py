"""Two processes on the CPU (gloo) against one: the same gradients, the same weights after whole runs."""

import os
import socket
import subprocess
import sys
from itertools import chain
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from core.errors import OptionError
from core.training.paper.processes import Processes, SharedDropout, share_dropout

ROOT = Path(__file__).parents[4]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def run_in_two_processes(*arguments):
    """What torchrun does: the same command twice, with a rank each."""
    shared = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port()), "OMP_NUM_THREADS": "1"}
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", *map(str, arguments)],
            cwd=ROOT, env={**os.environ, **shared, "RANK": str(rank), "LOCAL_RANK": str(rank)},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for rank in range(2)
    ]  # fmt: skip
    answers = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], answers
    return [output for output, _ in answers]


def test_two_processes_have_the_gradients_of_one(tiny_root, tmp_path):
    program = "tests.core.training.paper.gradients"
    run_in_two_processes(program, tiny_root, tmp_path / "two_{rank}.pt")
    subprocess.run([sys.executable, "-m", program, tiny_root, tmp_path / "one_{rank}.pt"], cwd=ROOT, check=True)
    whole = torch.load(tmp_path / "one_0.pt")
    assert whole["estimator.heads"].abs().max() > 0.1
    assert whole["discriminator.fc.weight"].abs().max() > 1e-3
    for rank in range(2):
        shared = torch.load(tmp_path / f"two_{rank}.pt")
        assert shared.keys() == whole.keys()
        for name, gradient in whole.items():
            # Sums in another order round by about 1e-6 of the largest element, however small the others are.
            difference = (shared[name] - gradient).abs().max()
            assert difference <= 1e-6 * gradient.abs().max() + 1e-6, (name, difference, gradient.abs().max())


def test_a_run_of_two_processes_ends_where_that_of_one_does(tiny_root, trained, tmp_path):
    first, second = run_in_two_processes("tests.core.training.paper.tiny_run", tiny_root, tmp_path)
    assert "epoch 3 of 3" in first
    assert second == ""
    one, two = (load_file(folder / "pare_temporal_last.safetensors") for folder in (trained[0], tmp_path))
    for name, values in one.items():
        torch.testing.assert_close(two[name], values, rtol=1e-4, atol=2e-5, msg=lambda m, name=name: f"{name}: {m}")


def test_a_batch_that_cannot_be_spread_evenly_is_refused():
    Processes(1, 4).check_batch(32)
    with pytest.raises(OptionError, match="32 clips cannot be spread evenly over 3 processes"):
        Processes(0, 3).check_batch(32)


def test_every_clip_is_someone_s():
    shares = [Processes(rank, 3).share(list(range(9))) for rank in range(3)]
    assert sorted(chain.from_iterable(shares)) == list(range(9))


def test_a_clip_s_dropout_does_not_depend_on_the_number_of_processes():
    values = torch.ones(8, 5, 7)
    torch.manual_seed(3)
    whole = SharedDropout(0.4, Processes())(values)
    for rank in range(4):
        torch.manual_seed(3)
        assert torch.equal(SharedDropout(0.4, Processes(rank, 4))(values[rank::4]), whole[rank::4])


def test_shared_dropout_keeps_the_mean_and_rests_in_evaluation():
    dropout = SharedDropout(0.2, Processes())
    dropped = dropout(torch.ones(100_000))
    assert dropped.unique().tolist() == [0.0, 1.25]
    assert dropped.mean() == pytest.approx(1.0, abs=0.01)
    assert torch.equal(dropout.eval()(torch.ones(9)), torch.ones(9))


def test_all_dropout_layers_are_replaced_and_no_weight_changes_its_name():
    network = nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.Dropout(0.3), nn.Linear(2, 1)))
    names = list(network.state_dict())
    share_dropout(network, Processes())
    assert list(network.state_dict()) == names
    assert not any(isinstance(layer, nn.Dropout) for layer in network.modules())
    assert [layer.probability for layer in network.modules() if isinstance(layer, SharedDropout)] == [0.3]


def test_alone_there_is_nothing_to_add_up():
    alone = Processes()
    assert alone.sum(torch.tensor(2.0)) == 2.0
    assert alone.from_first(3.5) == 3.5
    assert alone.is_first
