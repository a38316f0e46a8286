"""Players, the networks of an objective with their optimisers, and helpers for a step."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from s2f_core.common import distributed
from s2f_core.networks.layers import initialise
from s2f_core.training.recipe import Recipe

if TYPE_CHECKING:  # importing it costs seconds that only a training has to spend
    from lightning_fabric import Fabric


class Player:
    """A network, initialised, and the optimiser that trains it, on the fabric's device."""

    def __init__(self, fabric: Fabric, network: nn.Module, lr: float, recipe: Recipe) -> None:
        initialise(network, recipe.init, recipe.init_gain)
        self.lr, self.clip = lr, recipe.clip
        optimizer = recipe.optimizer(network.parameters(), lr)
        self.network, self.optimizer = fabric.setup(network, optimizer)
        self._precision = fabric.strategy.precision
        self._rate: Tensor | None = None

    def __call__(self, images: Tensor, **others: Tensor) -> Any:
        """Run the network on a batch, and on its other inputs by name; return float32.

        Fabric's own wrapper gives no gradient with respect to the inputs in mixed precision, which
        R1 needs.
        """
        with self._precision.forward_context():
            outputs = self.network.module(self._precision.convert_input(images), **others)
        return self._precision.convert_output(outputs)

    def set_rate_factor(self, factor: float) -> None:
        """Multiply the initial learning rate by a factor."""
        rate: float | Tensor = self.lr * factor
        if self._rate is not None:
            rate = self._rate.fill_(rate)
        for group in self.optimizer.param_groups:
            group["lr"] = rate

    @property
    def capturable(self) -> bool:
        """Whether the optimiser can be part of a CUDA graph."""
        return "capturable" in self.optimizer.defaults

    def keep_rate_on_device(self) -> None:
        """Have the optimiser read its rate and its count of steps from the device."""
        self._rate = torch.tensor(self.lr, device=next(self.network.parameters()).device)
        self._read_rate()

    def _read_rate(self) -> None:
        for group in self.optimizer.param_groups:
            if self._rate is not None:
                group["lr"] = self._rate
            if self.capturable:
                group["capturable"] = self._rate is not None

    def step(self) -> Tensor:
        """Take an optimiser step; return the L2 norm of the gradients before clipping.

        Gradients are averaged over the processes first.
        """
        gradients = [p.grad for p in self.network.parameters() if p.grad is not None]
        distributed.average_in_place(gradients)
        norm = torch.nn.utils.get_total_norm(gradients)
        if self.clip is not None:
            torch.nn.utils.clip_grads_with_norm_(self.network.parameters(), self.clip, norm)
        self.optimizer.step()
        return norm

    def state_dict(self) -> dict[str, Any]:
        """Return weights and optimiser."""
        return {"network": self.network.state_dict(), "optimizer": self.optimizer.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore a :meth:`state_dict`."""
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self._read_rate()  # the state may be of another device


class GeneratorPlayer(Player):
    """A generator, and the average of its weights where the recipe asks for one (``ema``).

    The average is over exp(-step), as in Karras et al. 2018; in its first steps the decay is
    (1 + n) / (10 + n), so that the initial weights are soon forgotten.
    """

    def __init__(self, fabric: Fabric, network: nn.Module, lr: float, recipe: Recipe) -> None:
        super().__init__(fabric, network, lr, recipe)
        self.decay, self.average_updates = recipe.ema, 0
        self.average: nn.Module | None = None
        if self.decay:
            self.average = fabric.setup_module(copy.deepcopy(network)).requires_grad_(
                requires_grad=False
            )

    @property
    def inference_network(self) -> nn.Module:
        """The network that is validated and saved: the average, where there is one."""
        return self.average or self.network

    def update_average(self) -> None:
        """Move the average towards the weights."""
        if self.average is not None:
            decay = min(self.decay, (1 + self.average_updates) / (10 + self.average_updates))
            self.average_updates += 1
            _update_average(self.average, self.network, decay)

    def state_dict(self) -> dict[str, Any]:
        """Return weights, optimiser and average."""
        average = self.average.state_dict() if self.average else {}
        state = {"average": average, "average_updates": self.average_updates}
        return {**super().state_dict(), **state}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore a :meth:`state_dict`."""
        super().load_state_dict(state)
        self.average_updates = state["average_updates"]
        if self.average:
            self.average.load_state_dict(state["average"])


@torch.no_grad()
def _update_average(average: nn.Module, network: nn.Module, decay: float) -> None:
    """Move weights by 1 - decay; copy buffers, such as running statistics."""
    old: list[Tensor] = list(average.parameters())
    new: list[Tensor] = list(network.parameters())
    torch._foreach_lerp_(old, new, 1 - decay)
    for average_buffer, buffer in zip(average.buffers(), network.buffers(), strict=True):
        average_buffer.copy_(buffer)


def backpropagate(
    fabric: Fabric, players: Sequence[Player], loss: Tensor, *, retain_graph: bool = False
) -> None:
    """Add a loss's gradients to those of these players' weights, and to no others'."""
    weights = [weight for player in players for weight in player.network.parameters()]
    fabric.backward(loss, inputs=weights, retain_graph=retain_graph)


def descend(fabric: Fabric, players: Sequence[Player], losses: Iterable[Tensor]) -> list[Tensor]:
    """Take one step of each player on the sum of ``losses``; return the norms of their gradients.

    Each loss is backpropagated before the next is computed, so an iterator of losses holds one
    graph at a time. Other networks in the graph, such as a discriminator, get no gradients.
    """
    for player in players:
        player.optimizer.zero_grad()
    for loss in losses:
        backpropagate(fabric, players, loss)
    return [player.step() for player in players]


class Scalars:
    """Named scalars of the parts of a batch, detached."""

    def __init__(self) -> None:
        self._values: dict[str, list[Tensor]] = {}

    def add(self, **values: Tensor) -> None:
        """Add the values of one part."""
        for name, value in values.items():
            self._values.setdefault(name, []).append(value.detach().float())

    def mean(self) -> dict[str, Tensor]:
        """Return the mean of each name over the parts."""
        return {name: torch.stack(values).mean() for name, values in self._values.items()}
