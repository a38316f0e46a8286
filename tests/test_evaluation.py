"""Translation and evaluation, from a model file to the figures, on tiny tables."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from conftest import MakeTable

from s2f_core import evaluation
from s2f_core.checkpoint import save_model
from s2f_core.errors import UserError
from s2f_core.evaluation import Subject, evaluate, nearest, write
from s2f_core.images import Pixels
from s2f_core.pairs import Pairs
from s2f_core.scores.kinds import Values
from s2f_core.tables import Table
from s2f_core.translation import Translation, translate
from s2f_core.variants import Data, Settings

TRAIN, TEST = [f"{row:03d}" for row in range(30)], [f"{row:03d}" for row in range(30, 40)]


class MeanFeatures:
    """Stands for Inception: the mean colour of each quarter of an image."""

    checksum = "of no network"

    def __call__(self, images: Pixels) -> Values:
        """Features [n, 12]."""
        wide = np.repeat(images, 3, axis=-1) if images.shape[-1] == 1 else images
        quarters = wide.reshape(len(wide), 2, 16, 2, 16, 3).mean(axis=(2, 4))
        return np.asarray(quarters.reshape(len(wide), -1) / 255.0)


@pytest.fixture
def data(tmp_path: Path, make_table: MakeTable, faces: Pixels) -> Path:
    """The tables of a role, as the stages write them."""
    root = tmp_path / "data"
    grey = faces.mean(axis=3, keepdims=True).astype(np.uint8)
    make_table("data/faces/kept", faces)
    make_table("data/faces/kept-pencil", grey)
    rows = pd.DataFrame({"id": TRAIN + TEST, "split": ["train"] * 30 + ["test"] * 10})
    rows.to_parquet(root / "faces" / "split.parquet")
    return root


@pytest.fixture
def chosen() -> Data:
    """Which of them."""
    return Data(role="faces", background="kept", condition="pencil")


def _model(path: Path, settings: Settings, size: int = 32, channels: int = 1) -> Path:
    description = settings.describe(size, channels, 3)
    torch.manual_seed(0)
    save_model(path, description, description.build().state_dict())
    return path


def _subject(**changes: str) -> Subject:
    values = {
        "name": "tiny",
        "variant": "tiny",
        "upscaler": "none",
        "role": "faces",
        "background": "kept",
        "condition": "pencil",
    }
    return Subject(**{**values, **changes})


def _evaluate(data: Path, chosen: Data, outputs: Table) -> evaluation.Evaluation:
    features: Any = MeanFeatures()
    return evaluate(
        _subject(), outputs, chosen.pairs(data, "train"), chosen.pairs(data, "test"), features
    )


def test_the_test_split_is_translated(
    data: Path, chosen: Data, settings: Settings, tmp_path: Path
) -> None:
    """Ten colour images of the inputs' size, with the inputs' ids; the same again."""
    model = _model(tmp_path / "model.pt", settings)
    asked = Translation(variant="tiny", data=chosen)
    table = translate(model, asked, data, tmp_path, tmp_path / "out")
    assert table.accepted["id"].tolist() == TEST
    assert table.shape == (32, 32, 3)
    again = translate(model, asked, data, tmp_path, tmp_path / "again")
    assert (again.images(range(10)) == table.images(range(10))).all()


def test_a_half_size_model_is_upscaled(
    data: Path, chosen: Data, settings: Settings, tmp_path: Path
) -> None:
    """Bicubic brings 16 px to 32; without an upscaler it is an error that says so."""
    model = _model(tmp_path / "model.pt", settings, size=16)
    asked = Translation(variant="tiny", data=chosen, upscaler="bicubic")
    assert translate(model, asked, data, tmp_path, tmp_path / "out").shape == (32, 32, 3)
    plain = Translation(variant="tiny", data=chosen)
    with pytest.raises(UserError, match=r"makes images of 16 px.*other than 'none'"):
        translate(model, plain, data, tmp_path, tmp_path / "none")
    sr = Translation(variant="tiny", data=chosen, upscaler="dat-x2")
    with pytest.raises(UserError, match=r"dat-x2\.pth cannot be loaded.*fetch it again"):
        translate(model, sr, data, tmp_path, tmp_path / "none")


def test_a_model_of_other_data_is_refused(
    data: Path, chosen: Data, settings: Settings, tmp_path: Path
) -> None:
    """Trained on pencil, asked for edges; made for colour inputs."""
    model = _model(tmp_path / "model.pt", settings)
    other = Translation(variant="tiny", data=chosen.model_copy(update={"condition": "edges"}))
    with pytest.raises(UserError, match=r"was trained on kept-pencil, but .* names kept-e"):
        translate(model, other, data, tmp_path, tmp_path / "out")
    model = _model(tmp_path / "colour.pt", settings, channels=3)
    with pytest.raises(UserError, match="takes 3 channels"):
        translate(model, Translation(variant="tiny", data=chosen), data, tmp_path, tmp_path / "out")


def test_perfect_outputs_score_perfectly(
    data: Path, chosen: Data, make_table: MakeTable, faces: Pixels
) -> None:
    """Outputs equal to the photos: no distance, and better than every baseline."""
    figures = _evaluate(data, chosen, make_table("outputs", faces)).report["figures"]
    model = {name: figure["value"] for name, figure in figures["model"].items()}
    assert model["fid"] == pytest.approx(0, abs=1e-9)
    assert model["ssim"] == pytest.approx(1)
    assert model["pixel_difference"] == 0
    for name in ("sketch", "mean-face", "nearest-face"):
        assert figures[name]["pixel_difference"]["value"] > 0.02
    assert figures["real"]["ssim"]["value"] is None
    assert figures["real"]["kid"]["n"] == 10


def test_baselines_are_what_they_say(data: Path, chosen: Data, faces: Pixels) -> None:
    """The grey input, the mean of the training photos, the photo of the nearest sketch."""
    training, test = chosen.pairs(data, "train"), chosen.pairs(data, "test")
    found = evaluation.baselines(training, test)
    assert (found["sketch"][0] == faces[30].mean(axis=2, keepdims=True).astype(np.uint8)).all()
    assert np.abs(found["mean-face"][0] - faces[:30].mean(axis=0)).max() <= 0.5
    grey = faces.mean(axis=3)
    closest = ((grey[:30] - grey[33]) ** 2).sum(axis=(1, 2)).argmin()
    assert (found["nearest-face"][3] == faces[closest]).all()
    assert {image.tobytes() for image in found["real"]} <= {face.tobytes() for face in faces[:30]}


def test_the_nearest_is_found_across_chunks(
    data: Path, chosen: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seven at a time, or all at once."""
    training, test = chosen.pairs(data, "train"), chosen.pairs(data, "test")
    sketches = test.inputs.images(test.inputs.positions(test.ids))
    whole = nearest(sketches, training)
    monkeypatch.setattr(evaluation, "CHUNK", 7)
    assert (nearest(sketches, training) == whole).all()


