"""Losses on values worked out by hand."""

import math

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from s2f_core.common.images import from_model
from s2f_core.metrics.ssim import ssim
from s2f_core.training.objectives import losses
from s2f_core.training.objectives.losses import Adversarial, discriminator_losses, generator_loss

LOG2 = math.log(2)


def _close(loss: Tensor, expected: float) -> None:
    torch.testing.assert_close(loss, torch.tensor(expected), atol=1e-6, rtol=1e-5)


def test_vanilla_is_the_log_of_a_probability() -> None:
    """σ(0) = 1/2: log 2 for any target; σ(log 3) = 3/4: log 4/3 as real, log 4 as generated."""
    for target in (0.0, 0.3, 1.0):
        _close(losses.vanilla(torch.zeros(2, 1, 3, 3), target), LOG2)
    logit = torch.tensor([math.log(3)])
    _close(losses.vanilla(logit, 1), math.log(4 / 3))
    _close(losses.vanilla(logit, 0), math.log(4))
    _close(losses.vanilla(logit, 0.5), (math.log(4 / 3) + math.log(4)) / 2)


def test_least_squares_is_a_mean_square() -> None:
    """Outputs 0 and 3 against 1: (1 + 4) / 2."""
    _close(losses.least_squares(torch.tensor([0.0, 3.0]), 1), 2.5)


@pytest.mark.parametrize(
    ("kind", "real", "fake", "generator"),
    [  # on D(real) = 0.5 and D(fake) = -2
        ("vanilla", math.log1p(math.exp(-0.5)) / 2, math.log1p(math.exp(-2)) / 2, None),
        ("least-squares", 0.125, 2.0, 9.0),
        ("hinge", 0.5, 0.0, 2.0),
        ("wgan-gp", -0.5, -2.0, 2.0),
    ],
)
def test_each_adversarial_loss_of_one_logit(
    kind: Adversarial, real: float, fake: float, generator: float | None
) -> None:
    """D's two losses and G's, by the published formulas."""
    ours = discriminator_losses(kind, torch.tensor([0.5]), torch.tensor([-2.0]))
    _close(ours[0], real)
    _close(ours[1], fake)
    expected = math.log1p(math.exp(2)) if generator is None else generator
    _close(generator_loss(kind, torch.tensor([-2.0])), expected)


def test_hinge_of_generated_images_starts_at_minus_one() -> None:
    """1 + 0.5 where D leans to real."""
    _close(discriminator_losses("hinge", torch.zeros(1), torch.tensor([0.5]))[1], 1.5)


@pytest.mark.parametrize("kind", ["vanilla", "least-squares"])
def test_smoothing_moves_the_target_of_real_images_only(kind: Adversarial) -> None:
    """With 0.2 the least loss of a real image is where D says 0.8; generated ones are as before."""
    best = torch.tensor([math.log(4) if kind == "vanilla" else 0.8], requires_grad=True)
    real, fake = discriminator_losses(kind, best, torch.zeros(1), smoothing=0.2)
    real.backward()  # type: ignore[no-untyped-call]
    assert best.grad is not None
    assert abs(float(best.grad)) < 1e-6
    torch.testing.assert_close(fake, discriminator_losses(kind, best, torch.zeros(1))[1])


@pytest.mark.parametrize(
    ("kind", "logit"), [("vanilla", 0.0), ("least-squares", 0.5), ("hinge", 0.0)]
)
def test_chance_is_the_loss_of_a_discriminator_that_cannot_tell(
    kind: Adversarial, logit: float
) -> None:
    """Equal logits for real and generated images."""
    logits = torch.full((3,), logit)
    real, fake = discriminator_losses(kind, logits, logits)
    assert float(real + fake) == pytest.approx(losses.chance_loss(kind), abs=1e-4)


def test_reconstructions() -> None:
    """Differences 3 and 1: L1 2, L2 5; Charbonnier is L1 far from 0 and ε at 0."""
    output, target = torch.tensor([1.0, -1.0]), torch.tensor([-2.0, 0.0])
    _close(losses.l1(output, target), 2.0)
    _close(losses.l2(output, target), 5.0)
    _close(losses.charbonnier(output, target), 2.0)
    _close(losses.charbonnier(target, target), 1e-3)


