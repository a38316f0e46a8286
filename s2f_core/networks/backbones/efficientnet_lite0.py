"""EfficientNet-Lite0, an ImageNet classifier: its weights, and its features.

Tan and Le 2019, table 1, without squeeze-and-excitation and with ReLU6, as TensorFlow's
EfficientNet-Lite has it. Convolutions are padded as TensorFlow's "SAME": where a side needs an odd
number of zeros, the end gets one more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from s2f_core.common.errors import UserError
from s2f_core.networks.backbones.base import Backbone, Layer

EPSILON = 1e-3  # of the batch norms
STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1)  # of the blocks
NORM = ("weight", "bias", "running_mean", "running_var")
TAPS = (2, 4, 10, 15)  # blocks whose outputs are features: the last of a size, 1/4 to 1/32


@dataclass(frozen=True)
class Weights:
    """``stem``, ``blocks`` (of two or three convolutions) and ``head``, then the last layer."""

    stem: Layer
    blocks: tuple[tuple[Layer, ...], ...]
    head: Layer
    classes: Layer


def fold(state: Mapping[str, Tensor]) -> Weights:
    """Return the weights of a state dict, each batch norm folded into the convolution before it.

    Raises KeyError where a tensor is missing, and ValueError where one is left over.
    """
    left = {name: value for name, value in state.items() if not name.endswith("_tracked")}

    def fold_layer(conv: str, norm: str) -> Layer:
        weight = left.pop(f"{conv}.weight")
        scale, shift, mean, variance = (left.pop(f"{norm}.{part}") for part in NORM)
        scale = scale * (variance + EPSILON).rsqrt()
        return weight * scale[:, None, None, None], shift - mean * scale

    def block(place: int) -> tuple[Layer, ...]:
        root = f"_blocks.{place}."
        parts = [("_expand_conv", "_bn0"), ("_depthwise_conv", "_bn1"), ("_project_conv", "_bn2")]
        return tuple(fold_layer(root + conv, root + norm) for conv, norm in parts[place == 0 :])

    weights = Weights(
        fold_layer("_conv_stem", "_bn0"),
        tuple(block(place) for place in range(len(STRIDES))),
        fold_layer("_conv_head", "_bn1"),
        (left.pop("_fc.weight"), left.pop("_fc.bias")),
    )
    if left:
        raise ValueError(f"unknown tensors: {', '.join(left)}")
    return weights


def read(file: Path) -> Weights:
    """Read a weights file. Raises UserError where it is missing or not EfficientNet-Lite0's."""
    try:
        return fold(torch.load(file, map_location="cpu", weights_only=True))
    except FileNotFoundError:
        raise UserError(f"{file} does not exist: run 's2f fetch efficientnet-lite0'") from None
    except Exception as error:  # torch raises many kinds for a broken file
        raise UserError(f"{file} is not EfficientNet-Lite0: {error}; fetch it again") from None


class EfficientNetLite0(Backbone):
    """The first convolutions as far as the last tap; 24, 40, 112 and 320 channels.

    Pixels of [-1, 1] are what TensorFlow's EfficientNet-Lite sees of [0, 255], to 1/255.
    """

    min_side = 16

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        self.blocks = [len(layers) for layers in weights.blocks[: TAPS[-1] + 1]]
        self.channels = tuple(len(weights.blocks[place][-1][0]) for place in TAPS)
        layers = {"stem": weights.stem}
        for place, block in enumerate(weights.blocks[: len(self.blocks)]):
            layers |= {f"block_{place}_{number}": layer for number, layer in enumerate(block)}
        for name, (weight, bias) in layers.items():
            pixelwise = weight.contiguous(memory_format=torch.channels_last)
            self.register_parameter(f"{name}_weight", nn.Parameter(pixelwise))
            self.register_parameter(f"{name}_bias", nn.Parameter(bias))
        self.freeze()

    def features(self, images: Tensor) -> list[Tensor]:
        """Map images [B, 3, H, W] in [-1, 1] to [B, 24, H/4, W/4] … [B, 320, H/32, W/32]."""
        pixelwise = images.contiguous(memory_format=torch.channels_last)  # half the time on a CPU
        x = F.relu6(self._convolve(pixelwise, "stem", 2))
        outputs = []
        for place, (layers, stride) in enumerate(zip(self.blocks, STRIDES, strict=False)):
            names = [f"block_{place}_{number}" for number in range(layers)]
            inner = x
            for name in names[:-2]:
                inner = F.relu6(self._convolve(inner, name))
            inner = F.relu6(self._convolve(inner, names[-2], stride))
            inner = self._convolve(inner, names[-1])
            x = inner + x if inner.shape == x.shape else inner
            if place in TAPS:
                outputs.append(x)
        return outputs

    def _convolve(self, x: Tensor, name: str, stride: int = 1) -> Tensor:
        weight, bias = self.get_buffer(f"{name}_weight"), self.get_buffer(f"{name}_bias")
        kernel, groups = weight.shape[2], x.shape[1] // weight.shape[1]
        missing = [
            max(0, (-(-side // stride) - 1) * stride + kernel - side) for side in x.shape[2:]
        ]
        if any(zeros % 2 for zeros in missing):
            high, wide = ((zeros // 2, zeros - zeros // 2) for zeros in missing)
            x, padding = F.pad(x, (*wide, *high)), [0, 0]
        else:
            padding = [zeros // 2 for zeros in missing]
        if groups == 1 or stride == 1:
            return F.conv2d(x, weight, bias, stride, padding, groups=groups)
        with torch.autocast(x.device.type, enabled=False):  # ten times as fast as bfloat16 on a CPU
            return F.conv2d(x.float(), weight, bias, stride, padding, groups=groups)


def load_efficientnet_lite0(weights: Path) -> EfficientNetLite0:
    """Read the network from the asset's file. Raises UserError where it is missing or damaged."""
    return EfficientNetLite0(read(weights))
