"""Precision: the one place that decides it."""

from __future__ import annotations

from typing import Literal

import torch

Precision = Literal["auto", "32-true", "bf16-mixed", "16-mixed"]
Resolved = Literal["32-true", "bf16-mixed", "16-mixed"]


def resolve(precision: Precision) -> Resolved:
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
