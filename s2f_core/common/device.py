"""What a device is used with: the one place that decides it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import torch

from s2f_core.common.errors import UserError

Precision = Literal["auto", "32-true", "bf16-mixed", "16-mixed"]
Resolved = Literal["32-true", "bf16-mixed", "16-mixed"]


def resolve_precision(precision: Precision) -> Resolved:
    """What ``auto`` means here: bfloat16 where the device has instructions for it, else float32.

    The device is the one Fabric's ``accelerator="auto"`` takes: CUDA, then MPS, then CPU.
    """
    if precision != "auto":
        return precision
    if torch.cuda.is_available():
        able = torch.cuda.is_bf16_supported(including_emulation=False)
    elif torch.backends.mps.is_available():
        able = False
    else:
        found = torch.cpu.get_capabilities()
        able = bool(found.get("avx512_bf16") or found.get("amx_bf16"))
    return "bf16-mixed" if able else "32-true"


def uses_cuda_graphs(device: torch.device, processes: int) -> bool:
    """Whether steps are taken as CUDA graphs: on a GPU, by a process that trains alone.

    Not where PyTorch is told to be deterministic: a resumed training takes its first steps one
    operation at a time, and is then the uninterrupted one to the last bit.
    """
    alone = device.type == "cuda" and processes == 1
    return alone and not torch.are_deterministic_algorithms_enabled()


@contextmanager
def explain_out_of_memory(what: str, remedy: str) -> Iterator[None]:
    """Raise UserError where the device's memory, or this machine's, has no room for ``what``."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        full = isinstance(error, MemoryError | torch.OutOfMemoryError)
        if not full and "can't allocate memory" not in str(error):  # the CPU's has no class
            raise
        raise UserError(f"there is no memory left for {what}: {remedy}") from error
