"""Evaluation of each kind of translation, from tables to the figures, on tiny tables."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fixtures import MakeTable

from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels
from s2f_core.data.conditions.pencil import Pencil
from s2f_core.data.pairs import Pairs
from s2f_core.data.selection import VariantData
from s2f_core.data.tables import Table
from s2f_core.evaluation.evaluate import (
    SCORE_SETS,
    EvaluationResult,
    Subject,
    evaluate_outputs,
    write_evaluation,
    write_metrics,
)
from s2f_core.evaluation.image_sets import Networks
from s2f_core.metrics import baselines, paired_bootstrap
from s2f_core.metrics.edge_consistency import ConditionRedraw
from s2f_core.metrics.types import Values

TRAIN, TEST = [f"{row:03d}" for row in range(30)], [f"{row:03d}" for row in range(30, 40)]


class MeanFeatures:
    """A stand-in for Inception: the mean colour of each quarter of an image."""

    network = "of no network"
    resize = "none"
    loss_network = ""

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
def variant_data() -> VariantData:
    """The data of a variant with these tables."""
    return VariantData(role="faces", background="kept", condition="pencil")


def _subject(**changes: Any) -> Subject:
    values = {
        "name": "tiny",
        "variant": "tiny",
        "upscaler": "none",
        "role": "faces",
        "background": "kept",
        "condition": "pencil",
        "direction": "a-to-b",
        "kind": "pairs",
    }
    return Subject.model_validate({**values, **changes})


class BrightFaces:
    """A stand-in for the face detector: images lighter than 100 are faces."""

    network = "of no network"
    resize = "none"
    loss_network = ""

    def __call__(self, images: Pixels) -> Values:
        """Points [n, 2 · 468], NaN without a face."""
        mean = images.reshape(len(images), -1).mean(axis=1)
        across = np.linspace(0, 10, 2 * 468)
        return np.asarray(np.where(mean > 100, mean, np.nan)[:, None] + across)


class OfPairs:
    """A stand-in for LPIPS: the mean difference of the two images of a pair."""

    network = "of no network"
    resize = "none"
    loss_network = "lpips-alex"

    def __call__(self, images: Pixels) -> Values:
        """Distances [n, 1]."""
        ours, theirs = images[..., :3].astype(float), images[..., 3:].astype(float)
        return np.asarray(np.abs(ours - theirs).mean(axis=(1, 2, 3)))[:, None]


def _evaluate(
    data: Path,
    variant_data: VariantData,
    outputs: Table,
    condition: ConditionRedraw | None = None,
    loss_networks: tuple[str, ...] = (),
    **changes: str,
) -> EvaluationResult:
    networks: Networks = {
        "inception": MeanFeatures(),
        "faces": BrightFaces(),
        "drawn_faces": BrightFaces(),
        "lpips": OfPairs(),
    }
    subject = _subject(**changes)
    training = variant_data.pairs(data, "train", direction=subject.direction)
    test = variant_data.pairs(data, "test", direction=subject.direction)
    return evaluate_outputs(
        subject, outputs, training, test, networks, condition, loss_networks=loss_networks
    )


def test_perfect_outputs_score_perfectly(
    data: Path, variant_data: VariantData, make_table: MakeTable, faces: Pixels
) -> None:
    """Outputs equal to the photos: no distance, and better than every baseline."""
    figures = _evaluate(data, variant_data, make_table("outputs", faces)).report["figures"]
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
    full = _evaluate(data, variant_data, outputs)
    result = _evaluate(data, variant_data, outputs, loss_networks=("lpips-vgg", "lpips-alex"))
    assert full.scores["lpips"] > 0
    assert "lpips" in full.images
    figures = result.report["figures"]
    reason = "the model's losses have seen its network, lpips-alex"
    assert figures["model"]["lpips"]["why"] == reason
    assert figures["model"]["lpips"]["value"] is None
    assert figures["sketch"]["lpips"] == full.report["figures"]["sketch"]["lpips"]
    assert "lpips" not in result.images
    assert result.scores == {k: v for k, v in full.scores.items() if k != "lpips"}
    other = _evaluate(data, variant_data, outputs, loss_networks=("lpips-vgg",))
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
        result = _evaluate(data, variant_data, outputs)
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
        _evaluate(data, variant_data, small)
    with pytest.raises(UserError, match="no image '030'"):
        _evaluate(data, variant_data, make_table("few", faces[:30]))


def test_sketches_are_scored_in_the_other_direction(
    data: Path, variant_data: VariantData, make_table: MakeTable, faces: Pixels
) -> None:
    """Grey or coloured sketches against the true ones; the photo itself is a baseline."""
    grey = faces.mean(axis=3, keepdims=True).astype(np.uint8)
    plain = _evaluate(data, variant_data, make_table("grey", grey), direction="b-to-a")
    wide = make_table("wide", np.repeat(grey, 3, axis=3))
    coloured = _evaluate(data, variant_data, wide, direction="b-to-a")
    assert plain.scores == coloured.scores
    assert plain.scores["pixel_difference"] == 0
    figures = plain.report["figures"]
    assert list(figures) == ["model", "photo", "mean-sketch", "nearest-sketch", "real"]
    assert figures["photo"]["pixel_difference"]["value"] > 0.02
    with pytest.raises(UserError, match="the real images are"):  # a photo is not answered in grey
        _evaluate(data, variant_data, make_table("again", grey))


def test_samples_are_scored_as_a_set(
    data: Path, variant_data: VariantData, make_table: MakeTable, faces: Pixels
) -> None:
    """No score of pairs, no baseline but the input; the order matters to drawings alone."""
    result = _evaluate(data, variant_data, make_table("outputs", faces), kind="samples")
    assert {"fid", "kid", "diversity", "faces_found", "sharpness"} <= set(result.scores)
    assert not {"ssim", "landmark_error", "edge_consistency"} & set(result.scores)
    assert result.scores["diversity"] == pytest.approx(1)
    assert list(result.report["figures"]) == ["model", "sketch", "real"]
    of_drawings = ["drawing_error", "smiles_kept"]
    assert list(result.images) == ["id", "faces_found", *of_drawings, "sharpness"]
    turned = np.concatenate([faces[:30], faces[:29:-1]])
    other = _evaluate(data, variant_data, make_table("turned", turned), kind="samples")
    assert other.scores.pop("drawing_error") > result.scores.pop("drawing_error")
    assert other.scores == pytest.approx(result.scores, abs=1e-9)


def test_samples_are_compared_with_their_own_drawings(
    data: Path, variant_data: VariantData, make_table: MakeTable, faces: Pixels
) -> None:
    """The sketch itself has no error, the floor no value; photos without faces have no score."""
    brighter = np.asarray(faces // 2 + 120).astype(np.uint8)
    bright = make_table("outputs", brighter)
    figures = _evaluate(data, variant_data, bright, kind="samples").report["figures"]
    drawings = faces[30:].mean(axis=3, keepdims=True).astype(np.uint8)
    ours, theirs = (BrightFaces()(each) for each in (brighter[30:], drawings))
    with_faces = ~np.isnan(theirs[:, 0])
    assert figures["model"]["drawing_error"]["n"] == with_faces.sum() > 0
    shift = (np.abs(ours - theirs)[with_faces, 0] * np.sqrt(2)).mean()  # right and down alike
    eyes = np.linalg.norm(ours[0, [66, 67]] - ours[0, [526, 527]])
    assert figures["model"]["drawing_error"]["value"] == pytest.approx(shift / eyes, rel=1e-5)
    assert figures["sketch"]["drawing_error"]["value"] == 0
    assert figures["real"]["drawing_error"]["value"] is None
    make_table("data/faces/removed", faces // 3)
    make_table("data/faces/removed-pencil", faces[..., :1])
    unlit = VariantData(role="faces", background="removed", condition="pencil")
    assert "drawing_error" not in _evaluate(data, unlit, bright, kind="samples").scores


def test_edge_consistency_redraws_the_outputs(
    data: Path, make_table: MakeTable, faces: Pixels
) -> None:
    """Against the drawing that was given; a costly condition is not worth it for baselines."""
    pencil = Pencil(type="pencil", blur=9)
    make_table("data/faces/kept-drawn", np.stack([pencil.apply(face) for face in faces]))
    redrawn_data = VariantData(role="faces", background="kept", condition="drawn")
    redraw = ConditionRedraw(pencil, data)
    result = _evaluate(data, redrawn_data, make_table("outputs", faces), redraw)
    figures = result.report["figures"]
    values = {name: row["edge_consistency"]["value"] for name, row in figures.items()}
    assert values["model"] == pytest.approx(1)
    assert values["nearest-face"] < 0.9
    assert values["real"] is None
    redraw.costly = True
    others = _evaluate(data, redrawn_data, make_table("same", faces), redraw).report["figures"]
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
    result = _evaluate(data, variant_data, make_table("outputs", dark))
    figures = result.report["figures"]["model"]
    least = (faces[34:].mean(axis=(1, 2, 3)) > 100).sum()
    assert figures["faces_found"]["value"] == pytest.approx(least / 10)
    assert figures["landmark_error"]["n"] == least
    assert result.images["landmark_error"].isna().sum() == 10 - least
    assert result.report["scores"]["faces_found"]["network"] == "of no network"
    make_table("data/faces/removed", faces // 3)
    make_table("data/faces/removed-pencil", faces[..., :1])
    unlit = VariantData(role="faces", background="removed", condition="pencil")
    nobody = _evaluate(data, unlit, make_table("bright", faces))
    assert nobody.report["figures"]["model"]["faces_found"]["value"] is None
    assert "faces_found" not in nobody.scores
    assert "faces_found" not in nobody.images


def test_outputs_of_noise_are_compared_with_training_images(
    data: Path, make_table: MakeTable, faces: Pixels
) -> None:
    """Copies of training images are listed; the floor consists of training images."""
    noise = np.random.default_rng(1).integers(0, 256, (40, 1, 1, 8)).astype(np.uint8)
    make_table("data/faces/kept-noise", noise)
    redrawn_data = VariantData(role="faces", background="kept", condition="noise")
    outputs = np.concatenate([faces[10:], faces[:10]])
    result = _evaluate(data, redrawn_data, make_table("outputs", outputs), kind="samples")
    assert result.scores["memorisation"] == 0
    assert result.report["nearest"] == [(name, f"{row:03d}", 0) for row, name in enumerate(TEST)]
    assert result.report["figures"]["real"]["memorisation"]["value"] is None
    new = _evaluate(data, redrawn_data, make_table("new", faces), kind="samples")
    assert new.scores["memorisation"] == pytest.approx(1)


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
