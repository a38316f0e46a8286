"""Evaluation of each kind of translation, from tables to the figures, on tiny tables."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fixtures import MakeTable
from tiny_evaluation import TEST, evaluate

from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels
from s2f_core.data.conditions.pencil import Pencil
from s2f_core.data.pairs import Pairs
from s2f_core.data.selection import VariantData
from s2f_core.evaluation.evaluate import (
    SCORE_SETS,
    EvaluationResult,
    write_evaluation,
    write_metrics,
)
from s2f_core.metrics import baselines, paired_bootstrap
from s2f_core.metrics.edge_consistency import ConditionRedraw


def test_perfect_outputs_score_perfectly(
    data: Path, variant_data: VariantData, make_table: MakeTable, faces: Pixels
) -> None:
    """Outputs equal to the photos: no distance, and better than every baseline."""
    figures = evaluate(data, variant_data, make_table("outputs", faces)).report["figures"]
    model = {name: figure["value"] for name, figure in figures["model"].items()}
    assert model["fid"] == pytest.approx(0, abs=1e-9)
    assert model["ssim"] == pytest.approx(1)
    assert model["pixel_difference"] == 0
    for name in ("sketch", "mean-face", "nearest-face"):
        assert figures[name]["pixel_difference"]["value"] > 0.02
    assert figures["real"]["ssim"]["value"] is None
    assert figures["real"]["kid"]["n"] == 10


def test_a_score_by_a_network_of_the_loss_is_left_out_with_the_reason(
    data: Path, variant_data: VariantData, make_table: MakeTable, faces: Pixels
) -> None:
    """The model has no value, baselines keep theirs, and other scores stay as they are."""
    outputs = make_table("outputs", faces[:, ::-1])
    full = evaluate(data, variant_data, outputs)
    result = evaluate(data, variant_data, outputs, loss_networks=("lpips-vgg", "lpips-alex"))
    assert full.scores["lpips"] > 0
    assert "lpips" in full.images
    figures = result.report["figures"]
    reason = "the model's losses have seen its network, lpips-alex"
    assert figures["model"]["lpips"]["why"] == reason
    assert figures["model"]["lpips"]["value"] is None
    assert figures["sketch"]["lpips"] == full.report["figures"]["sketch"]["lpips"]
    assert "lpips" not in result.images
    assert result.scores == {k: v for k, v in full.scores.items() if k != "lpips"}
    other = evaluate(data, variant_data, outputs, loss_networks=("lpips-vgg",))
    assert other.scores == full.scores


def test_baselines_are_input_mean_and_nearest_photo(
    data: Path, variant_data: VariantData, faces: Pixels
) -> None:
    """The grey input, the mean of the training photos, the photo of the nearest sketch."""
    training, test = variant_data.pairs(data, "train"), variant_data.pairs(data, "test")
    images = baselines.pair_baselines(training, test, "a-to-b")
    assert (images["sketch"][0] == faces[30].mean(axis=2, keepdims=True).astype(np.uint8)).all()
    assert np.abs(images["mean-face"][0] - faces[:30].mean(axis=0)).max() <= 0.5
    grey = faces.mean(axis=3)
    closest = ((grey[:30] - grey[33]) ** 2).sum(axis=(1, 2)).argmin()
    assert (images["nearest-face"][3] == faces[closest]).all()
    floor = baselines.other_real_images(training, 10)
    assert {image.tobytes() for image in floor} <= {face.tobytes() for face in faces[:30]}
    assert len(baselines.other_real_images(training, 1000)) == 30


def test_the_nearest_is_found_across_chunks(
    data: Path, variant_data: VariantData, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seven at a time, or all at once."""
    training, test = variant_data.pairs(data, "train"), variant_data.pairs(data, "test")
    sketches = test.inputs.images(test.inputs.positions(test.ids))
    rows = baselines.nearest_training_rows(sketches, training)
    monkeypatch.setattr(baselines, "CHUNK", 7)
    assert (baselines.nearest_training_rows(sketches, training) == rows).all()


