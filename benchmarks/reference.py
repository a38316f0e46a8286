"""The reference PyTorch implementation of pix2pix, timed from a checkout of it.

Its networks and its adversarial loss are imported from there; the order of a step is its own
(pix2pix_model): G's pass, D's step on generated, then on real pairs, G's step, each by Adam.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from benchmarks.steps import CHANNELS, Case, Step, batch, device
from s2f_core.common.errors import UserError


def opened(folder: Path) -> Any:
    """Its module ``models.networks``. Raises UserError where the folder has none."""
    if not (folder / "models" / "networks.py").is_file():
        raise UserError(
            f"--reference {folder} has no models/networks.py; give a checkout of the reference "
            "PyTorch implementation of pix2pix and CycleGAN"
        )
    sys.path.insert(0, str(folder.resolve()))
    try:
        return importlib.import_module("models.networks")
    finally:
        sys.path.pop(0)


def name_of(case: Case) -> str | None:
    """The reference's name of a generator; None where it has no such one."""
    if "up" in case.generator:
        return None
    if case.generator["type"] == "resnet":
        return "resnet_9blocks"
    return f"unet_{case.size}" if case.size in {128, 256} else None


def stepping(networks: Any, case: Case) -> Step:
    """What takes a step of the reference's pix2pix of a case, and gives its losses."""
    torch.manual_seed(0)
    a, b = CHANNELS
    chosen = {"norm": case.norm}
    dropout = case.generator["type"] == "unet"
    generator = networks.define_G(a, b, case.width, name_of(case), use_dropout=dropout, **chosen)
    discriminator = networks.define_D(a + b, case.width, "basic", **chosen)
    judged = networks.GANLoss("vanilla").to(device())
    players = [network.to(device()) for network in (generator, discriminator)]
    adams = [torch.optim.Adam(net.parameters(), lr=2e-4, betas=(0.5, 0.999)) for net in players]
    images = batch(case).to(device())

    def step() -> dict[str, Tensor]:
        fake = generator(images.a)
        beside = torch.cat([images.a, fake], 1)
        discriminator.requires_grad_(requires_grad=True)
        adams[1].zero_grad()
        d_fake = judged(discriminator(beside.detach()), False)
        d_real = judged(discriminator(torch.cat([images.a, images.b], 1)), True)
        ((d_fake + d_real) * 0.5).backward()
        adams[1].step()
        discriminator.requires_grad_(requires_grad=False)
        adams[0].zero_grad()
        adversarial, distance = judged(discriminator(beside), True), F.l1_loss(fake, images.b)
        (adversarial + 100 * distance).backward()
        adams[0].step()
        losses = {"g_adversarial": adversarial, "g_l1": distance, "real": d_real, "fake": d_fake}
        return {name: loss.detach() for name, loss in losses.items()}

    return step
