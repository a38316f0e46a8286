"""SSIM and PSNR of each output against its photo."""

from __future__ import annotations

import numpy as np
import torch
import torchmetrics
from torchmetrics.functional.image import (
    peak_signal_noise_ratio,
    structural_similarity_index_measure,
)

from s2f_core.images import Pixels
from s2f_core.scores.kinds import PairedScore, Values

LIBRARY = f"torchmetrics {torchmetrics.__version__}"


def _unit(images: Pixels) -> torch.Tensor:
    return torch.from_numpy(images).permute(0, 3, 1, 2).float().div(255.0)


def ssim(outputs: Pixels, targets: Pixels) -> Values:
    """Structural similarity (Wang et al. 2004), 11×11 Gaussian window σ 1.5, mean of channels."""
    values = [  # one at a time: torchmetrics' grouped convolution is slower over a batch
        structural_similarity_index_measure(output[None], target[None], data_range=1.0)
        for output, target in zip(_unit(outputs), _unit(targets), strict=True)
    ]
    return np.asarray(values, dtype=np.float64)


def psnr(outputs: Pixels, targets: Pixels) -> Values:
    """Peak signal-to-noise ratio in dB, peak 255; capped at 100 dB for equal images."""
    values = peak_signal_noise_ratio(
        _unit(outputs), _unit(targets), data_range=1.0, reduction="none", dim=(1, 2, 3)
    )
    return np.asarray(values.clamp(max=100.0), dtype=np.float64)


SSIM = PairedScore(
    title="SSIM",
    function=ssim,
    higher_is_better=True,
    range=(-1, 1),
    library=LIBRARY,
    describe="Structural similarity to the photo (Wang 2004), RGB, 11×11 window, reflected.",
)
PSNR = PairedScore(
    title="PSNR",
    function=psnr,
    higher_is_better=True,
    range=(0, 100),
    library=LIBRARY,
    describe="Peak signal-to-noise ratio to the photo in dB, averaged over images.",
)
