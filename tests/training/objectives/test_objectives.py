"""Contracts that every objective keeps, in all its forms."""

import copy
from pathlib import Path
from typing import Any

import pytest
import torch
from backbone_weights import write_narrow_assets
from fixtures import modify
from lightning_fabric import Fabric
from objective_cases import FORMS

from s2f_core.data.batches import Batch
from s2f_core.data.pairs import Pairs
from s2f_core.training.objectives import Objective
from s2f_core.training.objectives.pix2pix import Pix2Pix
from s2f_core.training.recipe import Turn
from s2f_core.training.run import prepare
from s2f_core.training.variant import Settings

CPU = Fabric(accelerator="cpu", devices=1)


@pytest.fixture(params=FORMS)
def form(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
    splits: dict[str, Pairs],
    noise_splits: dict[str, Pairs],
) -> tuple[Settings, dict[str, Pairs]]:
    """The settings of a form, and the data it takes; backbones read narrow weights."""
    write_narrow_assets(tmp_path / "data" / "assets")
    monkeypatch.chdir(tmp_path)
    changed = modify(settings, FORMS[request.param])
    return changed, splits if changed.variant.objective.takes == "image" else noise_splits


def _objective(form: tuple[Settings, dict[str, Pairs]]) -> tuple[Objective, Batch]:
    settings, splits = form
    torch.manual_seed(0)
    blueprint = settings.blueprint(splits["train"])
    objective = settings.build(CPU, blueprint)
    return objective, Batch.load(splits["train"].with_channels(blueprint.channels), range(4))


def _weights(objective: Objective) -> dict[str, torch.Tensor]:
    return {
        f"{name}.{key}": value.detach().clone()
        for name, network in objective.networks.items()
        for key, value in network.named_parameters()
    }


def test_a_step_trains_every_network(form: tuple[Settings, dict[str, Pairs]]) -> None:
    """All scalars are finite and without a graph; every weight matrix moves."""
    objective, batch = _objective(form)
    before = _weights(objective)
    scalars = objective.step(batch, Turn())
    assert scalars
    for name, value in scalars.items():
        assert value.isfinite(), name
        assert not value.requires_grad, name
        assert value.shape == (), name
    for key, value in _weights(objective).items():
        if value.ndim > 1:
            assert not torch.equal(value, before[key]), key


def test_a_step_in_mixed_precision(form: tuple[Settings, dict[str, Pairs]]) -> None:
    """Every loss and penalty is finite and float32, and near the one in full precision."""
    scalars = []
    for precision in ("32-true", "bf16-mixed"):
        torch.manual_seed(0)
        blueprint = form[0].blueprint(form[1]["train"])
        objective = form[0].build(
            Fabric(accelerator="cpu", devices=1, precision=precision), blueprint
        )
        batch = Batch.load(form[1]["train"].with_channels(blueprint.channels), range(4))
        scalars.append(objective.step(batch, Turn()))
    for name, value in scalars[0].items():
        assert scalars[1][name].dtype == torch.float32, name
        if not name.startswith("grad_norm"):
            torch.testing.assert_close(scalars[1][name], value, atol=0.1, rtol=0.1, msg=name)


def test_a_turn_trains_its_players_alone(form: tuple[Settings, dict[str, Pairs]]) -> None:
    """D's turn leaves G's weights and gradients, G's turn D's, and names no scalar of the other."""
    for turn, idle in (
        (Turn(generator=False), "generator"),
        (Turn(discriminator=False), "discriminator"),
    ):
        objective, batch = _objective(form)
        before = _weights(objective)
        scalars = objective.step(batch, turn)
        changed = {
            key for key, value in _weights(objective).items() if not torch.equal(value, before[key])
        }
        assert changed
        assert not any(key.startswith(idle) for key in changed)
        for name, network in objective.networks.items():
            unused = [weight.grad is None for weight in network.parameters()]
            assert all(unused) if name.startswith(idle) else not any(unused), name
        other = idle[0]
        assert not any(name.startswith((f"{other}_", f"grad_norm_{other}")) for name in scalars)


