"""Losses as pure functions on tensors. Each returns a scalar.

Logits are of any shape [B, …]: one an image or one a patch; means are over all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

Adversarial = Literal["vanilla", "least-squares", "hinge", "wgan-gp"]
Reconstruction = Literal["l1", "l2", "charbonnier"]

FAINT = 1e-3  # a magnitude of features that is next to none
C1, C2 = 0.01**2, 0.03**2  # of SSIM, for images in [0, 1]


def vanilla(logits: Tensor, target: float) -> Tensor:
    """Binary cross-entropy of the probabilities σ(logits) against one target in [0, 1].

    Target 1 for the generator is its non-saturating loss, -log σ(D(fake)) (Goodfellow et al.
    2014, section 3).
    """
    return (target * F.softplus(-logits) + (1 - target) * F.softplus(logits)).mean()


def least_squares(logits: Tensor, target: float) -> Tensor:
    """Mean squared distance of the outputs from a target (Mao et al. 2017, eq. 9)."""
    return (logits - target).square().mean()


def discriminator_losses(
    kind: Adversarial, real: Tensor, fake: Tensor, smoothing: float = 0.0
) -> tuple[Tensor, Tensor]:
    """Return D's losses on logits of real and of generated images; D minimises their sum.

    Vanilla and least squares are halved, as in Isola et al. 2017, section 3.3; there
    ``smoothing`` lowers the target of real images from 1 (one-sided: Salimans et al. 2016,
    section 3.4). Hinge: Lim & Ye 2017, eq. 6. WGAN-GP: Gulrajani et al. 2017, eq. 3, without
    the penalty.
    """
    if kind == "vanilla":
        return vanilla(real, 1 - smoothing) / 2, vanilla(fake, 0) / 2
    if kind == "least-squares":
        return least_squares(real, 1 - smoothing) / 2, least_squares(fake, 0) / 2
    if kind == "hinge":
        return F.relu(1 - real).mean(), F.relu(1 + fake).mean()
    return -real.mean(), fake.mean()


def generator_loss(kind: Adversarial, fake: Tensor) -> Tensor:
    """Return G's loss on D's logits of its images; sources as :func:`discriminator_losses`."""
    if kind == "vanilla":
        return vanilla(fake, 1)
    if kind == "least-squares":
        return least_squares(fake, 1)
    return -fake.mean()


def chance_loss(kind: Adversarial) -> float | None:
    """Return D's whole loss where it cannot tell real from generated; None for wgan-gp.

    log 2 (D says 1/2), 1/4 (D says 1/2), and 2 (D says 0).
    """
    return {"vanilla": 0.6931, "least-squares": 0.25, "hinge": 2.0, "wgan-gp": None}[kind]


def l1(output: Tensor, target: Tensor) -> Tensor:
    """Mean absolute difference of two tensors of one shape (Isola et al. 2017, eq. 3)."""
    return (output - target).abs().mean()


def l2(output: Tensor, target: Tensor) -> Tensor:
    """Mean squared difference of two tensors of one shape; MSE."""
    return (output - target).square().mean()


def charbonnier(output: Tensor, target: Tensor, epsilon: float = 1e-3) -> Tensor:
    """Mean of sqrt(d² + ε²), an L1 that is smooth at 0 (Charbonnier et al. 1994)."""
    return ((output - target).square() + epsilon**2).sqrt().mean()


RECONSTRUCTIONS: dict[Reconstruction, Callable[[Tensor, Tensor], Tensor]] = {
    "l1": l1,
    "l2": l2,
    "charbonnier": charbonnier,
}


def dissimilarity(output: Tensor, target: Tensor) -> Tensor:
    """1 - SSIM of images [B, C, H, W] in [-1, 1] (Wang et al. 2004, eq. 13), in [0, 2].

    As a loss: Zhao et al. 2017, section 3.2. The windows are 8 × 8, all pixels alike, and every
    fourth one is taken, which costs a step little; the score has Gaussian ones at every pixel.
    """

    def mean(values: Tensor) -> Tensor:
        return F.avg_pool2d(values, 8, 4)

    x, y = output.float() / 2, target.float() / 2  # around grey, where squares lose no digits
    mean_x, mean_y = mean(x), mean(y)
    variances = mean(x * x) - mean_x.square() + mean(y * y) - mean_y.square()
    covariance = mean(x * y) - mean_x * mean_y
    mean_x, mean_y = mean_x + 0.5, mean_y + 0.5
    luminance = (2 * mean_x * mean_y + C1) / (mean_x.square() + mean_y.square() + C1)
    return 1 - (luminance * (2 * covariance + C2) / (variances + C2)).mean()


def feature_matching(fake: Sequence[Tensor], real: Sequence[Tensor]) -> Tensor:
    """Mean over D's layers of the L1 between their features (Wang et al. 2018, eq. 4).

    The real ones are constants: no gradient flows into them.
    """
    layers = [l1(one, other.detach()) for one, other in zip(fake, real, strict=True)]
    return torch.stack(layers).mean()


def perceptual_distance(fake: Sequence[Tensor], real: Sequence[Tensor]) -> Tensor:
    """Mean over a network's features and images of their L1 over the real one's mean magnitude.

    Johnson et al. 2016, eq. 2, with L1, and each layer weighed by its scale, so that none decides
    alone. The real features are constants. Features are [B, C, H, W]; a magnitude of 0 counts as
    :data:`FAINT`.
    """
    layers = []
    for one, other in zip(fake, real, strict=True):
        target = other.detach()
        distances = (one - target).abs().flatten(1).mean(dim=1)
        layers.append(distances / (target.abs().flatten(1).mean(dim=1) + FAINT))
    return torch.stack(layers).mean()


def r1(logits: Tensor, real: Tensor) -> Tensor:
    """½·E‖∇D(x)‖² at real images (Mescheder et al. 2018, eq. 9; its weight is γ).

    ``logits`` are D's of ``real``, which requires a gradient. D(x) is the mean of an image's
    patches.
    """
    return _gradient(logits, real).square().sum(dim=1).mean() / 2


def gradient_penalty(logits: Tensor, between: Tensor) -> Tensor:
    """E(‖∇D(x̂)‖ - 1)² at points between real and fake (Gulrajani et al. 2017, eq. 3).

    ``logits`` are D's of ``between``, which requires a gradient. D(x̂) is the mean of an image's
    patches.
    """
    lengths: Tensor = torch.linalg.vector_norm(_gradient(logits, between), dim=1)
    return (lengths - 1).square().mean()


def _gradient(logits: Tensor, images: Tensor) -> Tensor:
    """Return the gradient of every image's mean logit by its pixels, [B, C·H·W]; differentiable."""
    scores = logits.flatten(1).mean(dim=1).sum()
    gradients: tuple[Tensor, ...] = torch.autograd.grad(scores, images, create_graph=True)
    return gradients[0].flatten(1)
