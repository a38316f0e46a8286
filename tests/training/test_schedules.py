"""Learning-rate policies, and the turns of generator and discriminator."""

import pytest
from pydantic import TypeAdapter, ValidationError

from s2f_core.training.recipe import Recipe, Turn
from s2f_core.training.schedules import Policy, Schedule


def _policy(**section: object) -> Policy:
    policy: Policy = TypeAdapter(Schedule).validate_python(section)
    return policy


@pytest.mark.parametrize(
    ("section", "factors"),
    [  # at the start, after a half, after three quarters
        ({"type": "constant"}, [1, 1, 1]),
        ({"type": "linear", "decay": 0.5}, [1, 1, 0.5]),
        ({"type": "linear", "decay": 1}, [1, 0.5, 0.25]),
        ({"type": "step", "every": 0.25, "gamma": 0.1}, [1, 0.01, 0.001]),
        ({"type": "cosine"}, [1, 0.5, 0.146447]),
        ({"type": "cosine", "floor": 0.2}, [1, 0.6, 0.317157]),
    ],
    ids=str,
)
def test_rate_factors_follow_the_formulas(section: dict[str, object], factors: list[float]) -> None:
    """Each schedule gives its factors at several points of progress."""
    policy = _policy(**section)
    assert [policy.factor(share) for share in (0, 0.5, 0.75)] == pytest.approx(factors, abs=1e-6)


def test_a_plateau_lowers_the_rate_after_its_patience() -> None:
    """Two validations without a better score halve it and reset the patience."""
    policy = _policy(type="plateau", patience=2, gamma=0.5)
    scores = [{"pixel_difference": value} for value in (5, 4, 4, 4.5, 3, 3, 3, 3, 3)]
    factors = [policy.feedback_factor([], scores[:count]) for count in range(len(scores) + 1)]
    assert factors == [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.125]


def test_the_gate_raises_the_rate_when_losses_stand_still() -> None:
    """Flat rows double it after two windows, and again two windows later, up to the most."""
    policy = _policy(type="gate", window=2, tolerance=0.02, gamma=2, most=4)
    flat = [
        {"d_real": 0.3, "d_fake": 0.3, "g_adversarial": 1.0, "g_l1": float(i)} for i in range(20)
    ]
    factors = [policy.feedback_factor(flat[:count], []) for count in range(21)]
    assert factors == [1] * 4 + [2] * 4 + [4] * 13


def test_the_gate_stays_while_one_adversarial_loss_moves() -> None:
    """Three per cent a window are more than the tolerance; a loss of other kinds does not count."""
    policy = _policy(type="gate", window=1, tolerance=0.02)
    moving = [{"d_real": 0.3, "g_adversarial": 1.03**i, "g_l1": 0.5} for i in range(20)]
    assert policy.feedback_factor(moving, []) == 1
    other = [{"d_real": 0.3, "g_adversarial": 1.0, "g_l1": 2.0**i} for i in range(2)]
    assert policy.feedback_factor(other, []) == 2


def test_both_players_step_once_a_batch_by_default() -> None:
    """One step each a batch."""
    assert all(Recipe(epochs=1).turn(step, step / 10) == Turn() for step in range(10))


@pytest.mark.parametrize(
    ("ratio", "generator", "discriminator"),
    [
        (2, [1, 1, 1, 1, 1, 1], [1, 0, 1, 0, 1, 0]),
        (3, [1, 1, 1, 1, 1, 1], [1, 0, 0, 1, 0, 0]),
        (0.5, [0, 1, 0, 1, 0, 1], [1, 1, 1, 1, 1, 1]),
        (0.333, [0, 0, 1, 0, 0, 1], [1, 1, 1, 1, 1, 1]),
    ],
)
def test_gd_ratio_sets_the_steps_of_both_players(
    ratio: float, generator: list[int], discriminator: list[int]
) -> None:
    """At k D rests on all but every k-th batch; at 1/k G does, and steps after k of D's."""
    turns = [Recipe(epochs=1, gd_ratio=ratio).turn(step, step / 6) for step in range(6)]
    assert [turn.generator for turn in turns] == [bool(value) for value in generator]
    assert [turn.discriminator for turn in turns] == [bool(value) for value in discriminator]


def test_a_head_start_trains_the_discriminator_alone() -> None:
    """G begins after it, and the ratio counts from there."""
    recipe = Recipe(epochs=1, head_start=3, gd_ratio=2)
    turns = [recipe.turn(step, step / 8) for step in range(8)]
    assert [turn.generator for turn in turns] == [False] * 3 + [True] * 5
    assert [turn.discriminator for turn in turns] == [True] * 4 + [False, True, False, True]


def test_noise_falls_linearly_to_zero() -> None:
    """It ends after the setting's share of the training."""
    recipe = Recipe(epochs=1, noise=0.4, noise_until=0.5)
    noise = [recipe.turn(0, share).noise for share in (0, 0.25, 0.5, 0.99)]
    assert noise == pytest.approx([0.4, 0.2, 0, 0])


def test_a_training_is_as_long_as_its_epochs_or_steps() -> None:
    """200 epochs of 30 images in fours, or another number of epochs, capped."""
    assert Recipe(epochs=200, batch=4).steps(30, None) == 1500
    assert Recipe(epochs=200, batch=4).steps(30, 100) == 100
    assert Recipe(batches=70, batch=4).steps(30, None) == 70
    assert Recipe(batches=70).steps(30, 50) == 50


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "either epochs or batches"),
        ({"epochs": 1, "batches": 1}, "either epochs or batches"),
        ({"epochs": 1, "batch": 4, "accumulate": 3}, "batch 4 has no 3 equal parts"),
        ({"epochs": 1, "gd_ratio": 1.5}, "k or 1/k for a whole k, got 1.5"),
        ({"epochs": 1, "train_on": "train+val"}, "set best: last"),
        ({"epochs": 1, "schedule": {"type": "linaer"}}, "'constant', 'linear', 'step'"),
    ],
)
def test_an_inconsistent_recipe_is_refused(options: dict[str, object], message: str) -> None:
    """The message has the allowed values."""
    with pytest.raises(ValidationError, match=message):
        Recipe.model_validate(options)
