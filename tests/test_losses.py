"""Losses on values worked out by hand."""

import math

import pytest
import torch

from s2f_core.losses import bce, l1


def test_bce_of_undecided_logits_is_log_two() -> None:
    """σ(0) = 1/2 either way."""
    zeros = torch.zeros(2, 1, 3, 3)
    assert bce(zeros, real=True).item() == pytest.approx(math.log(2))
    assert bce(zeros, real=False).item() == pytest.approx(math.log(2))


def test_bce_tells_real_from_generated() -> None:
    """-log σ(2) = 0.126928, -log(1 - σ(2)) = 2.126928; the mean over logits."""
    assert bce(torch.tensor([2.0]), real=True).item() == pytest.approx(0.126928, abs=1e-6)
    assert bce(torch.tensor([2.0]), real=False).item() == pytest.approx(2.126928, abs=1e-6)
    both = bce(torch.tensor([2.0, 0.0]), real=True).item()
    assert both == pytest.approx((0.126928 + math.log(2)) / 2, abs=1e-6)


def test_bce_stays_finite_for_a_sure_discriminator() -> None:
    """A logit of -200 costs 200, not infinity."""
    assert bce(torch.tensor([-200.0]), real=True).item() == pytest.approx(200.0)


def test_l1_is_the_mean_absolute_difference() -> None:
    """|1 - 0|, |-1 - 1|, |0 - 0|, |0.5 - 0| on average."""
    output, target = torch.tensor([1.0, -1.0, 0.0, 0.5]), torch.tensor([0.0, 1.0, 0.0, 0.0])
    assert l1(output, target).item() == pytest.approx(3.5 / 4)
