"""The precision and the execution mode of a device, and errors for full memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import torch

from s2f_core.common.errors import UserError, is_out_of_memory

Precision = Literal["auto", "32-true", "bf16-mixed", "16-mixed"]
ResolvedPrecision = Literal["32-true", "bf16-mixed", "16-mixed"]


def resolve_precision(precision: Precision) -> ResolvedPrecision:
    """Resolve ``auto``: bfloat16 if the device has instructions for it, else float32.

    The device is that of Fabric's ``accelerator="auto"``: CUDA, then MPS, then CPU.
    """
    if precision != "auto":
        return precision
    if torch.cuda.is_available():
        has_bfloat16 = torch.cuda.is_bf16_supported(including_emulation=False)
    elif torch.backends.mps.is_available():
        has_bfloat16 = False
    else:
        capabilities = torch.cpu.get_capabilities()
        has_bfloat16 = bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
    return "bf16-mixed" if has_bfloat16 else "32-true"


def uses_cuda_graphs(device: torch.device, processes: int) -> bool:
    """Whether training steps run as CUDA graphs: on a GPU, if one process trains alone.

    Not with PyTorch's deterministic algorithms: a resumed training runs its first steps eagerly,
    and must equal the uninterrupted one to the last bit.
    """
    alone = device.type == "cuda" and processes == 1
    return alone and not torch.are_deterministic_algorithms_enabled()


@contextmanager
def explain_out_of_memory(what: str, remedy: str) -> Iterator[None]:
    """Turn "out of memory", of the device or the machine, into a UserError."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        raise UserError(f"there is no memory left for {what}: {remedy}") from error