def test_rates_are_multiples_of_the_first(form: tuple[Settings, dict[str, Pairs]]) -> None:
    """Set twice, the factor does not add up."""
    objective, _ = _objective(form)
    recipe = form[0].variant.recipe
    for factor in (0.5, 0.5, 1.0, 0.1):
        objective.set_rate_factor(factor)
    for name, player in objective.players.items():
        ratio = recipe.lr_d_ratio if name.startswith("discriminator") else 1
        assert player.optimizer.param_groups[0]["lr"] == pytest.approx(1e-4 * ratio), name


def test_state_goes_round(form: tuple[Settings, dict[str, Pairs]]) -> None:
    """After two steps, a second objective with the first's state makes the same third step."""
    objective, batch = _objective(form)
    for _ in range(2):
        objective.step(batch, Turn())
    twin, _ = _objective(form)
    twin.load_state_dict(copy.deepcopy(objective.state_dict()))
    outcomes = []
    for one in (objective, twin):
        torch.manual_seed(7)
        outcomes.append(one.step(batch, Turn()))
    assert outcomes[0].keys() == outcomes[1].keys()
    assert all(torch.equal(outcomes[0][name], outcomes[1][name]) for name in outcomes[0])
    twins = _weights(twin)
    assert all(torch.equal(value, twins[key]) for key, value in _weights(objective).items())


def test_a_generator_for_each_direction(form: tuple[Settings, dict[str, Pairs]]) -> None:
    """Each maps its own end to the other, in [-1, 1]."""
    objective, batch = _objective(form)
    ends = {"a-to-b": (batch.a, batch.b), "b-to-a": (batch.b, batch.a)}
    two = form[0].variant.objective.type == "cyclegan"
    assert set(objective.generators) == (set(ends) if two else {"a-to-b"})
    for way, network in objective.generators.items():
        start, end = ends[way]
        out = network(start)
        assert out.shape == end.shape
        assert out.abs().max() <= 1


def test_simultaneous_updates_are_both_turns_from_one_start(
    settings: Settings, splits: dict[str, Pairs]
) -> None:
    """Each player comes to where its turn alone takes it; alternating, only D does."""
    after: dict[str, dict[str, torch.Tensor]] = {}
    for name, updates, turn in (
        ("simultaneous", "simultaneous", Turn()),
        ("alternating", "alternating", Turn()),
        ("generator", "simultaneous", Turn(discriminator=False)),
        ("discriminator", "simultaneous", Turn(generator=False)),
    ):
        section = {"type": "pix2pix", "updates": updates, "lambda_features": 10, "r1": 1}
        generator = {"type": "unet", "norm": "instance", "dropout": 0}
        recipe = {"optimiser": "sgd"}
        changes = {"objective": section, "generator": generator, "recipe": recipe}
        objective, batch = _objective((modify(settings, changes, lr=0.1), splits))
        objective.step(batch, turn)
        after[name] = _weights(objective)

    def arrived(one: str, player: str) -> bool:
        return all(
            torch.allclose(value, after[player][key], atol=1e-6)
            for key, value in after[one].items()
            if key.startswith(player)
        )

    assert arrived("simultaneous", "generator")
    assert arrived("simultaneous", "discriminator")
    assert arrived("alternating", "discriminator")
    assert not arrived("alternating", "generator")


@pytest.mark.parametrize("kind", ["pix2pix", "pix2pix simultaneous", "cyclegan"])
def test_accumulated_parts_are_one_batch(
    settings: Settings, splits: dict[str, Pairs], kind: str
) -> None:
    """Two parts of two make the step that four make, where no norm mixes images."""
    sections: dict[str, dict[str, Any]] = {
        "pix2pix": {"type": "pix2pix"},
        "pix2pix simultaneous": {"type": "pix2pix", "updates": "simultaneous"},
        "cyclegan": {"type": "cyclegan", "pool": 0},
    }
    results = []
    for parts in (1, 2):
        section = sections[kind]
        generator = {"type": "unet", "norm": "instance", "dropout": 0}
        recipe = {"accumulate": parts, "optimiser": "sgd"}
        changed = modify(
            settings, {"objective": section, "generator": generator, "recipe": recipe}, lr=0.1
        )
        objective, batch = _objective((changed, splits))
        scalars = objective.step(batch, Turn())
        results.append((scalars, _weights(objective)))
    (scalars_of_one, weights_of_one), (scalars_of_two, weights_of_two) = results
    for name in scalars_of_one:
        torch.testing.assert_close(scalars_of_two[name], scalars_of_one[name], atol=1e-5, rtol=1e-4)
    for key in weights_of_one:
        torch.testing.assert_close(weights_of_two[key], weights_of_one[key], atol=1e-5, rtol=1e-4)


