"""Signs of a training that goes wrong, and each response to them."""

from pathlib import Path
from typing import Any

import pytest
import torch
from fixtures import SilentRun, modify

from s2f_core.common.errors import UserError
from s2f_core.data.pairs import Pairs
from s2f_core.training.loop import Training, train
from s2f_core.training.run import prepare, summary
from s2f_core.training.variant import Settings


def train_quietly(training: Training, run: SilentRun | None = None) -> None:
    """Train to the end, with no MLflow."""
    train(training, run or SilentRun())  # type: ignore[arg-type]


class WithNaN:
    """An objective whose losses are NaN after a number of steps, so many times."""

    def __init__(self, objective: Any, after: int, times: int = 1) -> None:
        self.objective, self.left, self.times = objective, after, times

    def __getattr__(self, name: str) -> Any:
        return getattr(self.objective, name)

    def step(self, *arguments: Any) -> Any:
        """The objective's losses, or NaN in their place."""
        scalars = self.objective.step(*arguments)
        self.left -= 1
        if self.left < 0 and self.times:
            self.times -= 1
            return {name: value * float("nan") for name, value in scalars.items()}
        return scalars


def _with_nan(
    settings: Settings, splits: dict[str, Pairs], folder: Path, response: str, **choice: int
) -> tuple[Training, SilentRun]:
    changed = modify(settings, {"recipe": {"health": {"not_finite": response}}}, max_steps=40)
    training = prepare(changed, splits, folder)
    training.objective = WithNaN(training.objective, **choice)  # type: ignore[assignment]
    return training, SilentRun()


def test_a_non_finite_loss_stops_the_training(
    settings: Settings, splits: dict[str, Pairs], tmp_path: Path
) -> None:
    """This is the default; the error names the step, and the run gets a tag."""
    training, run = _with_nan(settings, splits, tmp_path, "stop", after=15)
    with pytest.raises(UserError, match=r"variants.tiny: a loss is not finite at step 20"):
        train_quietly(training, run)
    assert "not finite" in run.tags["health.not-finite"]


def test_keep_best_ends_the_training_with_the_best_weights(
    settings: Settings, splits: dict[str, Pairs], tmp_path: Path
) -> None:
    """Validated after 14 of 40 steps, NaN after 15: the training ends at 20."""
    training, run = _with_nan(settings, splits, tmp_path, "keep-best", after=15)
    train_quietly(training, run)
    assert (training.step, training.validation.best_step) == (20, 14)
    assert summary(settings, training.result())["health"] == [run.tags["health.not-finite"]]


def test_keep_best_without_a_validation_is_an_error(
    settings: Settings, splits: dict[str, Pairs], tmp_path: Path
) -> None:
    """There are no best weights yet."""
    training, run = _with_nan(settings, splits, tmp_path, "keep-best", after=2)
    with pytest.raises(UserError, match="there was no validation yet"):
        train_quietly(training, run)


def test_halve_lr_rewinds_and_halves_the_rate(
    settings: Settings, splits: dict[str, Pairs], tmp_path: Path
) -> None:
    """It goes back to the last saved state, here the start, five times at most."""
    training, run = _with_nan(settings, splits, tmp_path, "halve-lr", after=15)
    train_quietly(training, run)
    assert training.step == 40
    assert [row["step"] for row in training.history.rows] == [10, 14, 20, 27, 30, 40]
    assert training.history.rows[0]["lr"] == pytest.approx(5e-4)
    endless, run = _with_nan(settings, splits, tmp_path / "again", "halve-lr", after=0, times=99)
    with pytest.raises(UserError, match=r"for the 6\. time"):
        train_quietly(endless, run)


def test_a_collapse_is_reported_and_can_stop_the_training(
    settings: Settings, splits: dict[str, Pairs], tmp_path: Path
) -> None:
    """A generator of one grey picture gives a tag, or an error."""
    for response in ("go-on", "stop"):
        health = {"collapsed": response}
        training = prepare(modify(settings, {"recipe": {"health": health}}), splits, tmp_path)
        generator = training.objective.generators["a-to-b"]
        with torch.no_grad():
            for weight in generator.parameters():
                weight.zero_()
        for player in training.objective.players.values():
            player.lr = 0.0
        run = SilentRun()
        if response == "stop":
            with pytest.raises(UserError, match="the generator has collapsed"):
                train_quietly(training, run)
        else:
            train_quietly(training, run)
            assert training.step == 12
        assert "nearly equal" in run.tags["health.collapsed"]


def test_a_winning_discriminator_can_halve_the_rates(
    settings: Settings, splits: dict[str, Pairs], tmp_path: Path
) -> None:
    """The generator does not learn, so D wins; the logged rate is halved afterwards."""
    health = {"discriminator_won": "halve-lr", "window": 2}
    recipe = {"health": health, "lr_d_ratio": 100, "schedule": {"type": "constant"}}
    changed = modify(settings, {"recipe": {**recipe, "epochs": 100}}, lr=1e-4, max_steps=60)
    training = prepare(changed, splits, tmp_path)
    train_quietly(training)
    (first, *_) = training.findings
    assert first.sign == "discriminator-won"
    rates = {row["step"]: row["lr"] for row in training.history.rows}
    assert rates[first.step] == pytest.approx(1e-4)
    after = min(step for step in rates if step > first.step)
    assert rates[after] == pytest.approx(5e-5)