def test_written_files_are_reproducible(
    data: Path, variant_data: VariantData, make_table: MakeTable, faces: Pixels, tmp_path: Path
) -> None:
    """Two evaluations give the same bytes; the metrics hold plain values."""
    outputs = make_table("outputs", 255 - faces)
    for name in ("one", "two"):
        result = evaluate(data, variant_data, outputs)
        write_evaluation(result, tmp_path / name)
        write_metrics({name: result.scores}, tmp_path / f"{name}.json")
    for file in ("evaluation.json", "scores.parquet"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
    metrics = json.loads((tmp_path / "one.json").read_text())["one"]
    assert set(metrics) <= set(SCORE_SETS["pairs"].scores)
    assert {"fid", "kid", "ssim", "psnr", "pixel_difference", "sharpness"} <= set(metrics)
    report = json.loads((tmp_path / "one" / "evaluation.json").read_text())
    assert metrics["ssim"] == report["figures"]["model"]["ssim"]["value"]
    assert report["scores"]["fid"]["higher_is_better"] is False
    scores = pd.read_parquet(tmp_path / "one" / "scores.parquet")
    assert scores["id"].tolist() == TEST
    assert scores["ssim"].mean() == pytest.approx(metrics["ssim"], rel=1e-5)


def test_outputs_of_another_size_or_split_are_refused(
    data: Path, variant_data: VariantData, make_table: MakeTable, faces: Pixels
) -> None:
    """16 px; and without the test split's images."""
    small = make_table("small", np.ascontiguousarray(faces[:, ::2, ::2]))
    with pytest.raises(UserError, match="the real images are"):
        evaluate(data, variant_data, small)
    with pytest.raises(UserError, match="no image '030'"):
        evaluate(data, variant_data, make_table("few", faces[:30]))


def test_sketches_are_scored_in_the_other_direction(
    data: Path, variant_data: VariantData, make_table: MakeTable, faces: Pixels
) -> None:
    """Grey or coloured sketches against the true ones; the photo itself is a baseline."""
    grey = faces.mean(axis=3, keepdims=True).astype(np.uint8)
    plain = evaluate(data, variant_data, make_table("grey", grey), direction="b-to-a")
    wide = make_table("wide", np.repeat(grey, 3, axis=3))
    coloured = evaluate(data, variant_data, wide, direction="b-to-a")
    assert plain.scores == coloured.scores
    assert plain.scores["pixel_difference"] == 0
    figures = plain.report["figures"]
    assert list(figures) == ["model", "photo", "mean-sketch", "nearest-sketch", "real"]
    assert figures["photo"]["pixel_difference"]["value"] > 0.02
    with pytest.raises(UserError, match="the real images are"):  # a photo is not answered in grey
        evaluate(data, variant_data, make_table("again", grey))


def test_edge_consistency_redraws_the_outputs(
    data: Path, make_table: MakeTable, faces: Pixels
) -> None:
    """Against the drawing that was given; a costly condition is not worth it for baselines."""
    pencil = Pencil(type="pencil", blur=9)
    make_table("data/faces/kept-drawn", np.stack([pencil.apply(face) for face in faces]))
    redrawn_data = VariantData(role="faces", background="kept", condition="drawn")
    redraw = ConditionRedraw(pencil, data)
    result = evaluate(data, redrawn_data, make_table("outputs", faces), redraw)
    figures = result.report["figures"]
    values = {name: row["edge_consistency"]["value"] for name, row in figures.items()}
    assert values["model"] == pytest.approx(1)
    assert values["nearest-face"] < 0.9
    assert values["real"] is None
    redraw.costly = True
    others = evaluate(data, redrawn_data, make_table("same", faces), redraw).report["figures"]
    assert others["model"]["edge_consistency"]["value"] == pytest.approx(1)
    assert others["sketch"]["edge_consistency"] == {
        "value": None,
        "low": None,
        "high": None,
        "n": 0,
    }


def test_faces_are_scored_if_the_photos_have_faces(
    data: Path, variant_data: VariantData, make_table: MakeTable, faces: Pixels
) -> None:
    """The share of outputs with a face, and their error; no score if most photos have no face."""
    dark = faces.copy()
    dark[30:34] = 0
    result = evaluate(data, variant_data, make_table("outputs", dark))
    figures = result.report["figures"]["model"]
    least = (faces[34:].mean(axis=(1, 2, 3)) > 100).sum()
    assert figures["faces_found"]["value"] == pytest.approx(least / 10)
    assert figures["landmark_error"]["n"] == least
    assert result.images["landmark_error"].isna().sum() == 10 - least
    assert result.report["scores"]["faces_found"]["network"] == "of no network"
    make_table("data/faces/removed", faces // 3)
    make_table("data/faces/removed-pencil", faces[..., :1])
    unlit = VariantData(role="faces", background="removed", condition="pencil")
    nobody = evaluate(data, unlit, make_table("bright", faces))
    assert nobody.report["figures"]["model"]["faces_found"]["value"] is None
    assert "faces_found" not in nobody.scores
    assert "faces_found" not in nobody.images


def test_a_split_of_unknown_images_is_refused(data: Path, variant_data: VariantData) -> None:
    """The error is raised by the pairs of the split."""
    with pytest.raises(UserError, match="share none of 0 ids"):
        variant_data.pairs(data, "val")
    assert isinstance(variant_data.pairs(data, "test"), Pairs)


def test_features_are_written_beside_the_evaluation(tmp_path: Path) -> None:
    """Two writes give equal bytes, exact to float32; without Inception scores there is no file."""
    random = np.random.default_rng(1)
    targets, outputs = random.normal(0, 1, (2, 40, 6)).astype(np.float32).astype(np.float64)
    images = pd.DataFrame({"id": [f"{row:03d}" for row in range(40)]})
    for name in ("one", "two"):
        result = EvaluationResult({}, {}, images, (outputs, targets))
        write_evaluation(result, tmp_path / name)
    file, copy = (tmp_path / name / paired_bootstrap.FEATURES for name in ("one", "two"))
    assert file.read_bytes() == copy.read_bytes()
    with np.load(file) as arrays:
        assert arrays["outputs"].dtype == np.float32
        assert (arrays["outputs"] == outputs).all()
        assert (arrays["targets"] == targets).all()
    write_evaluation(EvaluationResult({}, {}, images), tmp_path / "none")
    assert not (tmp_path / "none" / paired_bootstrap.FEATURES).exists()
