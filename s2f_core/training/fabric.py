"""Set up the device of a training: one process, or the processes of ``torchrun``."""

from __future__ import annotations

import os
import re
from datetime import timedelta

import torch
from lightning_fabric import Fabric
from lightning_fabric.plugins.environments.torchelastic import TorchElasticEnvironment
from lightning_fabric.strategies.ddp import DDPStrategy
from torch import nn

from s2f_core.common.device import ResolvedPrecision
from s2f_core.common.errors import UserError
from s2f_core.common.torchrun import Launch, read_launch

DEFAULT_TIMEOUT = 1800  # seconds that a process waits for the others


class UnwrappedStrategy(DDPStrategy):
    """A strategy without DDP: :mod:`s2f_core.common.distributed` averages the gradients."""

    def setup_module(self, module: nn.Module) -> nn.Module:  # type: ignore[override]
        """Return the module unwrapped."""
        return module


def start(precision: ResolvedPrecision) -> Fabric:
    """Return the fabric, connected to the other processes where there are any.

    Each process uses one GPU of its machine with NCCL, or without CUDA the CPU with gloo. A process
    waits ``S2F_TIMEOUT`` seconds for the others. Raises UserError where a machine has fewer GPUs
    than processes, or where machines run different numbers of processes.
    """
    launch = read_launch()
    if launch.world_size == 1:
        return Fabric(accelerator="auto", devices=1, precision=precision)
    fabric = Fabric(
        accelerator=_accelerator(launch),
        devices=launch.local_world_size,
        num_nodes=launch.world_size // launch.local_world_size,
        precision=precision,
        strategy=UnwrappedStrategy(
            cluster_environment=TorchElasticEnvironment(), timeout=timedelta(seconds=_timeout())
        ),
    )
    fabric.launch()
    return fabric


def _accelerator(launch: Launch) -> str:
    if launch.world_size % launch.local_world_size:
        raise UserError(
            f"{launch.local_world_size} processes on this machine of {launch.world_size} in all: "
            "every machine needs the same number (torchrun --nproc-per-node)"
        )
    if not torch.cuda.is_available():
        return "cpu"
    if (count := torch.cuda.device_count()) < launch.local_world_size:
        raise UserError(
            f"{launch.local_world_size} processes for {count} GPU(s): start one process per GPU "
            "(torchrun --nproc-per-node), or set CUDA_VISIBLE_DEVICES= to train on the CPU"
        )
    return "cuda"


def _timeout() -> int:
    text = os.environ.get("S2F_TIMEOUT", str(DEFAULT_TIMEOUT))
    if not re.fullmatch("[1-9][0-9]{0,7}", text):
        raise UserError(f"S2F_TIMEOUT={text} is no number of seconds (allowed: 1 to 99999999)")
    return int(text)
