"""ResNet-18 as a discriminator (P4), from nothing or from torchvision's ImageNet weights."""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Iterator
from http.client import HTTPException
from typing import Any, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from s2f_core.common.errors import UserError
from s2f_core.networks.discriminator_base import DiscriminatorSection, StagedDiscriminator
from s2f_core.networks.layers import BatchNorm


class ResNet18Section(DiscriminatorSection):
    """``discriminator: {type: resnet18, pretrained: false}``.

    torchvision's ResNet-18 (He et al. 2016) with one logit in place of the 1,000 classes. The
    features are those of its four groups of blocks, [B, 64, H/4, H/4] to [B, 512, H/32, H/32],
    rounded up; the logits are [B, 1, 1, 1]. Its norms stay batch norms: at 32 px and less, where
    the last maps are 1×1, a batch of 1 is refused when it is seen. Source: P4.

    With ``pretrained`` all but the logit starts from ImageNet (``IMAGENET1K_V1``) and stays as it
    is under ``layers.initialise``. Images stay in [-1, 1]; they are not brought to ImageNet's mean
    and deviation. For other than 3 channels the first convolution is adapted as timm does: for one
    channel the three filters are summed; else channel i has filter i modulo 3, times 3 / channels,
    so that outputs keep their size.
    """

    type: Literal["resnet18"]
    pretrained: bool = Field(
        False, description="Start from ImageNet's weights, which are then fetched."
    )

    def build(
        self,
        size: int,  # noqa: ARG002
        width: int,  # noqa: ARG002
        condition: int,
        image: int,
    ) -> StagedDiscriminator:
        """Return the network for any ``size``; ``width`` is not used, ResNet-18 has 64.

        Raises UserError where the pretrained weights cannot be fetched.
        """
        from torchvision.models import resnet18

        network = resnet18(norm_layer=BatchNorm)
        if self.pretrained:
            _load_imagenet(network)
        network.conv1 = _adapt_channels(network.conv1, condition + image)
        return StagedDiscriminator(self._stages(network))

    def _stages(self, network: Any) -> Iterator[nn.Module]:
        first = (network.conv1, network.bn1, network.relu, network.maxpool, network.layer1)
        for stage in (nn.Sequential(*first), network.layer2, network.layer3, network.layer4):
            stage.pretrained = self.pretrained
            yield stage
        yield nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(512, 1, 1))


def _load_imagenet(network: nn.Module) -> None:
    from torchvision.models import ResNet18_Weights

    weights = ResNet18_Weights.IMAGENET1K_V1
    name = weights.url.rsplit("/", 1)[1]
    file = f"{torch.hub.get_dir()}/checkpoints/{name}"
    try:
        state = weights.get_state_dict(
            progress=False, check_hash=True, map_location="cpu", weights_only=True
        )
        network.load_state_dict(state)
    except (
        OSError,
        RuntimeError,
        EOFError,
        HTTPException,
        pickle.UnpicklingError,
        zipfile.BadZipFile,
    ) as error:
        raise UserError(
            f"resnet18: the pretrained weights cannot be fetched from {weights.url}: {error}; "
            f"put that file at {file} (delete a damaged one there first), "
            f"or set pretrained: false"
        ) from None


def _adapt_channels(convolution: nn.Conv2d, channels: int) -> nn.Conv2d:
    """Return the first convolution with its filters for RGB spread over ``channels``."""
    if channels == 3:
        return convolution
    rgb = convolution.weight.detach()
    adapted = nn.Conv2d(channels, 64, 7, 2, 3, bias=False)
    adapted.weight = nn.Parameter(_spread(rgb, channels))
    return adapted


def _spread(rgb: Tensor, channels: int) -> Tensor:
    if channels == 1:
        return rgb.sum(dim=1, keepdim=True)
    return rgb[:, [i % 3 for i in range(channels)]] * (3 / channels)
