"""One training on several processes: what each does of it, and what they tell each other.

All hold the same weights and the same random state, and each sees its share of every batch. What
is random is drawn for the whole batch, and each keeps its share of that; gradients, statistics of
batch norm and logged scalars are means over all. So the number of processes is no part of a
training: it ends as on one but for the rounding of sums, and may change when it is resumed.

Gradients are averaged when all of a step's losses are backpropagated, as one message, and not by
PyTorch's wrapper for a module: a game runs a network several times before one backward pass, has
it judge for another player, and differentiates gradients (R1, WGAN-GP), each of which is a special
case there. Alone, every function gives back what it was given.
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
    """How many processes train together."""
    return distributed.get_world_size() if _is_initialized() else 1


def rank() -> int:
    """Which of them this is, from 0."""
    return distributed.get_rank() if _is_initialized() else 0


def _is_initialized() -> bool:
    return distributed.is_available() and distributed.is_initialized()


@contextmanager
def _peer_failures() -> Iterator[None]:
    """Raise UserError where another process has died or does not answer."""
    try:
        yield
    except RuntimeError as error:
        reason = str(error).partition("\n")[0]
        raise UserError(
            f"process {rank()} of {world_size()} lost its connection to another "
            f"process, which ended or did not answer within S2F_TIMEOUT seconds ({reason}). That "
            "process's own output says why. Run the same command again to continue from the last "
            "saved state"
        ) from None


def shard_indices(batch: int, parts: int) -> npt.NDArray[np.int64] | slice:
    """The places in a batch that this process sees: an equal share of each of its ``parts``.

    Raises UserError where it cannot be divided so.
    """
    if world_size() == 1:
        return slice(None)
    each, left = divmod(batch, parts * world_size())
    if left:
        raise UserError(
            f"recipe.batch is {batch} images in {parts} part(s) (accumulate), which {world_size()} "
            "processes cannot share equally: start a number of them that divides "
            f"{batch // parts}, or set batch to a multiple of {parts * world_size()}"
        )
    return np.arange(batch).reshape(parts, world_size(), each)[:, rank()].ravel()


def sample_sharded(draw: Callable[[int], Tensor], count: int, dim: int = 0) -> Tensor:
    """Random numbers for ``count`` images of this process, as one process would draw them.

    ``draw`` gives those of so many images, which are its dimension ``dim``.
    """
    return shard(draw(count * world_size()), count, dim)


def sample_sharded_like(draw: Callable[[Tensor], Tensor], like: Tensor) -> Tensor:
    """:func:`sample_sharded` in the shape and memory layout of ``like`` [B, …]."""
    if world_size() == 1:
        return draw(like)
    shape = len(like) * world_size(), *like.shape[1:]
    return shard(draw(like.new_empty_strided(shape, like.stride())), len(like))


def shard(whole: Tensor, count: int, dim: int = 0) -> Tensor:
    """The ``count`` images of this process among those of all."""
    return whole.narrow(dim, rank() * count, count)


def all_gather(images: Tensor) -> Tensor:
    """The images [B, …] of all processes in their order, [world · B, …]; without a gradient."""
    if world_size() == 1:
        return images
    every = [torch.empty_like(images) for _ in range(world_size())]
    with _peer_failures():
        distributed.all_gather(every, images.contiguous())
    return torch.cat(every)


def average_in_place(tensors: Sequence[Tensor]) -> None:
    """Set tensors of one kind, in place, to their means over all processes."""
    if world_size() == 1:
        return
    flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
    with _peer_failures():
        distributed.all_reduce(flat)
    sizes = [tensor.numel() for tensor in tensors]
    parts = torch.split(flat / world_size(), sizes)
    for tensor, part in zip(tensors, parts, strict=True):
        tensor.copy_(part.view_as(tensor))


def average_values(values: Mapping[str, float]) -> dict[str, float]:
    """The mean of each named value over all processes, which all have the same names."""
    if world_size() == 1:
        return dict(values)
    device = "cuda" if distributed.get_backend() == "nccl" else "cpu"
    means = torch.tensor(list(values.values()), dtype=torch.float64, device=device)
    average_in_place([means])
    return dict(zip(values, means.tolist(), strict=True))


def all_reduce_sum(tensor: Tensor) -> Tensor:
    """The sum over all processes, which gradients flow back through into every one of them."""
    total: Tensor = _Sum.apply(tensor)
    return total


class _Sum(torch.autograd.Function):
    """What each process loses depends on the sum, so the gradient is a sum too, of any order."""

    @staticmethod
    def forward(ctx: Any, tensor: Tensor) -> Tensor:  # noqa: ARG004
        total = tensor.clone()
        with _peer_failures():
            distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:  # noqa: ARG004
        return all_reduce_sum(gradients[0])


def broadcast(find: Callable[[], T]) -> T:
    """What the first process finds, told to all others, which wait for it."""
    if world_size() == 1:
        return find()
    box: list[Any] = [find() if rank() == 0 else None]
    with _peer_failures():
        distributed.broadcast_object_list(box)
    found: T = box[0]
    return found


def barrier() -> None:
    """Return when all processes are here."""
    broadcast(lambda: None)


def assert_equal(what: str, value: object) -> None:
    """Raise UserError where a process has another ``what`` than the first."""
    if world_size() == 1:
        return
    values: list[Any] = [None] * world_size()
    with _peer_failures():
        distributed.all_gather_object(values, value)
    others = [place for place, other in enumerate(values) if other != values[0]]
    if others:
        raise UserError(
            f"the processes {', '.join(map(str, others))} have other {what} than process 0: all "
            "machines need the same params.yaml, data, code and versions"
        )
