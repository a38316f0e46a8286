"""Training: a resumed run equals an uninterrupted one; the best weights are kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from fixtures import SilentRun, modify

from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels
from s2f_core.data.pairs import Pairs
from s2f_core.metrics.feature_extractor import FeatureExtractor
from s2f_core.metrics.types import Values
from s2f_core.networks.checkpoint import FORMAT, VERSION, load_model, read_description
from s2f_core.training import run as module
from s2f_core.training.loop import Training, train
from s2f_core.training.run import Outputs, fit, prepare
from s2f_core.training.variant import Settings

# All state of a training: dropout, pools, averages, running statistics, power iterations, random
# numbers of noise and augmentation, turns, policies that depend on earlier scores.
RESUMED: dict[str, dict[str, Any]] = {
    "pix2pix": {},
    "resnet with dropout, batch norm": {
        "generator": {"type": "resnet", "blocks": 1, "dropout": 0.5, "norm": "batch"},
    },
    "noise input, everything in the recipe": {
        "generator": {"type": "unet", "noise": "both", "norm": "group"},
        "discriminator": {"type": "patchgan", "layers": 2, "norm": "none", "spectral": True},
        "recipe": {
            "ema": 0.9,
            "noise": 0.2,
            "augment": ["colour", "translation", "cutout"],
            "gd_ratio": 2,
            "accumulate": 2,
            "schedule": {"type": "gate", "window": 1, "tolerance": 0.9},
        },
    },
    "cyclegan with its pool": {"objective": {"type": "cyclegan", "pool": 5}},
    "cyclegan, unpaired, sketched": {
        "data": {"role": "faces", "background": "kept", "condition": "given"},
        "objective": {"type": "cyclegan", "pool": 5},
        "recipe": {"best": "last", "sketch": {"jitter": [0, 2], "thickness": [-1, 2]}},
    },
    "unconditional": {
        "generator": {"type": "dcgan"},
        "discriminator": {"type": "dcgan"},
        "objective": {"type": "unconditional", "adversarial": "wgan-gp"},
        "recipe": {
            "best": "kid",
            "gd_ratio": 0.5,
            "head_start": 3,
            "schedule": {"type": "cosine"},
            "optimiser": "sgd",
            "momentum": 0.9,
        },
    },
}


def _mean_colours(self: FeatureExtractor, images: Pixels) -> Values:
    """A stand-in for Inception."""
    return np.asarray(images.mean(axis=(1, 2)))


@pytest.mark.parametrize("form", RESUMED)
def test_a_resumed_training_equals_an_uninterrupted_one(
    settings: Settings,
    splits: dict[str, Pairs],
    noise_splits: dict[str, Pairs],
    unpaired_splits: dict[str, Pairs],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    form: str,
) -> None:
    """2N steps, and N + save + load + N, give equal weights, curves and scores, bit for bit."""
    (tmp_path / "inception").mkdir()
    (tmp_path / "inception" / "inception.pt").write_bytes(b"not read here")
    monkeypatch.setattr(module, "ASSETS", tmp_path)
    monkeypatch.setattr(FeatureExtractor, "_compute", _mean_colours)
    settings = modify(settings, RESUMED[form], max_steps=20)
    if settings.variant.objective.takes == "vector":
        splits = noise_splits
    if settings.variant.data.condition == "given":
        splits = unpaired_splits
    straight = prepare(settings, splits, tmp_path)
    _train(straight)

    first = prepare(settings, splits, tmp_path)
    _train_until(first, 10)
    first.save("run 7")
    torch.manual_seed(99)
    second = prepare(settings, splits, tmp_path)
    assert second.resume() == "run 7"
    assert second.step == 10
    _train(second)

    assert second.history.rows == straight.history.rows
    assert second.validation.rows == straight.validation.rows
    _same(second.objective.state_dict(), straight.objective.state_dict(), "gan")
    _same(second.validation.best, straight.validation.best, "best")


def test_a_kid_without_inception_is_an_error_before_the_first_step(
    settings: Settings, splits: dict[str, Pairs], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For either key that asks for it; the message names the file."""
    monkeypatch.setattr(module, "ASSETS", tmp_path)
    for recipe in ({"best": "kid"}, {"validation_kid": True}):
        with pytest.raises(UserError, match=r"inception\.pt cannot be read: .*fetch it again"):
            prepare(modify(settings, {"recipe": recipe}), splits, tmp_path)


