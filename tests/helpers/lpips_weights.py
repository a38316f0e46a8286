"""Weights of shift-tolerant LPIPS at random, narrower than the published ones."""

import io
import zipfile
from pathlib import Path

import torch
from torch import Tensor

from s2f_core.networks.backbones.shift_tolerant import LAYERS, Net

CONVOLUTIONS = {"alex": (11, 5, 3, 3, 3), "vgg": (3,) * 13}
WIDTH = 4  # of every layer, in place of 64 to 512


def random_state(net: Net) -> dict[str, Tensor]:
    """Weights under the published names, narrower than the published ones."""
    torch.manual_seed(0)
    state = {"scaling_layer.shift": torch.zeros(1, 3, 1, 1)}
    state["scaling_layer.scale"] = torch.full((1, 3, 1, 1), 0.5)
    kernels, place, width = iter(CONVOLUTIONS[net]), 0, 3
    for number, layers in enumerate(LAYERS[net], 1):
        for layer in layers:
            name = f"net.slice{number}.{place}"
            if layer.startswith("conv"):
                side = next(kernels)
                state[f"{name}.weight"] = torch.randn(WIDTH, width, side, side) / side
                state[f"{name}.bias"] = torch.randn(WIDTH) / 4
                width = WIDTH
            if layer == "blur":
                state[f"{name}.filt"] = torch.zeros(WIDTH, 1, 3, 3)
            place += 1
        state[f"lin{number - 1}.model.1.weight"] = torch.rand(1, WIDTH, 1, 1)
    return state


def write_weights(file: Path, *nets: Net) -> Path:
    """Write the asset's file with random weights of these networks, and return it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(file, "w") as archive:
        for net in nets:
            content = io.BytesIO()
            torch.save(random_state(net), content)
            archive.writestr(f"{net}_shift_tolerant.pth", content.getvalue())
    return file
