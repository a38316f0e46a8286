"""Where a training runs: this process on one device, or all those that ``torchrun`` started."""

from __future__ import annotations

import os
from datetime import timedelta

import torch
from lightning_fabric import Fabric
from lightning_fabric.plugins.environments.torchelastic import TorchElasticEnvironment
from lightning_fabric.strategies.ddp import DDPStrategy
from torch import nn

from s2f_core.common.device import ResolvedPrecision
from s2f_core.common.errors import UserError
from s2f_core.common.torchrun import Launch, read_launch

PATIENCE = 1800  # seconds that a process waits for the others


class Together(DDPStrategy):
    """Processes that average gradients themselves; see :mod:`s2f_core.common.distributed`."""

    def setup_module(self, module: nn.Module) -> nn.Module:  # type: ignore[override]
        """The module itself, not wrapped."""
        return module


def start(precision: ResolvedPrecision) -> Fabric:
    """The fabric, connected to the other processes where there are any.

    Every process has one GPU of its machine, by NCCL, or without CUDA a share of the CPU, by gloo.
    ``S2F_TIMEOUT`` is how many seconds a process waits for the others before it gives up. Raises
    UserError where a machine has fewer GPUs than processes, or others than the next one.
    """
    launch = read_launch()
    if launch.world_size == 1:
        return Fabric(accelerator="auto", devices=1, precision=precision)
    fabric = Fabric(
        accelerator=_accelerator(launch),
        devices=launch.local_world_size,
        num_nodes=launch.world_size // launch.local_world_size,
        precision=precision,
        strategy=Together(
            cluster_environment=TorchElasticEnvironment(), timeout=timedelta(seconds=_patience())
        ),
    )
    fabric.launch()
    return fabric


def _accelerator(launch: Launch) -> str:
    if launch.world_size % launch.local_world_size:
        raise UserError(
            f"{launch.local_world_size} processes on this machine of {launch.world_size} in all: "
            "every machine needs as many (torchrun --nproc-per-node)"
        )
    if not torch.cuda.is_available():
        return "cpu"
    if (found := torch.cuda.device_count()) < launch.local_world_size:
        raise UserError(
            f"{launch.local_world_size} processes for {found} GPU(s): start as many as there are "
            "(torchrun --nproc-per-node), or set CUDA_VISIBLE_DEVICES= to train on the CPU"
        )
    return "cuda"


def _patience() -> int:
    given = os.environ.get("S2F_TIMEOUT", str(PATIENCE))
    if not given.isdecimal() or int(given) < 1:
        raise UserError(f"S2F_TIMEOUT={given} is no number of seconds: 1 or more")
    return int(given)