def _same(one: Any, other: Any, where: str) -> None:
    """Equal to the last bit, however nested."""
    if isinstance(one, torch.Tensor):
        assert torch.equal(one, other), where
    elif isinstance(one, dict):
        assert one.keys() == other.keys(), where
        for key in one:
            _same(one[key], other[key], f"{where}.{key}")
    elif isinstance(one, list | tuple):
        assert len(one) == len(other), where
        for row, pair in enumerate(zip(one, other, strict=True)):
            _same(*pair, f"{where}.{row}")
    else:
        assert one == other, where


def _train(training: Training, run: SilentRun | None = None) -> None:
    train(training, run or SilentRun())  # type: ignore[arg-type]


def _train_until(training: Training, step: int) -> None:
    """Stop a training as an interruption would, its length and rates those of the whole."""

    class Enough(Exception):
        """Ends the training."""

    class Stopping(SilentRun):
        def log(self, at: int, values: dict[str, float]) -> None:
            if at == step and "train/lr" in values:
                raise Enough

    with pytest.raises(Enough):
        _train(training, Stopping())


def test_the_state_file_depends_on_settings_and_images(
    settings: Settings, splits: dict[str, Pairs], tmp_path: Path
) -> None:
    """Another rate or other images do not resume this training."""
    file = prepare(settings, splits, tmp_path).state_file
    assert prepare(settings, splits, tmp_path).state_file == file
    other = settings.model_copy(update={"lr": 2e-3})
    assert prepare(other, splits, tmp_path).state_file != file
    fewer = {**splits, "train": splits["train"].subset(range(20))}
    assert prepare(settings, fewer, tmp_path).state_file != file


def test_fit_writes_model_metrics_and_pictures(
    settings: Settings,
    splits: dict[str, Pairs],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The model loads; the state file is removed."""

    @contextmanager
    def quiet(*_: object) -> Iterator[SilentRun]:
        yield SilentRun()

    monkeypatch.setattr(module, "training_run", quiet)
    files = Outputs(tmp_path / "model", tmp_path / "c" / "tiny.csv", tmp_path / "v" / "tiny.csv")
    fit(settings, splits, tmp_path / "states", files)

    description, network = load_model(files.model / "a-to-b.pt")
    assert (description.variant, description.size, description.in_channels) == ("tiny", 32, 1)
    assert (description.steps, description.images, description.drawn_at) == (12, 30, 32)
    assert description.direction == "a-to-b"
    assert description.parameters == sum(weight.numel() for weight in network.parameters())
    assert set(description.scores or {}) == {"ssim", "pixel_difference", "variety"}
    assert set(description.versions or {}) == {"s2f", "torch"}
    assert network(torch.zeros(1, 1, 32, 32)).shape == (1, 3, 32, 32)
    assert not network.training
    assert {file.name for file in files.model.iterdir()} == {
        "a-to-b.pt",
        "training.json",
        "progress.png",
        "samples.png",
        "run_id",
    }
    assert files.run_id.read_text() == "run"
    curves = pd.read_csv(files.curves)
    assert curves["step"].tolist() == [4, 8, 10, 12]
    assert {"g_l1", "d_out_real", "grad_norm_g", "grad_norm_d"} <= set(curves.columns)
    assert pd.read_csv(files.validation)["step"].tolist() == [4, 8, 12]
    assert list((tmp_path / "states").iterdir()) == []


def test_the_best_weights_are_kept(
    settings: Settings, splits: dict[str, Pairs], tmp_path: Path
) -> None:
    """After the score falls, the earlier weights stay."""
    training = prepare(settings, splits, tmp_path)
    validation = training.validation
    validation(1, training.objective.generators)
    best = {name: value.clone() for name, value in validation.best["a-to-b"].items()}
    with torch.no_grad():
        for weight in training.objective.generators["a-to-b"].parameters():
            weight.zero_()
    validation.rows[0]["pixel_difference"] = 0.01
    validation(2, training.objective.generators)
    assert validation.best_step == 1
    weights = validation.best["a-to-b"]
    assert all(torch.equal(weights[name], value) for name, value in best.items())


def test_a_damaged_or_newer_model_is_refused(tmp_path: Path) -> None:
    """Missing, truncated, of another program, of a later format."""
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
    torch.save({"format": FORMAT, "version": VERSION, "description": {}}, tmp_path / "bare.pt")
    with pytest.raises(UserError, match="is damaged"):
        read_description(tmp_path / "bare.pt")
