"""The reference PyTorch implementation of pix2pix, run from a checkout.

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


def load_networks(folder: Path) -> Any:
    """Import ``models.networks`` of a checkout; raises UserError if it has none."""
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


def generator_name(case: Case) -> str | None:
    """Return the reference's name of a generator; None if it has no such generator."""
    if "up" in case.generator:
        return None
    if case.generator["type"] == "resnet":
        return "resnet_9blocks"
    return f"unet_{case.size}" if case.size in {128, 256} else None


def build_step(networks: Any, case: Case) -> Step:
    """Return a function that trains the reference's pix2pix for a step and returns the losses."""
    torch.manual_seed(0)
    a, b = CHANNELS
    dropout = case.generator["type"] == "unet"
    generator = networks.define_G(
        a, b, case.width, generator_name(case), norm=case.norm, use_dropout=dropout
    )
    discriminator = networks.define_D(a + b, case.width, "basic", norm=case.norm)
    gan_loss = networks.GANLoss("vanilla").to(device())
    players = [network.to(device()) for network in (generator, discriminator)]
    optimisers = [
        torch.optim.Adam(net.parameters(), lr=2e-4, betas=(0.5, 0.999)) for net in players
    ]
    images = batch(case).to(device())

    def step() -> dict[str, Tensor]:
        fake = generator(images.a)
        pair = torch.cat([images.a, fake], 1)
        discriminator.requires_grad_(requires_grad=True)
        optimisers[1].zero_grad()
        d_fake = gan_loss(discriminator(pair.detach()), False)
        d_real = gan_loss(discriminator(torch.cat([images.a, images.b], 1)), True)
        ((d_fake + d_real) * 0.5).backward()
        optimisers[1].step()
        discriminator.requires_grad_(requires_grad=False)
        optimisers[0].zero_grad()
        adversarial, distance = gan_loss(discriminator(pair), True), F.l1_loss(fake, images.b)
        (adversarial + 100 * distance).backward()
        optimisers[0].step()
        losses = {"g_adversarial": adversarial, "g_l1": distance, "real": d_real, "fake": d_fake}
        return {name: loss.detach() for name, loss in losses.items()}

    return step
