"""Super-resolution with the EDSR that the stage ``upscaler`` trains."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from pydantic import TypeAdapter, ValidationError
from torch import Tensor, nn

from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels, from_model, to_model
from s2f_core.common.parallel import map_on_cores
from s2f_core.networks import checkpoint
from s2f_core.networks.edsr import FACTOR, EDSRSection

FORMAT, VERSION = "s2f-edsr", 1
EDSR_FILE = Path("upscalers/edsr/edsr.pt")  # under the data root


def edsr(images: Pixels, size: int, data: Path) -> Pixels:
    """Return images uint8 [n, H, W, 3] at twice their size by EDSR (Lim et al. 2017).

    Raises UserError where the stage ``upscaler`` has not run, its file is damaged, or twice the
    images' size is not ``size``.
    """
    if (side := images.shape[1]) * FACTOR != size:
        raise UserError(
            f"edsr enlarges {side} px images ×{FACTOR}, which is not the required {size} px; "
            "choose another scale or upscaler"
        )
    if images.shape[3] != 3:
        raise UserError(f"edsr enlarges colour images, but these have {images.shape[3]} channel(s)")
    network, self_ensemble = load_model(data / EDSR_FILE)
    return enlarge(network, images, self_ensemble=self_ensemble)


def enlarge(network: nn.Module, images: Pixels, *, self_ensemble: bool) -> Pixels:
    """Return images uint8 [n, H, W, 3] at twice their size, on the network's device."""
    run = ensemble if self_ensemble else _run_once
    device = next(network.parameters()).device

    @torch.inference_mode()
    def enlarge_one(image: Pixels) -> Pixels:
        return from_model(run(network, to_model(torch.from_numpy(image[None]).to(device))))

    # One at a time, or one a core: no more memory for a hundred than for one.
    on_cores = device.type == "cpu" and len(images) > 1
    outputs = (map_on_cores if on_cores else map)(enlarge_one, images)
    return np.concatenate(list(outputs))


def _run_once(network: Callable[[Tensor], Tensor], image: Tensor) -> Tensor:
    return network(image)


def ensemble(network: Callable[[Tensor], Tensor], image: Tensor) -> Tensor:
    """Return the mean over the eight flips and turns of [B, C, H, W], each turned back.

    Source: Lim et al. 2017, section 3.4.
    """
    total = torch.zeros(())
    for turns in range(4):
        turned = torch.rot90(image, turns, (2, 3))
        for mirrored in (False, True):
            larger = network(turned.flip(3) if mirrored else turned)
            back = larger.flip(3) if mirrored else larger
            total = torch.rot90(back, -turns, (2, 3)) + total.to(back.device)
    return total / 8


def save_model(
    path: Path, section: EDSRSection, weights: dict[str, Tensor], *, self_ensemble: bool
) -> None:
    """Write an EDSR as one file that ``torch.load(weights_only=True)`` reads."""
    content = {
        "format": FORMAT,
        "version": VERSION,
        "network": {name: getattr(section, name) for name in EDSRSection.model_fields},
        "self_ensemble": self_ensemble,
        "weights": weights,
    }
    checkpoint.save(path, content)


def load_model(path: Path) -> tuple[nn.Module, bool]:
    """Return the network in eval mode, and whether it uses self-ensemble.

    Raises UserError where the file is missing, damaged or of another version.
    """
    if not path.exists():
        raise UserError(f"{path} does not exist: run dvc repro upscaler")
    content = checkpoint.load(path)
    if content.get("format") != FORMAT or content.get("version") != VERSION:
        raise UserError(
            f"{path} is not an EDSR of s2f, version {VERSION} (format {content.get('format')!r}, "
            f"version {content.get('version')!r}): dvc repro --force upscaler makes one"
        )
    try:
        network = TypeAdapter(EDSRSection).validate_python(content["network"]).build()
        network.load_state_dict(content["weights"])
        return network.eval(), bool(content["self_ensemble"])
    except (ValidationError, KeyError, RuntimeError) as error:
        raise UserError(f"{path} is damaged: {error}") from None