def test_the_average_follows_the_generator(settings: Settings, splits: dict[str, Pairs]) -> None:
    """After one step a tenth of the start is left, then decays grow; D has no average."""
    objective, batch = _objective((modify(settings, {"recipe": {"ema": 0.999}}), splits))
    start = {key: value.clone() for key, value in objective.generators["a-to-b"].named_parameters()}
    objective.step(batch, Turn())
    weights = dict(objective.networks["generator"].named_parameters())
    for key, value in objective.generators["a-to-b"].named_parameters():
        torch.testing.assert_close(value, start[key] * 0.1 + weights[key] * 0.9)
    assert objective.generators["a-to-b"] is not objective.networks["generator"]


def test_a_clipped_gradient_has_the_norm_of_the_setting(
    settings: Settings, splits: dict[str, Pairs]
) -> None:
    """With plain SGD at rate 1 the weights move by the norm; the logged norm is before clipping."""
    recipe = {"clip": 0.01, "optimiser": "sgd"}
    objective, batch = _objective((modify(settings, {"recipe": recipe}, lr=1.0), splits))
    before = _weights(objective)
    scalars = objective.step(batch, Turn())
    assert scalars["grad_norm_g"] > 0.01
    squares = [
        (value - before[key]).square().sum()
        for key, value in _weights(objective).items()
        if key.startswith("generator")
    ]
    assert torch.stack(squares).sum().sqrt() == pytest.approx(0.01, rel=1e-3)


def test_a_discriminator_sees_noise_only_while_it_lasts(
    settings: Settings, splits: dict[str, Pairs]
) -> None:
    """At 0 a step is deterministic; above it two steps from one state differ."""
    outcomes: dict[float, list[float]] = {}
    dry = {"generator": {"type": "unet", "norm": "instance", "dropout": 0}}
    for noise in (0.0, 0.5):
        for seed in (1, 2):
            objective, batch = _objective((modify(settings, dry), splits))
            torch.manual_seed(seed)
            scalars = objective.step(batch, Turn(noise=noise))
            outcomes.setdefault(noise, []).append(scalars["d_real"].item())
    assert outcomes[0.0][0] == outcomes[0.0][1]
    assert outcomes[0.5][0] != outcomes[0.5][1]


def test_pairs_are_shuffled_apart_for_cyclegan_only(
    settings: Settings, splits: dict[str, Pairs], tmp_path: Any
) -> None:
    """CycleGAN's A and B of a batch are different examples, pix2pix's are a pair."""
    for kind, paired in (("pix2pix", True), ("cyclegan", False)):
        recipe = {"jitter": 1.0, "flip": False}
        changed = modify(settings, {"objective": {"type": kind}, "recipe": recipe})
        batches = prepare(changed, splits, tmp_path).batches
        batch = batches[0]
        grey = batch.b.mean(dim=1, keepdim=True)
        apart = (batch.a[:, :1] - grey).abs().amax(dim=(1, 2, 3))
        assert bool((apart < 0.01).all()) is paired


def test_the_perceptual_loss_is_the_same_by_the_discriminators_features(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings, splits: dict[str, Pairs]
) -> None:
    """Where a projected D has the features at hand, and where its images are changed before it."""
    write_narrow_assets(tmp_path / "data" / "assets")
    monkeypatch.chdir(tmp_path)
    form = FORMS["pix2pix projected beside patches, perceptual"]
    for updates in ("simultaneous", "alternating"):
        values = []
        for recipe in ({}, {"augment": ["cutout"]}):
            objective = {**form["objective"], "updates": updates}
            changed = modify(settings, {**form, "objective": objective, "recipe": recipe})
            trained, batch = _objective((changed, splits))
            assert isinstance(trained, Pix2Pix)
            assert trained.same_features is not bool(recipe)
            values.append(trained.step(batch, Turn())["g_perceptual"])
        assert values[0] > 0
        torch.testing.assert_close(*values)
