"""The logged scalars of a training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from s2f_core.common import distributed


@dataclass
class History:
    """The named scalars of a training, a row every ten steps."""

    rows: list[dict[str, float]] = field(default_factory=list)
    _pending: dict[str, list[Tensor]] = field(default_factory=dict)

    def add(
        self, step: int, scalars: Mapping[str, Tensor], *, ends_row: bool
    ) -> dict[str, float] | None:
        """Add one step's scalars; return the row where ``ends_row``, else None.

        A row has the mean of each name over the steps that had it, and over all processes.
        """
        for name, value in scalars.items():
            self._pending.setdefault(name, []).append(value.float())
        if not ends_row:
            return None
        means = {name: _mean(values) for name, values in self._pending.items()}
        self._pending = {}
        self.rows.append({"step": step, **distributed.average_values(means)})
        return self.rows[-1]

    def state_dict(self) -> dict[str, Any]:
        """Return the rows, and the scalars of the row that is not yet complete."""
        pending = {name: [float(value) for value in each] for name, each in self._pending.items()}
        return {"rows": self.rows, "pending": pending}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore a :meth:`state_dict`."""
        self.rows = state["rows"]
        self._pending = {
            name: list(map(torch.tensor, values)) for name, values in state["pending"].items()
        }


def _mean(values: Sequence[Tensor]) -> float:
    """Return the mean of scalars; those of a resumed training are on the CPU, others maybe not."""
    device = values[-1].device
    return float(torch.stack([value.to(device) for value in values]).mean())
