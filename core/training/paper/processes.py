"""Several processes (torchrun) that train as one: the same batch spread over them gives the same step.

Every process knows the whole batch, takes its share of the clips, and divides its losses by the whole batch's counts;
the gradients are then summed. That equals the single process's gradient whatever labels the shares hold, which an
average over the processes' own means would not.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor, distributed, nn

from ...errors import OptionError

Item = TypeVar("Item")


@dataclass(frozen=True)
class Processes:
    """This process among those that train together.

    Attributes:
        rank: 0 writes files and reports.
        count: of all.
        device: of this one.
    """

    rank: int = 0
    count: int = 1
    device: str = "cpu"

    @property
    def is_first(self) -> bool:
        """Whether this process writes files and reports."""
        return self.rank == 0

    def share(self, items: Sequence[Item]) -> Sequence[Item]:
        """Return this process's items of a whole batch: every count-th, so that each kind is spread evenly."""
        return items[self.rank :: self.count]

    def sum(self, values: Tensor) -> Tensor:
        """Return the sum over all processes."""
        if self.count > 1:
            values = values.clone()
            distributed.all_reduce(values)
        return values

    def from_first(self, value: float) -> float:
        """Return the first process's number on all of them."""
        if self.count == 1:
            return value
        shared = torch.tensor(value, dtype=torch.float64, device=self.device)
        distributed.broadcast(shared, src=0)
        return float(shared)

    def sum_gradients(self, network: nn.Module) -> None:
        """Replace each gradient by its sum over all processes; one message for all of them."""
        if self.count == 1:
            return
        trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
        gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in trained]
        summed = self.sum(torch.cat([gradient.flatten() for gradient in gradients]))
        for parameter, part in zip(trained, summed.split([p.numel() for p in trained]), strict=True):
            parameter.grad = part.view_as(parameter).clone()

    def check_batch(self, clip_count: int) -> None:
        """Raise OptionError unless a batch can be spread evenly."""
        if clip_count % self.count:
            raise OptionError(
                f"A batch of {clip_count} clips cannot be spread evenly over {self.count} processes.",
                "Choose another number of processes, or set batch_clips and motion_clips in the configuration.",
            )


@contextmanager
def join_processes(device: str) -> Iterator[Processes]:
    """Give this process's place among those that torchrun started; alone without torchrun.

    Args:
        device: `cpu` or `cuda`; each process takes the GPU of its local rank.
    """
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        yield Processes(device=device)
        return
    if device == "cuda":
        device = f"cuda:{os.environ.get('LOCAL_RANK', '0')}"
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if device.startswith("cuda") else "gloo")
    try:
        yield Processes(distributed.get_rank(), count, device)
        # A process that leaves while another still works may be aborted on its way out.
        distributed.barrier()
    finally:
        distributed.destroy_process_group()


class SharedDropout(nn.Module):
    """Dropout that draws the mask of the whole batch and keeps the rows of this process's clips.

    With the same seed set on all processes, a clip meets the same mask however many processes there are.
    """

    def __init__(self, probability: float, processes: Processes) -> None:
        super().__init__()
        self.probability, self._processes = probability, processes

    def forward(self, values: Tensor) -> Tensor:
        """Return values (B, ...) with some set to zero and the others enlarged; unchanged in evaluation."""
        if not self.training or self.probability == 0:
            return values
        whole = torch.rand(len(values) * self._processes.count, *values.shape[1:], device=values.device)
        kept = whole[self._processes.rank :: self._processes.count] >= self.probability
        return values * kept / (1 - self.probability)


def share_dropout(network: nn.Module, processes: Processes) -> None:
    """Replace every dropout layer by a shared one."""
    _replace(network, lambda layer: SharedDropout(layer.p, processes))


def _replace(network: nn.Module, make: Callable[[nn.Dropout], nn.Module]) -> None:
    for name, child in network.named_children():
        if isinstance(child, nn.Dropout):
            setattr(network, name, make(child))
        else:
            _replace(child, make)
