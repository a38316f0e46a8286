"""U-Net generator of pix2pix (Isola et al. 2017, section 6.1.1), P2's noise and P5's variant."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from s2f_core.common import distributed
from s2f_core.common.config import Section
from s2f_core.common.errors import UserError
from s2f_core.data.palette import CHANNELS, Palette, to_input
from s2f_core.networks.convolutions import Convolution
from s2f_core.networks.layers import (
    LEAKY_RELU,
    NORMS,
    RELU,
    Activation,
    Dropout,
    Norm,
    Up,
    needs_bias,
    upsampling_layers,
)

Noise = Literal["none", "input", "bottleneck", "both"]


class UNet(nn.Module):
    """Encoder, bottleneck and decoder, with the encoder's features beside the decoder's.

    Each of ``downs`` halves the resolution and each of ``ups`` doubles it. With ``skips`` every
    up but the first sees the encoder's features of its resolution concatenated to its own.

    ``noise`` concatenates a plane [B, 1, h, w] of N(0, 1) to the image, to the input of the first
    up, or to both (P2, E5). Each call draws it by ``torch.randn``, also in eval mode: for the same
    output twice, seed torch or give the planes.

    ``palette`` concatenates 12 constant planes to the image: a palette of
    :mod:`s2f_core.data.palette`. Where none is given, each image gets one of ``palettes`` [n, 12],
    drawn as noise is; :meth:`set_palettes` sets them, and no weights file has them.

    ``affine``: the last up gives, for every pixel and output channel, an affine function of the
    image's own pixel (local affine models: Gharbi et al. 2017), in front of the tanh. A pencil
    sketch is the photo over its blurred self, so a smooth gain brings the photo's detail back.

    Maps [B, in_channels, H, W] float in [-1, 1] to [B, out_channels, H, W] in [-1, 1]; H and W are
    multiples of 2 to the number of downs.
    """

    def __init__(
        self,
        downs: Iterator[nn.Module],
        bottleneck: nn.Module,
        ups: Iterator[nn.Module],
        *,
        skips: bool = True,
        noise: Noise = "none",
        palette: bool = False,
        affine: bool = False,
    ) -> None:
        super().__init__()
        self.downs = nn.ModuleList(downs)
        self.bottleneck = bottleneck
        self.ups = nn.ModuleList(ups)
        self.skips, self.noise, self.palette, self.affine = skips, noise, palette, affine
        self.palettes: Tensor
        self.register_buffer("palettes", torch.zeros(0, CHANNELS), persistent=False)

    def set_palettes(self, palettes: Sequence[Palette]) -> None:
        """Set the palettes to draw from where none is given."""
        self.palettes = to_input(palettes).to(self.palettes)

    def forward(
        self,
        image: Tensor,
        noise: Tensor | None = None,
        inner: Tensor | None = None,
        palette: Tensor | None = None,
    ) -> Tensor:
        """Translate a batch; see the class for shapes and ranges.

        ``noise`` [B, 1, H, W] goes beside the image, ``inner`` [B, 1, h, w] into the first up.
        ``palette`` is [B, 12], or [1, 12] for all images, in [-1, 1]. Raises UserError where there
        is none to draw.
        """
        features = (
            self._concatenate_noise(image, noise) if self.noise in {"input", "both"} else image
        )
        if self.palette:
            features = self._concatenate_palette(features, palette)
        skips: list[Tensor] = []
        for down in self.downs:
            features = down(features)
            skips.append(features)
        x: Tensor = self.bottleneck(skips.pop())
        if self.noise in {"bottleneck", "both"}:
            x = self._concatenate_noise(x, inner)
        x = self.ups[0](x)
        for up in self.ups[1:]:
            x = up(torch.cat([skips.pop(), x], dim=1) if self.skips else x)
        return torch.tanh(_apply_affine(x, image)) if self.affine else x

    def _concatenate_noise(self, x: Tensor, plane: Tensor | None) -> Tensor:
        def draw(count: int) -> Tensor:
            return torch.randn(count, 1, *x.shape[2:], device=x.device, dtype=x.dtype)

        return torch.cat([x, self._draw(draw, len(x)) if plane is None else plane], dim=1)

    def _concatenate_palette(self, x: Tensor, palette: Tensor | None) -> Tensor:
        def draw(count: int) -> Tensor:
            if not len(self.palettes):
                raise UserError("unet: it is told a palette: give one, or those to draw from")
            return self.palettes[torch.randint(len(self.palettes), (count,), device=x.device)]

        values = self._draw(draw, len(x)) if palette is None else palette
        planes = values.to(x.dtype)[..., None, None].expand(len(x), -1, *x.shape[2:])
        return torch.cat([x, planes], dim=1)

    def _draw(self, draw: Callable[[int], Tensor], count: int) -> Tensor:
        return distributed.sample_sharded(draw, count) if self.training else draw(count)


def _apply_affine(functions: Tensor, image: Tensor) -> Tensor:
    """Apply affine functions [B, C·(1 + N), H, W] to pixels [B, N, H, W]: [B, C, H, W]."""
    batch, _, height, width = functions.shape
    planes = functions.reshape(batch, -1, 1 + image.shape[1], height, width)
    outputs: Tensor = planes[:, :, 0] + (planes[:, :, 1:] * image[:, None]).sum(dim=2)
    return outputs


def takes_palette(section: Section) -> bool:
    """Whether a section is that of a generator that is told a palette."""
    return isinstance(section, UNetSection) and section.palette


class UNetSection(Section):
    """Encoder and decoder with skips: ``{type: unet}`` (Isola et al. 2017, section 6.1.1).

    Channels double from ``width`` up to 8 times it. The encoder has LeakyReLU 0.2. An instance norm
    of a 1×1 map passes nothing on: with ``normalised: all``, an instance norm and the full depth,
    the innermost stage does not learn. P5's network has this setting.

    P5's U-Net of 30,616,003 parameters is ``{depth: 8, kernel: 3, norm: instance-affine,
    normalised: all}`` at 256 px, width 64, 3 → 3; found from that count, not printed there.

    Deviations: ``up: nearest`` (its kernel is always 3×3), ``skips: false``, ``affine``, an
    ``activation`` other than ReLU.
    """

    takes: ClassVar[Literal["image", "vector"]] = "image"

    type: Literal["unet"]
    depth: int | None = Field(
        None,
        ge=2,
        le=10,
        description="Halvings of the image; null goes down to one pixel (P5: 8 at 256 px).",
    )
    kernel: Literal[3, 4] = Field(4, description="Pixels a side of the kernels (P5: 3).")
    norm: Norm = Field("batch", description="Norm after the convolutions.")
    normalised: Literal["inner", "all"] = Field(
        "inner",
        description=(
            "inner: no norm on the encoder's first and innermost stage; all: norms there too (P5)."
        ),
    )
    dropout: float = Field(
        0.5,
        ge=0,
        lt=1,
        description="Dropout in the decoder's stages at full width, except the innermost.",
    )
    up: Up = "transposed"
    skips: bool = Field(True, description="Whether the decoder sees the encoder's features.")
    noise: Noise = Field(
        "none",
        description=(
            "Where a plane of noise is added: at the input (P2's E5), the bottleneck, or both."
        ),
    )
    palette: bool = Field(
        False,
        description=(
            "Whether it is told the colours of the photo's background, hair, skin and clothes; "
            "later they are drawn from those of training photos, or chosen."
        ),
    )
    affine: bool = Field(
        False,
        description=(
            "The last layer gives affine functions of the input's pixels (Gharbi et al. 2017)."
        ),
    )
    activation: Activation = Field(RELU, description="Activation of the decoder.")

    def build(self, size: int, width: int, in_channels: int, out_channels: int) -> UNet:
        """Return the network for square images of ``size`` pixels.

        Raises UserError where ``size`` cannot be halved ``depth`` times.
        """
        depth = self.levels(size)
        if size % 2**depth:
            raise UserError(
                f"unet: images of {size} px cannot be halved {depth} times; "
                f"give a size that is a multiple of {2**depth}, or a smaller depth"
            )
        channels = [width * min(2**level, 8) for level in range(depth)]
        return UNet(
            self._downs(in_channels + self._planes_beside_image, channels),
            nn.Identity(),
            self._ups(out_channels * (1 + self.affine * in_channels), channels),
            skips=self.skips,
            noise=self.noise,
            palette=self.palette,
            affine=self.affine,
        )

    def multiple(self, size: int) -> int:
        """Return the number whose multiples the network for ``size`` takes as sides."""
        return int(2 ** self.levels(size))

    def planes(self, size: int) -> dict[str, int]:
        """Return the network's noise arguments in the order of their draws, each with a divisor.

        The divisor is that of the image's sides: 1 is the whole side, 4 a quarter.
        """
        inner = {"inner": self.multiple(size)} if self.noise in {"bottleneck", "both"} else {}
        return ({"noise": 1} if self.noise in {"input", "both"} else {}) | inner

    @property
    def _planes_beside_image(self) -> int:
        return (self.noise in {"input", "both"}) + CHANNELS * self.palette

    def levels(self, size: int) -> int:
        """Return the halvings of the network for ``size``: ``depth``, or down to one pixel."""
        return self.depth or max(1, size.bit_length() - 1)

    def _downs(self, source: int, channels: list[int]) -> Iterator[nn.Module]:
        bias = needs_bias(self.norm)
        for level, out in enumerate(channels):
            layers: list[nn.Module] = [LEAKY_RELU.build()] if level else []
            layers.append(Convolution(source, out, self.kernel, 2, 1, bias=bias))
            if self.normalised == "all" or 0 < level < len(channels) - 1:
                layers.append(NORMS[self.norm](out))
            yield nn.Sequential(*layers)
            source = out

    def _ups(self, out_channels: int, channels: list[int]) -> Iterator[nn.Module]:
        bias, innermost = needs_bias(self.norm), len(channels) - 1
        for level in reversed(range(len(channels))):
            last = level == 0
            if level == innermost:
                source = channels[level] + (self.noise in {"bottleneck", "both"})
            else:
                source = channels[level] * (2 if self.skips else 1)
            out = out_channels if last else channels[level - 1]
            kernel = 4 if last else self.kernel
            layers = [
                self.activation.build(),
                *upsampling_layers(self.up, source, out, kernel, bias=bias or last),
                self._output_layer() if last else NORMS[self.norm](out),
            ]
            if self.dropout and 4 <= level < innermost:
                layers.append(Dropout(self.dropout))
            yield nn.Sequential(*layers)

    def _output_layer(self) -> nn.Module:
        return nn.Identity() if self.affine else nn.Tanh()
