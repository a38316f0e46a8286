"""Two unpaired domains: batches, settings that need pairs, training, outputs, scores."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from fixtures import MakeTable, SilentRun, modify

from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels
from s2f_core.data.batches import Batches
from s2f_core.data.pairs import Pairs
from s2f_core.data.selection import Direction, Translation, VariantData
from s2f_core.evaluation.evaluate import EvaluationResult, Subject, evaluate_outputs
from s2f_core.evaluation.translate import translate_split
from s2f_core.networks.checkpoint import save_model
from s2f_core.training.loop import Training, train
from s2f_core.training.model_card import describe
from s2f_core.training.pictures import progress_mosaic, sample_sheet
from s2f_core.training.run import prepare, summary
from s2f_core.training.variant import Settings

UNPAIRED = VariantData(role="faces", background="kept", condition="given")
CYCLEGAN: dict[str, Any] = {
    "data": UNPAIRED.model_dump(),
    "objective": {"type": "cyclegan"},
    "recipe": {"best": "last"},
}


def _sums(images: torch.Tensor) -> list[float]:
    return [round(float(total), 4) for total in images.flatten(1).sum(dim=1)]


def test_domains_keep_their_own_lengths(unpaired_splits: dict[str, Pairs]) -> None:
    """Eighteen and thirty; the longer is an epoch."""
    pairs = unpaired_splits["train"]
    assert not pairs.paired
    assert (len(pairs.ids), len(pairs.ids_b), len(pairs)) == (18, 30, 30)
    swapped = pairs.swap_domains()
    assert (swapped.ids, swapped.ids_b) == (pairs.ids_b, pairs.ids)
    assert torch.equal(swapped.a(range(4)), pairs.b(range(4)))
    assert swapped.fingerprint() != pairs.fingerprint()
    assert len(pairs.subset(range(20)).ids) == 18
    with pytest.raises(UserError, match="drawings has none of 1 ids"):
        Pairs(pairs.inputs, pairs.targets, ["003"])


def test_tables_that_share_some_ids_are_pairs_of_those(
    make_table: MakeTable, faces: Pixels
) -> None:
    """Four of ten; the rest of either table is left out."""
    names = [f"{row:03d}" for row in range(4)] + [f"other-{row}" for row in range(6)]
    inputs, targets = make_table("inputs", faces[:10], id=names), make_table("targets", faces)
    pairs = Pairs(inputs, targets, [*names, *(f"{row:03d}" for row in range(4, 40))])
    assert pairs.paired
    assert pairs.ids == pairs.ids_b == names[:4]


def test_each_domain_is_visited_over_and_over(unpaired_splits: dict[str, Pairs]) -> None:
    """Thirty batches of three: five rounds of A, three of B, in new orders and new company."""
    pairs = unpaired_splits["train"]
    batches = Batches(pairs, 3, seed=0, jitter=1, flip=False, paired=False)
    loaded = [batches[step] for step in range(30)]
    a, b = (_sums(torch.cat(images)) for images in zip(*((x.a, x.b) for x in loaded), strict=True))
    assert set(Counter(a).values()) == {5}
    assert set(Counter(b).values()) == {3}
    assert sorted(a[:18]) == sorted(a[18:36])
    assert a[:18] != a[18:36]
    company = {one: {b[at] for at in range(90) if a[at] == one} for one in a}
    assert min(map(len, company.values())) > 1
    batch = Batches(pairs, 3, seed=0, jitter=1, flip=False, paired=False)[17]
    assert torch.equal(batch.a, loaded[17].a)
    assert torch.equal(batch.b, loaded[17].b)


def test_settings_that_need_pairs_are_refused_before_training(
    settings: Settings, unpaired_splits: dict[str, Pairs], tmp_path: Path
) -> None:
    """Pix2pix, a best checkpoint by a score of pairs, and a schedule that follows one."""
    pix2pix = modify(settings, {"recipe": {"best": "last"}})
    with pytest.raises(UserError, match=r"share no id.*pix2pix learns from.*not \(cyclegan\)"):
        prepare(pix2pix, unpaired_splits, tmp_path)
    for recipe in ({"best": "ssim"}, {"best": "last", "schedule": {"type": "plateau"}}):
        changed = modify(settings, {**CYCLEGAN, "recipe": recipe})
        with pytest.raises(UserError, match="cyclegan has no pairs to score: set recipe"):
            prepare(changed, unpaired_splits, tmp_path)


@pytest.fixture
def training(
    settings: Settings, unpaired_splits: dict[str, Pairs], tmp_path: Path
) -> tuple[Settings, Training]:
    """A CycleGAN after three steps and as many validations."""
    changed = modify(settings, CYCLEGAN, max_steps=3)
    training = prepare(changed, unpaired_splits, tmp_path)
    train(training, SilentRun())  # type: ignore[arg-type]
    return changed, training


def test_a_validation_has_no_score_of_pairs(training: tuple[Settings, Training]) -> None:
    """Only how varied the outputs are; the pictures show no photo as the answer."""
    settings, trained = training
    validation = trained.validation
    assert [set(row) for row in validation.rows] == [{"step", "variety"}] * 3
    assert validation.best_step == 3
    progress = progress_mosaic(validation.pairs, validation.frames)
    assert progress.shape == (6 * 66 - 2, 4 * 66 - 2, 3)  # input, three outputs
    there_and_back = sample_sheet(validation.pairs, trained.objective.generators)
    assert there_and_back.shape == (3 * 66 - 2, 16 * 66 - 2, 3)  # 6 pairs, then 10
    result = summary(settings, trained.result())
    assert (result["training_inputs"], result["training_images"]) == (18, 30)
    assert not result["paired"]
    assert result["epochs"] == pytest.approx(3 * 4 / 30)


@pytest.fixture
def data(tmp_path: Path, make_table: MakeTable, faces: Pixels) -> Path:
    """A role whose drawings are not of its photos: 16 and 24 to learn from, 8 and 16 to test."""
    grey = faces[:24].mean(axis=3, keepdims=True).astype(np.uint8)
    drawings = [f"drawing-{row}" for row in range(24)]
    kinds = ["cat", "dog"] * 12
    make_table("data/faces/kept", faces)
    make_table("data/faces/kept-given", grey, id=drawings, source=kinds, **{"class": kinds})
    ids = [f"{row:03d}" for row in range(40)] + drawings
    parts = ["train"] * 24 + ["test"] * 16 + ["train"] * 16 + ["test"] * 8
    pd.DataFrame({"id": ids, "split": parts}).to_parquet(tmp_path / "data/faces/split.parquet")
    return tmp_path / "data"


def test_outputs_are_the_inputs_rows(
    training: tuple[Settings, Training], data: Path, tmp_path: Path
) -> None:
    """Eight photos of drawings, with their ids and classes; sixteen drawings the other way."""
    settings, trained = training
    expected: dict[Direction, list[str]] = {
        "a-to-b": [f"drawing-{row}" for row in range(16, 24)],
        "b-to-a": [f"{row:03d}" for row in range(24, 40)],
    }
    for way, ids in expected.items():
        description = describe(settings, trained.result(), way, tmp_path)
        model = tmp_path / f"{way}.pt"
        save_model(model, description, trained.validation.best[way])
        translation = Translation(variant="tiny", data=UNPAIRED, direction=way, scores="samples")
        table = translate_split(model, translation, data, tmp_path / way)
        assert table.accepted["id"].tolist() == ids
        assert table.shape == (32, 32, 3)
        if way == "a-to-b":
            assert table.accepted["class"].tolist() == ["cat", "dog"] * 4
        by_pairs = translation.model_copy(update={"scores": "pairs"})
        with pytest.raises(UserError, match="are not paired; set scores to samples"):
            translate_split(model, by_pairs, data, tmp_path / "none")


def _evaluate(data: Path, outputs: Any, direction: Direction = "a-to-b") -> EvaluationResult:
    class Means:
        """Stands for Inception: the mean colour of each quarter."""

        network = resize = "none"
        loss_network = ""

        def __call__(self, images: Pixels) -> Any:
            quarters = images.reshape(len(images), 2, 16, 2, 16, 3).mean(axis=(2, 4))
            return quarters.reshape(len(images), -1) / 255.0

    subject = Subject(
        name="tiny",
        variant="tiny",
        upscaler="none",
        role="faces",
        background="kept",
        condition="given",
        direction=direction,
        kind="samples",
    )
    train_on = UNPAIRED.pairs(data, "train", direction=direction)
    test_on = UNPAIRED.pairs(data, "test", direction=direction)
    return evaluate_outputs(
        subject, outputs, train_on, test_on, {"inception": Means(), "classes": Means()}
    )


def test_sets_of_two_sizes_are_scored_in_both_directions(
    data: Path, make_table: MakeTable, faces: Pixels
) -> None:
    """The floor is as many real ones as there are outputs; the input itself is the baseline."""
    names = [f"drawing-{row}" for row in range(24)]
    forward = _evaluate(data, make_table("outputs", faces[16:40], id=names)).report
    assert (forward["images"], forward["targets"], forward["drawn"]) == (8, 16, True)
    assert set(forward["figures"]) == {"model", "sketch", "real"}
    assert forward["figures"]["real"]["fid"]["n"] == 8
    kids = {name: scores["kid"]["value"] for name, scores in forward["figures"].items()}
    assert kids["model"] < kids["sketch"]
    assert forward["shown"] == [f"{row:03d}" for row in range(24, 40)]
    grey = np.repeat(faces.mean(axis=3, keepdims=True).astype(np.uint8), 3, axis=3)
    backward = _evaluate(data, make_table("back", grey), "b-to-a").report
    assert (backward["images"], backward["targets"]) == (16, 8)
    assert set(backward["figures"]) == {"model", "photo", "real"}
    assert backward["figures"]["real"]["fid"]["n"] == 16


def test_unpaired_outputs_have_no_pair_scores(
    data: Path, make_table: MakeTable, faces: Pixels
) -> None:
    """Of any model."""
    names = [f"drawing-{row}" for row in range(24)]
    outputs = make_table("outputs", faces[:24], id=names)
    test = UNPAIRED.pairs(data, "test")
    subject = Subject.model_validate(
        {"name": "tiny", "variant": "v", "upscaler": "none", "kind": "pairs"}
        | {"role": "faces", "background": "kept", "condition": "given", "direction": "a-to-b"}
    )
    with pytest.raises(UserError, match=r"translations\.v\.tiny: the images are not paired"):
        evaluate_outputs(subject, outputs, test, test, None)  # type: ignore[arg-type]


def test_a_domain_without_classes_is_taken_whole(data: Path) -> None:
    """Of the drawings the cats, of the photos all."""
    cats = UNPAIRED.model_copy(update={"classes": ("cat",)}).pairs(data, "train")
    assert cats.ids == [f"drawing-{row}" for row in range(0, 16, 2)]
    assert len(cats.ids_b) == 24
