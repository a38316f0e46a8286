"""The curves of a training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from s2f_core.common import distributed


@dataclass
class Curves:
    """The named scalars of a training, a row every ten steps."""

    rows: list[dict[str, float]] = field(default_factory=list)
    _recent: dict[str, list[Tensor]] = field(default_factory=dict)

    def add(self, step: int, whole: bool, losses: Mapping[str, Tensor]) -> dict[str, float] | None:
        """Take one step's losses; the row they complete where it is ``whole``.

        A row has the mean of each name over the steps that gave it one, and over all processes.
        """
        for name, value in losses.items():
            self._recent.setdefault(name, []).append(value.float())
        if not whole:
            return None
        means = {name: _mean(values) for name, values in self._recent.items()}
        self._recent = {}
        self.rows.append({"step": step, **distributed.average_values(means)})
        return self.rows[-1]

    def state_dict(self) -> dict[str, Any]:
        """The rows, and what the next one has of the steps since the last."""
        recent = {name: [float(value) for value in each] for name, each in self._recent.items()}
        return {"curves": self.rows, "recent": recent}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go back to it; an older file was written where a row ends and has the rows alone."""
        recent = state.get("recent", {})
        self.rows = state["curves"]
        self._recent = {name: list(map(torch.tensor, each)) for name, each in recent.items()}


def _mean(values: Sequence[Tensor]) -> float:
    """Of scalars, those of a resumed training on the CPU, the others where it runs."""
    device = values[-1].device
    return float(torch.stack([value.to(device) for value in values]).mean())