def test_what_is_written_is_the_same_twice(
    data: Path, chosen: Data, make_table: MakeTable, faces: Pixels, tmp_path: Path
) -> None:
    """Two evaluations give the same bytes; the metrics hold plain values."""
    outputs = make_table("outputs", 255 - faces)
    for name in ("one", "two"):
        write(_evaluate(data, chosen, outputs), tmp_path / name, tmp_path / f"{name}.json")
    for file in ("evaluation.json", "scores.parquet"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
    metrics = json.loads((tmp_path / "one.json").read_text())
    assert list(metrics) == ["fid", "kid", "ssim", "psnr", "pixel_difference"]
    report = json.loads((tmp_path / "one" / "evaluation.json").read_text())
    assert metrics["ssim"] == report["figures"]["model"]["ssim"]["value"]
    assert report["scores"]["fid"]["higher_is_better"] is False
    scores = pd.read_parquet(tmp_path / "one" / "scores.parquet")
    assert scores["id"].tolist() == TEST
    assert scores["ssim"].mean() == pytest.approx(metrics["ssim"], rel=1e-5)


def test_outputs_of_another_size_or_split_are_refused(
    data: Path, chosen: Data, make_table: MakeTable, faces: Pixels
) -> None:
    """16 px; and without the test split's images."""
    small = make_table("small", np.ascontiguousarray(faces[:, ::2, ::2]))
    with pytest.raises(UserError, match="the photos are"):
        _evaluate(data, chosen, small)
    with pytest.raises(UserError, match="no image '030'"):
        _evaluate(data, chosen, make_table("few", faces[:30]))


def test_a_split_of_unknown_images_is_refused(data: Path, chosen: Data) -> None:
    """The pairs of a part that holds none."""
    with pytest.raises(UserError, match="share none of 0 ids"):
        chosen.pairs(data, "val")
    assert isinstance(chosen.pairs(data, "test"), Pairs)