def test_dissimilarity_is_one_minus_the_similarity_of_windows() -> None:
    """0 of an image and itself; by hand of two flat windows; near the score's on smooth images."""
    light, dark = torch.full((1, 1, 8, 8), 0.2), torch.full((1, 1, 8, 8), -0.6)
    _close(losses.dissimilarity(light, light), 0.0)
    x, y = 0.6, 0.2  # in [0, 1]
    by_hand = 1 - (2 * x * y + 1e-4) / (x * x + y * y + 1e-4)
    assert float(losses.dissimilarity(light, dark)) == pytest.approx(by_hand, abs=1e-4)
    torch.manual_seed(0)
    noise = functional.interpolate(torch.rand(2, 3, 16, 16), scale_factor=4, mode="bilinear")
    one, other = (from_model(images) for images in (noise * 2 - 1, noise.square() * 2 - 1))
    loss = losses.dissimilarity(noise * 2 - 1, noise.square() * 2 - 1)
    assert float(loss) == pytest.approx(1 - ssim(one, other).mean(), rel=0.15)


def test_feature_matching_is_the_mean_over_layers() -> None:
    """Layers that differ by 1 and by 3 give 2, whatever their sizes; real ones get no gradient."""
    fake = [torch.zeros(1, 2), torch.zeros(1, 8, requires_grad=True)]
    real = [torch.ones(1, 2, requires_grad=True), torch.full((1, 8), 3.0)]
    loss = losses.feature_matching(fake, real)
    _close(loss, 2.0)
    loss.backward()  # type: ignore[no-untyped-call]
    assert real[0].grad is None


def test_the_perceptual_distance_weighs_each_layer_by_its_scale() -> None:
    """By 1 where the mean magnitude is 1 and by 300 where it is 100; then twice as far off."""
    fake = [torch.zeros(2, 2, requires_grad=True), torch.full((2, 8), 400.0)]
    real = [torch.tensor([[1.0, -1.0], [-2.0, 2.0]], requires_grad=True)]
    real.append(torch.tensor([100.0, 50.0])[:, None].expand(2, 8))
    loss = losses.perceptual_distance(fake, real)
    torch.testing.assert_close(loss, torch.tensor((1 + 3 + 1 + 7) / 4), rtol=1e-3, atol=0)
    assert losses.perceptual_distance([torch.zeros(1, 2)], [torch.zeros(1, 2)]) == 0
    loss.backward()  # type: ignore[no-untyped-call]
    assert fake[0].grad is not None
    assert real[0].grad is None


def test_penalties_of_a_linear_discriminator() -> None:
    """Its gradient is its weight w everywhere: R1 ‖w‖²/2, WGAN-GP's (‖w‖ - 1)², by any image."""
    linear = nn.Linear(4, 1)
    with torch.no_grad():
        linear.weight.copy_(torch.tensor([[1.0, 2.0, 2.0, 4.0]]))  # its norm is 5
    images = torch.randn(3, 1, 2, 2, requires_grad=True)
    logits = linear(images.flatten(1))
    _close(losses.r1(logits, images), 12.5)
    _close(losses.gradient_penalty(logits, images), 16.0)


def test_penalties_reach_the_weights() -> None:
    """d R1 / dw = w; d GP / dw = 2 (‖w‖ - 1) w / ‖w‖."""
    for penalty, factor in ((losses.r1, 1.0), (losses.gradient_penalty, 2 * 4 / 5)):
        weight = torch.tensor([3.0, 4.0], requires_grad=True)
        images = torch.randn(2, 2, 1, 1, requires_grad=True)
        penalty(images.flatten(1) @ weight[:, None], images).backward()  # type: ignore[no-untyped-call]
        torch.testing.assert_close(weight.grad, factor * weight.detach())


def test_a_patch_discriminator_is_penalised_for_its_mean() -> None:
    """Twice the patches of equal weight leave the penalty as it is."""
    images = torch.randn(2, 1, 4, 4, requires_grad=True)
    few = losses.r1(images, images)
    many = losses.r1(torch.cat([images, images], dim=1), images)
    torch.testing.assert_close(few, many)
