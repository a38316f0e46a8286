"""Steps as CUDA graphs: the kernels of a whole step are started by one call."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from s2f_core.data.batches import Batch
from s2f_core.training.recipe import Turn

Play = Callable[[Batch, Turn], dict[str, Tensor]]

log = logging.getLogger(__name__)
WARM_UP = 3  # steps before one is recorded: libraries choose and allocate in the first ones


@dataclass(frozen=True)
class Recorded:
    """A step that was recorded, the place of its batch, and where its scalars appear."""

    graph: torch.cuda.CUDAGraph
    batch: Batch
    names: list[str]
    values: Tensor

    def __call__(self, batch: Batch) -> dict[str, Tensor]:
        """Take the step on another batch of that shape; the scalars are a copy."""
        self.batch.a.copy_(batch.a)
        self.batch.b.copy_(batch.b)
        self.graph.replay()
        return dict(zip(self.names, self.values.clone(), strict=True))


class Graphs:
    """Takes steps, of each kind of turn the first three as they are, then as a recording of them.

    What a step reads from Python is recorded with it: of a turn that changes from step to step, one
    with noise, none is. Everything else has to be on the GPU: weights, gradients, the optimisers'
    state and rates. What cannot be recorded is taken as it is from then on, and that is said.
    """

    def __init__(self, play: Play) -> None:
        self.play, self._refused = play, False
        self.forget()

    def forget(self) -> None:
        """Record anew: what the recordings read and wrote is another's now."""
        self._taken: Counter[Turn] = Counter()
        self._recorded: dict[Turn, Recorded] = {}

    def __call__(self, batch: Batch, turn: Turn) -> dict[str, Tensor]:
        """A step, and its scalars."""
        if turn.noise or self._refused:
            return self.play(batch, turn)
        if self._taken[turn] < WARM_UP:
            self._taken[turn] += 1
            return self._aside(batch, turn)
        if turn not in self._recorded:
            try:
                self._recorded[turn] = self._record(batch, turn)
            except RuntimeError as error:
                self._refused = True
                said = str(error).partition("\n")[0]
                log.warning("steps are taken one operation at a time, since one asks: %s", said)
                return self.play(batch, turn)
        return self._recorded[turn](batch)

    def _aside(self, batch: Batch, turn: Turn) -> dict[str, Tensor]:
        """On a stream of its own, as a recording is made, so that it finds all as it left it."""
        stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            found = self.play(batch, turn)
        torch.cuda.current_stream().wait_stream(stream)
        return found

    def _record(self, batch: Batch, turn: Turn) -> Recorded:
        given = Batch(batch.a.clone(), batch.b.clone())
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, capture_error_mode="thread_local"):
            found = self.play(given, turn)
            values = torch.stack([value.float() for value in found.values()])
        return Recorded(graph, given, list(found), values)
