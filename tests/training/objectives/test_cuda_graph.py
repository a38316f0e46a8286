"""Steps as CUDA graphs: the objectives that may be recorded; on a GPU, equal results."""

import copy
import logging
from pathlib import Path

import pytest
import torch
from fixtures import SilentRun, modify
from lightning_fabric import Fabric
from objective_cases import FORMS
from torch import Tensor

from s2f_core.common.device import resolve_precision, uses_cuda_graphs
from s2f_core.data.batches import Batch
from s2f_core.data.pairs import Pairs
from s2f_core.training import loop
from s2f_core.training.objectives import Objective
from s2f_core.training.recipe import Turn
from s2f_core.training.run import prepare
from s2f_core.training.variant import Settings

TURNS = [Turn(), Turn(), Turn(discriminator=False), Turn()] * 5  # each is recorded, and repeated
GRADIENTS = {
    f"{name}{way}" for name in ("grad_norm_g", "grad_norm_d", "d_penalty") for way in ("", "_back")
}
on_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="CUDA graphs need a GPU")


@pytest.fixture(params=FORMS)
def form(
    request: pytest.FixtureRequest,
    settings: Settings,
    splits: dict[str, Pairs],
    noise_splits: dict[str, Pairs],
) -> tuple[Settings, dict[str, Pairs]]:
    """A form of an objective that draws nothing on the processor, and its data."""
    changes = copy.deepcopy(FORMS[request.param])
    if changes.get("objective", {}).get("type") == "cyclegan":
        changes["objective"]["pool"] = 0
    recipe = changes.setdefault("recipe", {})
    recipe.update(noise=0.0, optimiser="adam", momentum=0.0)
    changed = modify(settings, changes)
    return changed, splits if changed.variant.objective.takes == "image" else noise_splits


def _objective(
    settings: Settings, splits: dict[str, Pairs], device: str
) -> tuple[Objective, list[Batch]]:
    torch.manual_seed(0)
    fabric = Fabric(accelerator=device, devices=1, precision=resolve_precision(settings.precision))
    blueprint = settings.blueprint(splits["train"])
    objective = settings.build(fabric, blueprint)
    pairs = splits["train"].with_channels(blueprint.channels)
    batches = [Batch.load(pairs, range(first, first + 4)) for first in range(len(TURNS))]
    return objective, [batch.to(fabric.device) for batch in batches]


def test_pools_and_plain_descent_are_not_recorded(
    settings: Settings, splits: dict[str, Pairs]
) -> None:
    """A pool is drawn from on the processor, and SGD reads its rate there; all else can be."""
    for choice, recordable in (
        ({"objective": {"type": "cyclegan", "pool": 6}}, False),
        ({"objective": {"type": "cyclegan", "pool": 0}}, True),
        ({"recipe": {"optimiser": "sgd"}}, False),
        ({}, True),
    ):
        objective, _ = _objective(modify(settings, choice), splits, "cpu")
        assert objective.capturable is recordable, choice


def test_only_a_gpu_that_trains_alone_records() -> None:
    """Neither a processor nor several GPUs."""
    assert uses_cuda_graphs(torch.device("cuda"), 1)
    assert not uses_cuda_graphs(torch.device("cuda"), 2)
    assert not uses_cuda_graphs(torch.device("cpu"), 1)


def test_a_recorded_state_is_read_without_recording(
    settings: Settings, splits: dict[str, Pairs]
) -> None:
    """Rates and counts, tensors while recorded, are numbers again in the optimisers."""
    objective, batches = _objective(settings, splits, "cpu")
    objective.step(batches[0], Turn())
    state = copy.deepcopy(objective.state_dict())
    for name in objective.players:
        for group in state[name]["optimizer"]["param_groups"]:
            group.update(capturable=True, lr=torch.tensor(1.0))
    twin, _ = _objective(settings, splits, "cpu")
    twin.load_state_dict(state)
    outcomes = []
    for one in (objective, twin):
        one.set_rate_factor(0.5)
        torch.manual_seed(7)
        outcomes.append(one.step(batches[1], Turn()))
    assert all(torch.equal(outcomes[0][name], outcomes[1][name]) for name in outcomes[0])


@on_gpu
def test_recorded_steps_are_the_same(form: tuple[Settings, dict[str, Pairs]]) -> None:
    """The scalars of every step, under rates that change, for every objective and turn."""
    scalars: list[list[dict[str, Tensor]]] = []
    for record in (False, True):
        objective, batches = _objective(*form, "cuda")
        if record:
            assert objective.capturable
            objective.use_cuda_graphs()
        torch.manual_seed(1)
        scalars.append([])
        for step, (batch, turn) in enumerate(zip(batches, TURNS, strict=True)):
            objective.set_rate_factor(1 - step / len(TURNS))
            scalars[-1].append(objective.step(batch, turn))
    for plain, recorded in zip(*scalars, strict=True):
        assert plain.keys() == recorded.keys()
        for name, value in plain.items():
            error = 0.3 if name in GRADIENTS else 0.02  # gradients differ from run to run
            torch.testing.assert_close(recorded[name], value, atol=error, rtol=error, msg=name)


class Interrupted(SilentRun):
    """A run that ends the training at its second row, when the first is saved."""

    def log(self, step: int, values: dict[str, float]) -> None:
        """Raise KeyboardInterrupt at step 20."""
        del values
        if step == 20:
            raise KeyboardInterrupt


@on_gpu
def test_a_recorded_training_resumes(
    settings: Settings, splits: dict[str, Pairs], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It records again; losses continue from those before the interruption."""
    monkeypatch.setattr(loop, "SAVE_EVERY", -1.0)
    changed = modify(settings, {"recipe": {"ema": 0.9}}, max_steps=40)
    straight = prepare(changed, splits, tmp_path / "whole")
    assert straight.objective._graphs
    loop.train(straight, SilentRun())  # type: ignore[arg-type]
    interrupted = prepare(changed, splits, tmp_path)
    with pytest.raises(KeyboardInterrupt):
        loop.train(interrupted, Interrupted())  # type: ignore[arg-type]
    resumed = prepare(changed, splits, tmp_path)
    assert resumed.resume() == "run"
    assert 0 < resumed.step < 20
    loop.train(resumed, SilentRun())  # type: ignore[arg-type]
    for row, expected in zip(resumed.history.rows, straight.history.rows, strict=True):
        assert row["step"] == expected["step"]
        assert row["g_l1"] == pytest.approx(expected["g_l1"], rel=0.05)


@on_gpu
def test_a_step_that_cannot_be_recorded_runs_eagerly(
    settings: Settings, splits: dict[str, Pairs], caplog: pytest.LogCaptureFixture
) -> None:
    """An objective that reads a value in the middle of a step trains on, with a warning."""
    objective, batches = _objective(settings, splits, "cuda")
    train_step = objective.train_step

    def curious(batch: Batch, turn: Turn) -> dict[str, Tensor]:
        scalars = train_step(batch, turn)
        return {name: value * float(value.isfinite()) for name, value in scalars.items()}

    objective.train_step = curious  # type: ignore[method-assign]
    objective.use_cuda_graphs()
    with caplog.at_level(logging.WARNING):
        for batch, turn in zip(batches, TURNS, strict=True):
            assert objective.step(batch, turn)["g_l1"].isfinite() if turn.generator else True
    assert len(caplog.records) == 1
    assert "one operation at a time" in caplog.text
