"""How this process was started: alone, or as one of several by ``torchrun``."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Launch:
    """``rank`` from 0 among ``world`` processes, ``here`` of them on this machine."""

    rank: int = 0
    world: int = 1
    here: int = 1

    @property
    def first(self) -> bool:
        """Whether this process keeps the record: MLflow, files, what a person sees."""
        return self.rank == 0


def launched() -> Launch:
    """What ``torchrun`` says in the environment; alone where it started nothing."""
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        return Launch()
    names = ("RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE")
    return Launch(*(int(os.environ[name]) for name in names))
