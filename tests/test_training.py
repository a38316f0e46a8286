"""Training: the reference's steps, that it learns, and that a resumed run is the same run."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from conftest import MakeTable
from lightning_fabric import Fabric

from s2f_core import training as module
from s2f_core.checkpoint import load_model
from s2f_core.errors import UserError
from s2f_core.gans.pix2pix import Pix2PixSection
from s2f_core.images import Pixels
from s2f_core.networks.patchgan import PatchGANSection
from s2f_core.networks.unet import UNetSection
from s2f_core.pairs import Batch, Pairs
from s2f_core.recipe import Recipe
from s2f_core.training import Outputs, fit, prepare, train
from s2f_core.variants import Settings

GOLDEN = Path(__file__).parents[2] / "shared" / "golden" / "junyanz_steps.pt"


class SilentRun:
    """A run that keeps nothing."""

    id = "run"

    def log(self, step: int, values: dict[str, float]) -> None:
        """Take values."""

    def artifact(self, path: Path, folder: str | None = None) -> None:
        """Take a file."""


@pytest.fixture
def splits(make_table: MakeTable, faces: Pixels) -> dict[str, Pairs]:
    """Grey pictures to their colours: thirty to train on, ten to validate."""
    grey = faces.mean(axis=3, keepdims=True).astype(np.uint8)
    inputs, targets = make_table("inputs", grey), make_table("targets", faces)
    names = [f"{row:03d}" for row in range(40)]
    return {"train": Pairs(inputs, targets, names[:30]), "val": Pairs(inputs, targets, names[30:])}


@pytest.mark.skipif(not GOLDEN.exists(), reason="the reference's steps are not beside the clone")
def test_three_steps_are_the_references() -> None:
    """Same weights, same images: the losses of pix2pix's reference, within 1e-4 relative."""
    golden = torch.load(GOLDEN, weights_only=True)["pix2pix"]
    section = Pix2PixSection(type="pix2pix", l1=100)
    gan = section.build(
        Fabric(accelerator="cpu", devices=1),
        UNetSection(type="unet", norm="instance", dropout=0).build(128, 4, 3, 3),
        PatchGANSection(type="patchgan", norm="instance").build(128, 4, 6),
        2e-4,
        Recipe(),
    )
    for network, weights in ((gan.generator, "netG"), (gan.discriminator, "netD")):
        values = golden["nets"][weights].values()
        network.load_state_dict(dict(zip(network.state_dict(), values, strict=True)))
    batch = Batch(golden["A"], golden["B"])
    for expected in golden["losses"]:
        found = gan.step(batch)
        assert found["g_adversarial"].item() == pytest.approx(expected["G_GAN"], rel=1e-4)
        assert 100 * found["g_l1"].item() == pytest.approx(expected["G_L1"], rel=1e-4)
        assert found["d_real"].item() == pytest.approx(expected["D_real"], rel=1e-4)
        assert found["d_fake"].item() == pytest.approx(expected["D_fake"], rel=1e-4)
    with torch.no_grad():
        torch.testing.assert_close(
            gan.generator(batch.a), golden["fake_after_3_steps"], atol=1e-4, rtol=0
        )


def test_both_networks_learn_and_neither_gets_the_others_gradient(
    settings: Settings, splits: dict[str, Pairs], tmp_path: Path
) -> None:
    """A step moves every weight matrix; the generator's step leaves no gradient in D."""
    training = prepare(settings, splits, tmp_path)
    before = {
        f"{name}.{key}": value.clone()
        for name, network in training.gan.networks.items()
        for key, value in network.state_dict().items()
    }
    losses = training.gan.step(training.batches[0])
    assert all(value.isfinite() for value in losses.values())
    assert 0 < losses["d_out_real"] < 1
    for name, network in training.gan.networks.items():
        for key, value in network.state_dict().items():
            if key.endswith("weight"):
                assert not torch.equal(value, before[f"{name}.{key}"]), f"{name}.{key}"


def test_training_works(
    settings: Settings,
    splits: dict[str, Pairs],
    make_table: MakeTable,
    faces: Pixels,
    tmp_path: Path,
) -> None:
    """Smooth pictures to their negatives: the difference falls to a third in 150 steps."""
    negatives = make_table("negatives", 255 - faces)
    targets = splits["val"].targets
    splits = {name: Pairs(targets, negatives, part.ids) for name, part in splits.items()}
    longer = settings.model_copy(update={"max_steps": 150, "width": 8})
    recipe = longer.variant.recipe.model_copy(update={"epochs": 100, "jitter": 1.0})
    longer = longer.model_copy(
        update={"variant": longer.variant.model_copy(update={"recipe": recipe})}
    )
    training = prepare(longer, splits, tmp_path)
    first = training.validation(0, training.fabric, training.gan.generator)
    train(training, SilentRun())  # type: ignore[arg-type]
    last = training.validation.rows[-1]
    assert last["pixel_difference"] < 0.33 * first["pixel_difference"]
    assert last["ssim"] > first["ssim"]


