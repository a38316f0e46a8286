"""Super-resolution with a checkpoint that spandrel reads."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import torch

from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels


def dat_x2(images: Pixels, size: int, data: Path) -> Pixels:
    """Return images at twice their size by DAT light (Chen et al. 2023); see :func:`enlarge`."""
    return enlarge(images, size, data / "assets" / "dat-x2" / "dat-x2.pth")


def enlarge(images: Pixels, size: int, weights: Path) -> Pixels:
    """Return images uint8 [n, H, W, 3] at ``size``, enlarged by the network's own factor.

    Raises UserError where spandrel is not installed, the weights are missing or damaged, or the
    factor does not give ``size``.
    """
    if importlib.util.find_spec("spandrel") is None:
        raise UserError("super-resolution needs spandrel: pip install 's2f[sr]'")
    from spandrel import ImageModelDescriptor, ModelLoader, canonicalize_state_dict

    try:  # not by spandrel's own reader, which takes TorchScript and pickles too
        state = torch.load(weights, map_location="cpu", weights_only=True)
        network = ModelLoader().load_from_state_dict(canonicalize_state_dict(state))
    except Exception as error:  # spandrel and torch raise many kinds for a broken file
        raise UserError(f"{weights} cannot be loaded: {error}; fetch it again") from None
    if not isinstance(network, ImageModelDescriptor):
        raise UserError(f"{weights} is not a network from one image to another")
    if images.shape[1] * network.scale != size:
        raise UserError(
            f"{weights.name} enlarges {images.shape[1]} px images ×{network.scale}, "
            f"which is not the required {size} px; choose another scale or upscaler"
        )
    outputs = []
    with torch.inference_mode():
        for image in images:  # one at a time is half as fast again as eight on a CPU
            chunk = torch.from_numpy(image)[None].permute(0, 3, 1, 2)
            larger = network(chunk.float().div(255.0)).clamp(0, 1).mul(255.0).round().byte()
            outputs.append(larger.permute(0, 2, 3, 1).numpy())
    return np.concatenate(outputs)
