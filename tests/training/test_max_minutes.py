"""A training with a time limit: schedules that follow the clock, and steps that do not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from fixtures import SilentRun, modify

from s2f_core.common import distributed
from s2f_core.data.pairs import Pairs
from s2f_core.training import loop as module
from s2f_core.training.loop import Training, train
from s2f_core.training.objectives import Objective
from s2f_core.training.recipe import Turn
from s2f_core.training.run import prepare, summary
from s2f_core.training.variant import Settings

Prepare = Callable[[Settings], Training]


class Clock:
    """A clock that stands still but for the training's steps and validations, and counts reads."""

    def __init__(self) -> None:
        self.now, self.reads = 1000.0, 0

    def monotonic(self) -> float:
        """The time, in seconds."""
        self.reads += 1
        return self.now


class Timed:
    """An objective whose steps take a number of seconds; records its rates and turns."""

    def __init__(self, objective: Objective, clock: Clock, seconds: float) -> None:
        self.objective, self.clock, self.seconds = objective, clock, seconds
        self.rates: list[float] = []
        self.turns: list[Turn] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.objective, name)

    def set_rate_factor(self, factor: float) -> None:
        """Forward to the objective."""
        self.rates.append(factor)
        self.objective.set_rate_factor(factor)

    def step(self, batch: Any, turn: Turn) -> Any:
        """Forward to the objective."""
        self.turns.append(turn)
        self.clock.now += self.seconds
        return self.objective.step(batch, turn)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The training's clock, in the test's hands."""
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


@pytest.fixture
def timed(splits: dict[str, Pairs], tmp_path: Path, clock: Clock) -> Prepare:
    """Makes a training each step of which takes a second, and each validation a quarter."""

    def make(settings: Settings) -> Training:
        training = prepare(settings, splits, tmp_path)
        training.objective = Timed(training.objective, clock, 1.0)  # type: ignore[assignment]
        validate = training.validate

        def slow() -> dict[str, float]:
            clock.now += 0.25
            return validate()

        training.validate = slow  # type: ignore[method-assign]
        return training

    return make


def _minutes(settings: Settings, minutes: float, **top: Any) -> Settings:
    recipe = {"noise": 0.5, "schedule": {"type": "linear", "decay": 1}}
    return modify(settings, {"recipe": recipe}, **{"max_steps": None, **top}, max_minutes=minutes)


def _train(training: Training, run: SilentRun | None = None) -> Any:
    train(training, run or SilentRun())  # type: ignore[arg-type]
    return training.objective


def test_a_training_ends_at_the_first_step_over_the_limit(
    settings: Settings, timed: Prepare
) -> None:
    """At a second a step it is the 60th, with two validations; the last one comes on top."""
    limited = _minutes(settings, 1.0)
    training = timed(limited)
    assert training.total_steps == 75
    _train(training)
    assert training.step == 60
    assert training.seconds == 60.75
    figures = summary(limited, training.result())
    assert (figures["steps"], figures["minutes"], figures["ended_by"]) == (60, 1.01, "minutes")


def test_rates_noise_and_validations_follow_the_clock(settings: Settings, timed: Prepare) -> None:
    """All reach their end with the limit; a validation's time counts from the next step on."""
    training = timed(_minutes(settings, 16 / 60))
    objective = _train(training)
    spent = [*range(7), *(0.25 + n for n in range(7, 12)), *(0.5 + n for n in range(12, 16))]
    assert objective.rates == [1 - seconds / 16 for seconds in spent]
    assert [turn.noise for turn in objective.turns] == [0.5 * rate for rate in objective.rates]
    assert [row["step"] for row in training.validation.rows] == [6, 11, 16]


