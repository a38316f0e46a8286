"""Training steps as CUDA graphs: one call starts the kernels of a whole step."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from s2f_core.data.batches import Batch
from s2f_core.training.recipe import Turn

TrainStep = Callable[[Batch, Turn], dict[str, Tensor]]

log = logging.getLogger(__name__)
WARM_UP = 3  # steps before the capture: libraries choose kernels and allocate memory in the first


@dataclass(frozen=True)
class CapturedStep:
    """A captured step with its input batch and the tensor that its scalars appear in."""

    graph: torch.cuda.CUDAGraph
    batch: Batch
    names: list[str]
    values: Tensor

    def __call__(self, batch: Batch) -> dict[str, Tensor]:
        """Replay the step on another batch of that shape; return a copy of the scalars."""
        self.batch.copy_from(batch)
        self.graph.replay()
        return dict(zip(self.names, self.values.clone(), strict=True))


class CudaGraphs:
    """Runs a step eagerly three times for each kind of turn, then captures and replays it.

    A graph holds the Python values of its capture, so a turn with noise, which changes from step to
    step, always runs eagerly. All that a step reads has to be on the GPU: weights, gradients, the
    optimisers' state and rates. Where a capture fails, all steps run eagerly from then on, and a
    warning says so.
    """

    def __init__(self, train_step: TrainStep) -> None:
        self.train_step, self._failed = train_step, False
        self.reset()

    def reset(self) -> None:
        """Capture anew: the tensors that the graphs read and wrote were replaced."""
        self._warm_ups: Counter[Turn] = Counter()
        self._captured: dict[Turn, CapturedStep] = {}

    def __call__(self, batch: Batch, turn: Turn) -> dict[str, Tensor]:
        """Take a step; return its scalars."""
        if turn.noise or self._failed:
            return self.train_step(batch, turn)
        if self._warm_ups[turn] < WARM_UP:
            self._warm_ups[turn] += 1
            return self._warm_up(batch, turn)
        if turn not in self._captured:
            try:
                self._captured[turn] = self._capture(batch, turn)
            except RuntimeError as error:
                self._failed = True
                reason = str(error).partition("\n")[0]
                log.warning("CUDA graph capture failed; running eagerly: %s", reason)
                return self.train_step(batch, turn)
        return self._captured[turn](batch)

    def _warm_up(self, batch: Batch, turn: Turn) -> dict[str, Tensor]:
        """Take a step on a side stream, as a capture does, so that the capture finds its memory."""
        stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            scalars = self.train_step(batch, turn)
        torch.cuda.current_stream().wait_stream(stream)
        return scalars

    def _capture(self, batch: Batch, turn: Turn) -> CapturedStep:
        inputs = batch.map(Tensor.clone)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, capture_error_mode="thread_local"):
            scalars = self.train_step(inputs, turn)
            values = torch.stack([value.float() for value in scalars.values()])
        return CapturedStep(graph, inputs, list(scalars), values)
