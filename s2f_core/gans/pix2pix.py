"""pix2pix (Isola et al. 2017): conditional GAN + λ·L1."""

from __future__ import annotations

from typing import Any, Literal

import torch
from lightning_fabric import Fabric
from pydantic import Field
from torch import Tensor, nn
from torch.optim import Adam

from s2f_core.gans.optimisation import gradient_norm, scale_rates
from s2f_core.layers import initialise
from s2f_core.losses import bce, l1
from s2f_core.pairs import Batch
from s2f_core.params import Section
from s2f_core.recipe import Recipe


class Pix2PixSection(Section):
    """``objective: {type: pix2pix, l1: 100}``; ``l1`` is λ of eq. 4."""

    type: Literal["pix2pix"]
    l1: float = Field(100.0, ge=0)

    def discriminated(self, in_channels: int, out_channels: int) -> int:
        """Channels the discriminator sees: it is given the input beside the output."""
        return in_channels + out_channels

    def build(
        self,
        fabric: Fabric,
        generator: nn.Module,
        discriminator: nn.Module,
        lr: float,
        recipe: Recipe,
    ) -> Pix2Pix:
        """Set the networks up for training on the fabric's device and precision."""
        return Pix2Pix(self, fabric, generator, discriminator, lr, recipe)


class Pix2Pix:
    """One generator and one conditional discriminator, trained in turn.

    The discriminator steps first, its loss halved (section 3.3); the generator then maximises
    log D against the discriminator just updated.
    """

    def __init__(
        self,
        section: Pix2PixSection,
        fabric: Fabric,
        generator: nn.Module,
        discriminator: nn.Module,
        lr: float,
        recipe: Recipe,
    ) -> None:
        self.section, self.fabric = section, fabric
        initialise(generator)
        initialise(discriminator)
        betas = (recipe.beta1, recipe.beta2)
        adam_g = Adam(generator.parameters(), lr, betas, fused=True)
        adam_d = Adam(discriminator.parameters(), lr * recipe.lr_d_ratio, betas, fused=True)
        self.generator, self.optimizer_g = fabric.setup(generator, adam_g)
        self.discriminator, self.optimizer_d = fabric.setup(discriminator, adam_d)

    @property
    def networks(self) -> dict[str, nn.Module]:
        """The networks by name."""
        return {"generator": self.generator, "discriminator": self.discriminator}

    def set_rate(self, factor: float) -> None:
        """Multiply both initial learning rates by a factor."""
        scale_rates((self.optimizer_g, self.optimizer_d), factor)

    def step(self, batch: Batch) -> dict[str, Tensor]:
        """One step of both networks; returns named scalars.

        ``g_adversarial``, ``g_l1`` (unweighted), ``d_real``, ``d_fake`` (losses), ``d_out_real``,
        ``d_out_fake`` (the discriminator's mean outputs, probabilities), ``grad_norm_g``,
        ``grad_norm_d``.
        """
        fake = self.generator(batch.a)

        out_real = self.discriminator(torch.cat([batch.a, batch.b], dim=1))
        out_fake = self.discriminator(torch.cat([batch.a, fake.detach()], dim=1))
        d_real, d_fake = bce(out_real, real=True), bce(out_fake, real=False)
        self.optimizer_d.zero_grad()
        self.fabric.backward((d_real + d_fake) / 2)
        grad_norm_d = gradient_norm(self.discriminator)
        self.optimizer_d.step()

        self.discriminator.requires_grad_(requires_grad=False)
        g_adversarial = bce(self.discriminator(torch.cat([batch.a, fake], dim=1)), real=True)
        g_l1 = l1(fake, batch.b)
        self.optimizer_g.zero_grad()
        self.fabric.backward(g_adversarial + self.section.l1 * g_l1)
        grad_norm_g = gradient_norm(self.generator)
        self.optimizer_g.step()
        self.discriminator.requires_grad_(requires_grad=True)

        return {
            "g_adversarial": g_adversarial.detach(),
            "g_l1": g_l1.detach(),
            "d_real": d_real.detach(),
            "d_fake": d_fake.detach(),
            "d_out_real": out_real.detach().sigmoid().mean(),
            "d_out_fake": out_fake.detach().sigmoid().mean(),
            "grad_norm_g": grad_norm_g,
            "grad_norm_d": grad_norm_d,
        }

    def state_dict(self) -> dict[str, Any]:
        """Everything a resumed training needs of the networks and their optimisers."""
        return {name: part.state_dict() for name, part in self._parts().items()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what :meth:`state_dict` gave."""
        for name, part in self._parts().items():
            part.load_state_dict(state[name])

    def _parts(self) -> dict[str, Any]:
        return {
            **self.networks,
            "optimizer_g": self.optimizer_g,
            "optimizer_d": self.optimizer_d,
        }
