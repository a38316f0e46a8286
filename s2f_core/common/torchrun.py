"""How this process was started: alone, or as one of several by ``torchrun``."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Launch:
    """The rank of this process, and the number of processes: in all, and on this machine."""

    rank: int = 0
    world_size: int = 1
    local_world_size: int = 1

    @property
    def is_main(self) -> bool:
        """Whether this process writes files, logs to MLflow and shows progress."""
        return self.rank == 0


def read_launch() -> Launch:
    """Read the environment variables of ``torchrun``; without them the process is alone."""
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        return Launch()
    names = ("RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE")
    return Launch(*(int(os.environ[name]) for name in names))