def test_a_step_limit_before_the_time_limit_ends_the_training(
    settings: Settings, timed: Prepare
) -> None:
    """Ten steps take less than a minute; the clock changes nothing."""
    limited = _minutes(settings, 1.0, max_steps=10)
    capped = timed(limited)
    objective = _train(capped)
    assert (capped.step, summary(limited, capped.result())["ended_by"]) == (10, "steps")
    assert objective.rates == [1 - step / 10 for step in range(10)]


def test_a_step_longer_than_the_limit_is_validated(settings: Settings, timed: Prepare) -> None:
    """It is the only step, at the full rate."""
    training = timed(_minutes(settings, 0.001))
    assert _train(training).rates == [1.0]
    assert [row["step"] for row in training.validation.rows] == [1]


def test_a_variant_gets_its_share_of_the_minutes(settings: Settings) -> None:
    """A share of 0.5 of two minutes is one minute; no cap is no limit."""
    assert modify(settings, {"share": 0.5}, max_minutes=2).seconds == 60
    assert settings.seconds == float("inf")


def test_validations_without_a_time_limit_are_evenly_spaced(
    settings: Settings, splits: dict[str, Pairs], tmp_path: Path
) -> None:
    """The k-th of n comes after the first step at which k/n of all steps are done."""
    training = prepare(settings, splits, tmp_path)
    for training.total_steps in (1, 7, 12, 49, 1000):
        due = []
        for step in range(1, training.total_steps + 1):
            training.step = step
            if training.validation_due((step - 1) / training.total_steps):
                due.append(step)
        times = min(3, training.total_steps)
        assert due == [-(-training.total_steps * k // times) for k in range(1, times + 1)]


def test_time_before_an_interruption_counts(settings: Settings, timed: Prepare) -> None:
    """A resumed training ends as the uninterrupted one does."""
    settings = _minutes(settings, 16 / 60)
    straight = timed(settings)
    _train(straight)

    class Interrupted(Exception):
        """Ends the training."""

    class Until(SilentRun):
        def log(self, step: int, values: dict[str, float]) -> None:
            if step == 10 and "train/lr" in values:
                raise Interrupted

    first = timed(settings)
    with pytest.raises(Interrupted):
        _train(first, Until())
    first.save("run 7")
    second = timed(settings)
    assert second.resume() == "run 7"
    assert second.seconds == 10.25
    _train(second)
    assert second.step == straight.step == 16
    assert second.history.rows == straight.history.rows
    ours, theirs = (
        one.objective.state_dict()["generator"]["network"] for one in (second, straight)
    )
    assert all(torch.equal(ours[name], value) for name, value in theirs.items())


def test_a_finished_training_does_not_continue_on_resume(
    settings: Settings, timed: Prepare
) -> None:
    """As after a kill while its files were written."""
    settings = _minutes(settings, 4 / 60)
    first = timed(settings)
    _train(first)
    first.save("run 7")
    second = timed(settings)
    second.resume()
    assert _train(second).rates == []
    assert second.step == first.step


@pytest.mark.parametrize(("minutes", "broadcasts"), [(None, 3), (1.0, 15)], ids=["steps", "clock"])
def test_rank_0_broadcasts_the_time(
    settings: Settings,
    timed: Prepare,
    monkeypatch: pytest.MonkeyPatch,
    minutes: float | None,
    broadcasts: int,
) -> None:
    """It does once a step, beside three validations, and only with a limit."""
    calls = []
    broadcast = distributed.broadcast

    def counted(find: Callable[[], Any]) -> Any:
        calls.append(find)
        return broadcast(find)

    monkeypatch.setattr(distributed, "broadcast", counted)
    training = timed(modify(settings, {}, max_minutes=minutes))
    calls.clear()
    _train(training)
    assert (training.step, len(calls)) == (12, broadcasts)


def test_a_training_without_a_limit_rarely_reads_the_clock(
    settings: Settings, timed: Prepare, clock: Clock
) -> None:
    """It does at the start, at the end and at each of four logged rows."""
    _train(timed(settings))
    assert clock.reads == 6
