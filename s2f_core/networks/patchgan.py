"""PatchGAN discriminator of pix2pix (Isola et al. 2017, sections 3.2.2 and 6.1.2)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from torch import Tensor, nn

from s2f_core.errors import UserError
from s2f_core.layers import NORMS, Norm, needs_bias
from s2f_core.params import Section


class PatchGAN(nn.Module):
    """A logit for every overlapping patch of the image: positive for real, negative for generated.

    ``layers`` 4×4 stride-2 convolutions and two of stride 1, LeakyReLU 0.2, channels doubling
    from ``width`` up to 8 times it, no norm on the first. ``layers=3`` sees patches of 70×70.

    Maps [B, channels, H, W] to logits [B, 1, H', W'], H' = H / 2**layers - 2.
    """

    def __init__(self, channels: int, width: int, layers: int, norm: Norm) -> None:
        super().__init__()
        bias = needs_bias(norm)
        stages: list[nn.Module] = [nn.Conv2d(channels, width, 4, 2, 1), nn.LeakyReLU(0.2)]
        source = width
        for level in range(1, layers + 1):
            out = width * min(2**level, 8)
            stride = 2 if level < layers else 1
            stages += [
                nn.Conv2d(source, out, 4, stride, 1, bias=bias),
                NORMS[norm](out),
                nn.LeakyReLU(0.2),
            ]
            source = out
        stages.append(nn.Conv2d(source, 1, 4, 1, 1))
        self.stages = nn.Sequential(*stages)

    def forward(self, image: Tensor) -> Tensor:
        """Logits of a batch; see the class for shapes."""
        logits: Tensor = self.stages(image)
        return logits


class PatchGANSection(Section):
    """``discriminator: {type: patchgan, …}``."""

    type: Literal["patchgan"]
    layers: int = Field(3, ge=1, le=8)
    norm: Norm = "batch"

    def build(self, size: int, width: int, channels: int) -> PatchGAN:
        """The network for square images of ``size`` pixels.

        Raises UserError where the images are too small to leave one patch.
        """
        if size // 2**self.layers < 3:
            raise UserError(
                f"patchgan: {self.layers} layers leave no patch of {size} px images; "
                f"give at least {3 * 2**self.layers} px, or fewer layers"
            )
        return PatchGAN(channels, width, self.layers, self.norm)
