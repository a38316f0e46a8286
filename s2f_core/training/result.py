"""The outcome of a training, which the model card and the output files are made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from torch import Tensor, nn

from s2f_core.common.images import Pixels
from s2f_core.data.pairs import Pairs
from s2f_core.data.selection import Direction
from s2f_core.training.health import Finding
from s2f_core.training.objectives import Blueprint

EndedBy = Literal["steps", "minutes", "health"]
Row = Mapping[str, float]


@dataclass(frozen=True)
class TrainingResult:
    """A training that has ended.

    ``weights`` are those of the generators at the best validation, ``best_step``, whose row is
    ``best_scores``. ``generators`` are the networks that these weights fit; they hold the
    weights of the last step. ``history`` has the logged scalars, ``scores`` a row for every
    validation, ``frames`` the outputs for the first validation images each time. ``parameters``
    counts the weights of every network. ``ended_by``: ``steps``, all were done; ``minutes``,
    the time limit; ``health``, a finding.
    """

    blueprint: Blueprint
    train: Pairs
    val: Pairs
    generators: Mapping[Direction, nn.Module]
    weights: Mapping[Direction, dict[str, Tensor]]
    best_step: int
    best_scores: Row
    steps: int
    seconds: float
    ended_by: EndedBy
    history: Sequence[Row]
    scores: Sequence[Row]
    frames: Sequence[Pixels]
    findings: Sequence[Finding]
    parameters: Mapping[str, int]
    precision: str
    device: str
