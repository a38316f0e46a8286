"""Launching a training on several processes."""

import pytest
import torch

from s2f_core.common.errors import UserError
from s2f_core.common.torchrun import Launch, read_launch
from s2f_core.training import fabric


def test_invalid_launches_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Different numbers per machine, fewer GPUs than processes, an invalid timeout."""
    assert read_launch() == Launch()
    with pytest.raises(UserError, match="2 processes on this machine of 3 in all"):
        fabric._accelerator(Launch(world_size=3, local_world_size=2))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(UserError, match=r"2 processes for 1 GPU.s.: start one process per GPU"):
        fabric._accelerator(Launch(world_size=2, local_world_size=2))
    for timeout in ("soon", "0", "9" * 30):
        monkeypatch.setenv("S2F_TIMEOUT", timeout)
        with pytest.raises(UserError, match=f"S2F_TIMEOUT={timeout} is no number of seconds"):
            fabric._timeout()