@pytest.mark.parametrize("generator", ["unet", "resnet"])
def test_a_resumed_training_is_the_uninterrupted_one(
    settings: Settings, splits: dict[str, Pairs], tmp_path: Path, generator: str
) -> None:
    """2N steps, and N + save + load + N, give equal weights, curves and scores, bit for bit."""
    if generator == "resnet":  # with dropout, so that the random generator's state matters
        section = {"type": "resnet", "blocks": 1, "dropout": 0.5}
        settings = Settings.model_validate(
            {
                **settings.model_dump(),
                "variant": {**settings.variant.model_dump(), "generator": section},
            }
        )
    settings = settings.model_copy(update={"max_steps": 20})
    straight = prepare(settings, splits, tmp_path)
    train(straight, SilentRun())  # type: ignore[arg-type]

    first = prepare(settings, splits, tmp_path)
    _train_until(first, 10)
    first.save("run 7")
    torch.manual_seed(99)
    second = prepare(settings, splits, tmp_path)
    assert second.resume() == "run 7"
    assert second.done == 10
    train(second, SilentRun())  # type: ignore[arg-type]

    assert second.curves.rows == straight.curves.rows
    assert second.validation.rows == straight.validation.rows
    for name, network in straight.gan.networks.items():
        for key, value in network.state_dict().items():
            assert torch.equal(second.gan.networks[name].state_dict()[key], value), f"{name}.{key}"
    for key, value in straight.validation.best.items():
        assert torch.equal(second.validation.best[key], value)


def _train_until(training: module.Training, step: int) -> None:
    """Stop a training as an interruption would, its length and rates those of the whole."""

    class Enough(Exception):
        """It was interrupted."""

    class Stopping(SilentRun):
        def log(self, at: int, values: dict[str, float]) -> None:
            if at == step and "train/g_l1" in values:
                raise Enough

    with pytest.raises(Enough):
        train(training, Stopping())  # type: ignore[arg-type]


def test_the_state_belongs_to_settings_and_pixels(
    settings: Settings, splits: dict[str, Pairs], tmp_path: Path
) -> None:
    """Another rate, or other images, is another training and does not resume this one."""
    file = prepare(settings, splits, tmp_path).state_file
    assert prepare(settings, splits, tmp_path).state_file == file
    other = settings.model_copy(update={"lr": 2e-3})
    assert prepare(other, splits, tmp_path).state_file != file
    fewer = {**splits, "train": splits["train"].subset(range(20))}
    assert prepare(settings, fewer, tmp_path).state_file != file


def test_what_is_written(
    settings: Settings,
    splits: dict[str, Pairs],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A model that loads, figures, pictures, the run's id, and no state left behind."""

    @contextmanager
    def quiet(*_: object) -> Iterator[SilentRun]:
        yield SilentRun()

    monkeypatch.setattr(module, "training_run", quiet)
    files = Outputs(tmp_path / "model", tmp_path / "c" / "tiny.csv", tmp_path / "v" / "tiny.csv")
    fit(settings, splits, tmp_path / "states", files)

    description, network = load_model(files.model / "model.pt")
    assert (description.variant, description.size, description.in_channels) == ("tiny", 32, 1)
    assert network(torch.zeros(1, 1, 32, 32)).shape == (1, 3, 32, 32)
    assert not network.training
    assert {file.name for file in files.model.iterdir()} == {
        "model.pt",
        "training.json",
        "progress.png",
        "samples.png",
        "run_id",
    }
    assert files.run_id.read_text() == "run"
    curves = pd.read_csv(files.curves)
    assert curves["step"].tolist() == [10, 12]
    assert {"g_l1", "d_out_real", "grad_norm_g", "grad_norm_d"} <= set(curves.columns)
    assert pd.read_csv(files.validation)["step"].tolist() == [4, 8, 12]
    assert list((tmp_path / "states").iterdir()) == []


def test_the_best_weights_are_kept_not_the_last(
    settings: Settings, splits: dict[str, Pairs], tmp_path: Path
) -> None:
    """After the score falls, the earlier weights stay."""
    training = prepare(settings, splits, tmp_path)
    validation = training.validation
    validation(1, training.fabric, training.gan.generator)
    best = {name: value.clone() for name, value in validation.best.items()}
    with torch.no_grad():
        for weight in training.gan.generator.parameters():
            weight.zero_()
    validation.rows[0]["pixel_difference"] = 0.01
    validation(2, training.fabric, training.gan.generator)
    assert validation.best_step == 1
    assert all(torch.equal(validation.best[name], value) for name, value in best.items())


def test_a_damaged_or_newer_model_is_refused(tmp_path: Path) -> None:
    """Missing, cut short, something else, of a later format."""
    with pytest.raises(UserError, match="does not exist"):
        load_model(tmp_path / "none.pt")
    cut = tmp_path / "cut.pt"
    torch.save({"weights": torch.zeros(1000)}, cut)
    cut.write_bytes(cut.read_bytes()[:500])
    with pytest.raises(UserError, match="is damaged"):
        load_model(cut)
    torch.save({"weights": 1}, tmp_path / "other.pt")
    with pytest.raises(UserError, match="is not an s2f model"):
        load_model(tmp_path / "other.pt")
    torch.save({"format": "s2f-generator", "version": 99}, tmp_path / "new.pt")
    with pytest.raises(UserError, match="version 99 of the model format"):
        load_model(tmp_path / "new.pt")


def test_the_recipe_counts_and_decays() -> None:
    """200 epochs of 30 images in fours; the rate falls linearly over the second half."""
    recipe = Recipe(epochs=200, batch=4, decay=0.5)
    assert recipe.steps(30, None) == 1500
    assert recipe.steps(30, 100) == 100
    assert recipe.rate(0, 100) == recipe.rate(50, 100) == 1.0
    assert recipe.rate(75, 100) == pytest.approx(0.5)
    assert recipe.rate(99, 100) == pytest.approx(0.02)
    assert Recipe(decay=0).rate(99, 100) == 1.0
