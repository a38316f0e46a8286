"""Collective operations of one training on several processes.

All processes have the same weights and the same random state, and each works on its share of every
batch. Random numbers are drawn for the whole batch, and each process keeps its share of them.
Gradients, batch-norm statistics and logged scalars are means over all processes. So the result does
not depend on the number of processes, except for the rounding of sums, and a training may be
resumed on another number.

Gradients are averaged in one message after a step's losses are backpropagated, and not by PyTorch's
DistributedDataParallel. An objective runs a network several times before one backward pass, uses it
for another player's loss, and differentiates gradients (R1, WGAN-GP), each of which needs a
workaround there.

Without other processes, every function returns its input.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, distributed

from s2f_core.common.errors import UserError

T = TypeVar("T")


def world_size() -> int:
    """The number of processes that train together."""
    return distributed.get_world_size() if _is_initialized() else 1


def rank() -> int:
    """The number of this process, from 0."""
    return distributed.get_rank() if _is_initialized() else 0


def _is_initialized() -> bool:
    return distributed.is_available() and distributed.is_initialized()


@contextmanager
def _explain_lost_process() -> Iterator[None]:
    """Raise UserError if another process has ended or does not answer."""
    try:
        yield
    except RuntimeError as error:
        reason = str(error).partition("\n")[0]
        raise UserError(
            f"process {rank()} of {world_size()} lost its connection to another process, which "
            f"ended or did not answer within S2F_TIMEOUT seconds ({reason}). The output of that "
            "process says why. Run the same command again to continue from the last saved state"
        ) from None


def shard_indices(batch: int, parts: int) -> npt.NDArray[np.int64] | slice:
    """Return this process's indices in a batch: an equal share of each of its ``parts``.

    Raises UserError if the parts cannot be divided equally.
    """
    if world_size() == 1:
        return slice(None)
    share, remainder = divmod(batch, parts * world_size())
    if remainder:
        raise UserError(
            f"recipe.batch is {batch} images in {parts} part(s) (accumulate), which {world_size()} "
            "processes cannot share equally: start a number of them that divides "
            f"{batch // parts}, or set batch to a multiple of {parts * world_size()}"
        )
    return np.arange(batch).reshape(parts, world_size(), share)[:, rank()].ravel()


def sample_sharded(draw: Callable[[int], Tensor], count: int, dim: int = 0) -> Tensor:
    """Return random numbers for the ``count`` images of this process.

    They are the same as a single process would draw: ``draw`` is called with the number of images
    of all processes, which is the size of dimension ``dim`` of its result.
    """
    return shard(draw(count * world_size()), count, dim)


def sample_sharded_like(draw: Callable[[Tensor], Tensor], like: Tensor) -> Tensor:
    """:func:`sample_sharded` in the shape and memory layout of ``like`` [B, …]."""
    if world_size() == 1:
        return draw(like)
    shape = len(like) * world_size(), *like.shape[1:]
    return shard(draw(like.new_empty_strided(shape, like.stride())), len(like))


def shard(whole: Tensor, count: int, dim: int = 0) -> Tensor:
    """Return the ``count`` images of this process among those of all processes."""
    return whole.narrow(dim, rank() * count, count)


def all_gather(images: Tensor) -> Tensor:
    """Return the images [B, …] of all processes by rank, [world · B, …], without a gradient."""
    if world_size() == 1:
        return images
    gathered = [torch.empty_like(images) for _ in range(world_size())]
    with _explain_lost_process():
        distributed.all_gather(gathered, images.contiguous())
    return torch.cat(gathered)


def average_in_place(tensors: Sequence[Tensor]) -> None:
    """Replace tensors of one dtype by their means over all processes."""
    if world_size() == 1:
        return
    flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
    with _explain_lost_process():
        distributed.all_reduce(flat)
    sizes = [tensor.numel() for tensor in tensors]
    parts = torch.split(flat / world_size(), sizes)
    for tensor, part in zip(tensors, parts, strict=True):
        tensor.copy_(part.view_as(tensor))


def average_values(values: Mapping[str, float]) -> dict[str, float]:
    """Return the mean of each value over all processes, which must have the same names."""
    if world_size() == 1:
        return dict(values)
    device = "cuda" if distributed.get_backend() == "nccl" else "cpu"
    means = torch.tensor(list(values.values()), dtype=torch.float64, device=device)
    average_in_place([means])
    return dict(zip(values, means.tolist(), strict=True))


def all_reduce_sum(tensor: Tensor) -> Tensor:
    """Return the sum over all processes; gradients flow back to each of them."""
    total: Tensor = _AllReduceSum.apply(tensor)
    return total


class _AllReduceSum(torch.autograd.Function):
    """The sum over all processes. Each loss depends on it, so its gradient is also a sum."""

    @staticmethod
    def forward(ctx: Any, tensor: Tensor) -> Tensor:  # noqa: ARG004
        total = tensor.clone()
        with _explain_lost_process():
            distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:  # noqa: ARG004
        return all_reduce_sum(gradients[0])


def broadcast(compute: Callable[[], T]) -> T:
    """Return the result of ``compute`` on process 0 to all processes, which wait for it."""
    if world_size() == 1:
        return compute()
    box: list[Any] = [compute() if rank() == 0 else None]
    with _explain_lost_process():
        distributed.broadcast_object_list(box)
    result: T = box[0]
    return result


def barrier() -> None:
    """Wait for all processes."""
    broadcast(lambda: None)


def assert_equal(what: str, value: object) -> None:
    """Raise UserError if ``value`` differs between processes; ``what`` names it."""
    if world_size() == 1:
        return
    values: list[Any] = [None] * world_size()
    with _explain_lost_process():
        distributed.all_gather_object(values, value)
    others = [number for number, other in enumerate(values) if other != values[0]]
    if others:
        raise UserError(
            f"the {what} of the processes {', '.join(map(str, others))} differ from those of "
            "process 0: all machines need the same params.yaml, data, code and versions"
        )
