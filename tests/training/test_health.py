"""Signs of a training gone wrong, on rows written by hand."""

import math

import pytest

from s2f_core.training.health import Finding, Health
from s2f_core.training.objectives.losses import chance_loss

CHANCE = chance_loss("vanilla")


def _rows(*sums: float) -> list[dict[str, float]]:
    """Rows ten steps apart; the losses of D add up to these sums."""
    return [
        {"step": 10 * number, "d_real": value / 3, "d_fake": value * 2 / 3}
        for number, value in enumerate(sums, 1)
    ]


def test_a_low_discriminator_loss_is_reported() -> None:
    """A vanilla loss of 0.45 for the whole window is reported, 0.6 is not."""
    health = Health(window=3)
    (finding,) = health.check_losses(_rows(0.69, 0.45, 0.45, 0.44), CHANCE, [])
    assert (finding.step, finding.sign, finding.response) == (40, "discriminator-won", "go-on")
    assert "0.44" in str(finding)
    assert health.check_losses(_rows(0.45, 0.6, 0.45, 0.44), CHANCE, []) == []
    assert health.check_losses(_rows(0.45, 0.45), CHANCE, []) == []


def test_a_sign_is_reported_once_a_window() -> None:
    """The same rows are not reported again."""
    health = Health(window=3)
    earlier = [Finding(30, "discriminator-won", "", "go-on")]
    assert health.check_losses(_rows(*[0.3] * 5), CHANCE, earlier) == []
    assert len(health.check_losses(_rows(*[0.3] * 6), CHANCE, earlier)) == 1


def test_the_losses_of_two_discriminators_are_averaged() -> None:
    """A winning discriminator beside one at chance is not reported."""
    row = {
        "step": 10,
        "d_real": 0.01,
        "d_fake": 0.01,
        "d_real_back": 0.125,
        "d_fake_back": 0.125,
    }
    health = Health(window=1, won=0.5)
    assert health.check_losses([row], chance_loss("least-squares"), []) == []
    won = {**row, "d_real_back": 0.05, "d_fake_back": 0.05}
    assert len(health.check_losses([won], chance_loss("least-squares"), [])) == 1


def test_wgan_never_reports_a_winning_discriminator() -> None:
    """Its loss has no chance level."""
    assert Health(window=1).check_losses(_rows(-50), chance_loss("wgan-gp"), []) == []


def test_rows_without_a_discriminator_step_are_skipped() -> None:
    """They have no loss of D."""
    rows = [*_rows(0.4, 0.4), {"step": 30, "g_l1": 0.1}]
    assert len(Health(window=2).check_losses(rows, CHANCE, [])) == 1


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_non_finite_loss_is_reported(value: float) -> None:
    """The finding names the loss and has its own response."""
    rows = [{"step": 10, "g_l1": value, "d_real": 0.3, "d_fake": 0.3}]
    (finding,) = Health(not_finite="keep-best").check_losses(rows, CHANCE, [])
    assert (finding.sign, finding.detail, finding.response) == ("not-finite", "g_l1", "keep-best")


def test_nearly_equal_outputs_are_reported() -> None:
    """Their variety is below a share of the targets' variety."""
    health = Health(variety=0.05, collapsed="stop")
    (finding,) = health.check_outputs(100, 0.01)
    assert (finding.step, finding.sign, finding.response) == (100, "collapsed", "stop")
    assert health.check_outputs(100, 0.06) == []
    assert health.check_outputs(100, None) == []
