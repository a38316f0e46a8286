"""What objectives are made of: networks with their optimisers, averages of weights, a step."""

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

    def __call__(self, images: Tensor) -> Any:
        """What the network makes of a batch, as float32.

        Fabric's wrapper does the same, but takes no gradient by the inputs, which R1 needs, in
        mixed precision.
        """
        with self._precision.forward_context():
            made = self.network.module(self._precision.convert_input(images))
        return self._precision.convert_output(made)

    def set_rate(self, factor: float) -> None:
        """Multiply the initial learning rate by a factor."""
        rate: float | Tensor = self.lr * factor
        if self._rate is not None:
            rate = self._rate.fill_(rate)
        for group in self.optimizer.param_groups:
            group["lr"] = rate

    @property
    def recordable(self) -> bool:
        """Whether the optimiser can step with all it reads on the device."""
        return "capturable" in self.optimizer.defaults

    def keep_on_device(self) -> None:
        """Have the optimiser read rate and count of steps from the device."""
        self._rate = torch.tensor(self.lr, device=next(self.network.parameters()).device)
        self._read_rate()

    def _read_rate(self) -> None:
        for group in self.optimizer.param_groups:
            if self._rate is not None:
                group["lr"] = self._rate
            if self.recordable:
                group["capturable"] = self._rate is not None

    def finish(self) -> Tensor:
        """Take a step by the gradients that were gathered; their L2 norm before clipping.

        Processes that train together step by the means of theirs.
        """
        gradients = [p.grad for p in self.network.parameters() if p.grad is not None]
        distributed.average_in_place(gradients)
        norm = torch.nn.utils.get_total_norm(gradients)
        if self.clip is not None:
            torch.nn.utils.clip_grads_with_norm_(self.network.parameters(), self.clip, norm)
        self.optimizer.step()
        return norm

    def state_dict(self) -> dict[str, Any]:
        """Weights and optimiser."""
        return {"network": self.network.state_dict(), "optimizer": self.optimizer.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore what :meth:`state_dict` gave."""
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self._read_rate()  # the state may be of another device


class Generating(Player):
    """A generator, and the average of its weights where the recipe asks for one (``ema``).

    The average is over exp(-step), as in Karras et al. 2018; in its first steps the decay is
    (1 + n) / (10 + n), so that the initial weights are soon forgotten.
    """

    def __init__(self, fabric: Fabric, network: nn.Module, lr: float, recipe: Recipe) -> None:
        super().__init__(fabric, network, lr, recipe)
        self.decay, self.averaged = recipe.ema, 0
        self.average: nn.Module | None = None
        if self.decay:
            self.average = fabric.setup_module(copy.deepcopy(network)).requires_grad_(
                requires_grad=False
            )

    @property
    def shown(self) -> nn.Module:
        """The network to validate and to save."""
        return self.average or self.network

    def follow(self) -> None:
        """Move the average towards the weights."""
        if self.average is not None:
            decay = min(self.decay, (1 + self.averaged) / (10 + self.averaged))
            self.averaged += 1
            _follow(self.average, self.network, decay)

    def state_dict(self) -> dict[str, Any]:
        """Weights, optimiser and average."""
        average = self.average.state_dict() if self.average else {}
        return {**super().state_dict(), "average": average, "averaged": self.averaged}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore what :meth:`state_dict` gave."""
        super().load_state_dict(state)
        self.averaged = state["averaged"]
        if self.average:
            self.average.load_state_dict(state["average"])


@torch.no_grad()
def _follow(average: nn.Module, network: nn.Module, decay: float) -> None:
    """Move weights by 1 - decay; buffers, such as running statistics, are taken over."""
    old: list[Tensor] = list(average.parameters())
    new: list[Tensor] = list(network.parameters())
    torch._foreach_lerp_(old, new, 1 - decay)
    for kept, buffer in zip(average.buffers(), network.buffers(), strict=True):
        kept.copy_(buffer)


def backpropagate(
    fabric: Fabric, players: Sequence[Player], loss: Tensor, *, again: bool = False
) -> None:
    """Add a loss's gradients to those of these players' weights, and to no others'.

    ``again`` keeps the graph for another loss.
    """
    weights = [weight for player in players for weight in player.network.parameters()]
    fabric.backward(loss, inputs=weights, retain_graph=again)


def descend(fabric: Fabric, players: Sequence[Player], losses: Iterable[Tensor]) -> list[Tensor]:
    """One step of the players down the sum of ``losses``; the norms of their gradients.

    Each loss is backpropagated before the next is computed: a generator of losses holds one
    graph at a time. Other networks in it, such as a generator's judge, get no gradients.
    """
    for player in players:
        player.optimizer.zero_grad()
    for loss in losses:
        backpropagate(fabric, players, loss)
    return [player.finish() for player in players]


class Scalars:
    """Named scalars of the parts of a batch, detached; ``mean`` is over the parts."""

    def __init__(self) -> None:
        self._values: dict[str, list[Tensor]] = {}

    def add(self, **values: Tensor) -> None:
        """Take the values of one part."""
        for name, value in values.items():
            self._values.setdefault(name, []).append(value.detach().float())

    def mean(self) -> dict[str, Tensor]:
        """One value a name."""
        return {name: torch.stack(values).mean() for name, values in self._values.items()}
