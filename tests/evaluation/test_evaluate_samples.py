"""Evaluation of outputs that have no targets: they are scored as a set."""

from pathlib import Path

import numpy as np
import pytest
from fixtures import MakeTable
from tiny_evaluation import TEST, BrightFaces, evaluate

from s2f_core.common.images import Pixels
from s2f_core.data.selection import VariantData


def test_samples_are_scored_as_a_set(
    data: Path, variant_data: VariantData, make_table: MakeTable, faces: Pixels
) -> None:
    """No score of pairs, no baseline but the input; the order matters to drawings alone."""
    result = evaluate(data, variant_data, make_table("outputs", faces), kind="samples")
    assert {"fid", "kid", "diversity", "faces_found", "sharpness"} <= set(result.scores)
    assert not {"ssim", "landmark_error", "edge_consistency"} & set(result.scores)
    assert result.scores["diversity"] == pytest.approx(1)
    assert list(result.report["figures"]) == ["model", "sketch", "real"]
    of_drawings = ["drawing_error", "smiles_kept"]
    assert list(result.images) == ["id", "faces_found", *of_drawings, "sharpness"]
    turned = np.concatenate([faces[:30], faces[:29:-1]])
    other = evaluate(data, variant_data, make_table("turned", turned), kind="samples")
    assert other.scores.pop("drawing_error") > result.scores.pop("drawing_error")
    assert other.scores == pytest.approx(result.scores, abs=1e-9)


def test_samples_are_compared_with_their_own_drawings(
    data: Path, variant_data: VariantData, make_table: MakeTable, faces: Pixels
) -> None:
    """The sketch itself has no error, the floor no value; photos without faces have no score."""
    brighter = np.asarray(faces // 2 + 120).astype(np.uint8)
    bright = make_table("outputs", brighter)
    figures = evaluate(data, variant_data, bright, kind="samples").report["figures"]
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
    assert "drawing_error" not in evaluate(data, unlit, bright, kind="samples").scores


def test_outputs_of_noise_are_compared_with_training_images(
    data: Path, make_table: MakeTable, faces: Pixels
) -> None:
    """Copies of training images are listed; the floor consists of training images."""
    noise = np.random.default_rng(1).integers(0, 256, (40, 1, 1, 8)).astype(np.uint8)
    make_table("data/faces/kept-noise", noise)
    redrawn_data = VariantData(role="faces", background="kept", condition="noise")
    outputs = np.concatenate([faces[10:], faces[:10]])
    result = evaluate(data, redrawn_data, make_table("outputs", outputs), kind="samples")
    assert result.scores["memorisation"] == 0
    assert result.report["nearest"] == [(name, f"{row:03d}", 0) for row, name in enumerate(TEST)]
    assert result.report["figures"]["real"]["memorisation"]["value"] is None
    new = evaluate(data, redrawn_data, make_table("new", faces), kind="samples")
    assert new.scores["memorisation"] == pytest.approx(1)
