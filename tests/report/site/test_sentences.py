"""The report's sentences, on numbers with a known answer."""

from __future__ import annotations

from typing import Any

import pytest
from interval_comparisons import compare_by_intervals

from s2f_core.report.site.differences import difference_sentences
from s2f_core.report.site.leaderboard_view import left_out_note
from s2f_core.report.site.ranking import ranking_sentence
from s2f_core.report.site.records import (
    EstimateRecord,
    EvaluationRecord,
    ScoreRecord,
    TrainingRecord,
)
from s2f_core.report.site.sentences import (
    baseline_sentences,
    board_summary,
    fid_bias_warning,
    format_interval,
    format_number,
    join_words,
    why_missing,
)
from s2f_core.report.site.studies import Paper, Study, StudyRow
from s2f_core.report.site.training_charts import discriminator_sentences

FID = ScoreRecord(title="FID", higher_is_better=False, describe="A distance.")
KID = ScoreRecord(title="KID", higher_is_better=False)
SSIM = ScoreRecord(title="SSIM", higher_is_better=True)
PIXEL = ScoreRecord(
    title="Pixel difference", higher_is_better=False, describe="Mean |a - b| in [0, 1]."
)


def evaluation(name: str, fid: float, spread: float = 1.0, images: int = 98) -> EvaluationRecord:
    """An evaluation with one FID and a KID that ranks the other way round."""
    estimate = EstimateRecord(value=fid, low=fid - spread, high=fid + spread, n=images)
    return EvaluationRecord(
        name=name,
        variant=name,
        upscaler="none",
        role="faces",
        background="kept",
        condition="pencil",
        image_size=128,
        images=images,
        figures={"model": {"fid": estimate, "kid": EstimateRecord(value=1 / fid)}},
        scores={"fid": FID, "kid": KID, "ssim": SSIM, "pixel_difference": PIXEL},
    )


def training(variant: str, settings: dict[str, Any] | None = None) -> TrainingRecord:
    """The record of seven epochs."""
    return TrainingRecord(
        variant=variant,
        settings=settings or {},
        steps=700,
        epochs=7.0,
        training_images=800,
        seconds=1.0,
        images_per_second=1.0,
        precision="bf16-mixed",
        device="cpu",
    )


def table(pix2pix: str | None = "a", cyclegan: str | None = "b", best: str | None = "c") -> Study:
    """Three published rows of which the last has the lowest FID."""
    rows = (
        StudyRow(name="Pix2Pix", published={"fid": 142.44, "pixel_difference": 0.9}, ours=pix2pix),
        StudyRow(name="CycleGAN", published={"fid": 143.18}, ours=cyclegan),
        StudyRow(name="ResNet + SR", published={"fid": 139.07}, ours=best),
    )
    return Study(title="t", citation="c", setting="CelebA, TensorFlow", rows=rows)


def ours(a: float, b: float, c: float, spread: float = 1.0) -> dict[str, EvaluationRecord]:
    """Evaluations for the three rows."""
    return {name: evaluation(name, fid, spread) for name, fid in (("a", a), ("b", b), ("c", c))}


def ranked(study: Study, score: str, evaluations: dict[str, EvaluationRecord]) -> str:
    """The sentence, by the figures and their intervals alone."""
    return ranking_sentence(study, score, evaluations, compare_by_intervals(evaluations.values()))


def test_ranking_holds() -> None:
    """The paper's best is the best here, and the whole order is the same."""
    text = ranked(table(), "fid", ours(110, 120, 100))
    assert "the paper's best is ResNet + SR (139.07). That holds here" in text
    assert "at 100.0 before Pix2Pix at 110.0" in text
    assert "The whole order is the same: ResNet + SR, Pix2Pix and CycleGAN." in text


def test_ranking_does_not_hold() -> None:
    """Another row is the best here; the sentence gives the place of the paper's best."""
    text = ranked(table(), "fid", ours(100, 120, 110))
    assert "That does not hold here" in text
    assert "the best is Pix2Pix at 100.0, and ResNet + SR comes second at 110.0" in text
    assert "here it is Pix2Pix, ResNet + SR and CycleGAN." in text


def test_ranking_is_not_settled_if_intervals_overlap() -> None:
    """Ranking is not settled if intervals overlap."""
    level = "it is at {}, and no difference from Pix2Pix ({}) is settled."
    text = ranked(table(), "fid", ours(104, 120, 100, spread=3))
    assert "That is not settled here" in text
    assert level.format("100.0", "104.0") in text
    assert level.format("104.0", "100.0") in ranked(table(), "fid", ours(100, 120, 104, spread=3))


def test_ranking_cannot_be_checked_without_the_best_row_or_the_others() -> None:
    """Ranking cannot be checked without the best row or the others."""
    text = ranked(table(best=None), "fid", ours(1, 2, 3))
    assert "was not trained here, so this cannot be checked" in text
    text = ranked(table(pix2pix=None, cyclegan=None), "fid", ours(1, 2, 3))
    assert "No other row was trained here" in text


def test_ranking_of_an_unknown_score_is_empty() -> None:
    """So is one of a single published number."""
    assert not ranked(table(), "pixel_difference", ours(1, 2, 3))
    assert not ranked(table(), "inception", ours(1, 2, 3))


def test_differences_come_from_the_training_record() -> None:
    """The paper's value is given where it differs."""
    record = training("a", settings={"lr": 0.001, "variant": {"recipe": {"batch": 4}}})
    study = table(cyclegan=None, best=None)
    row = study.rows[0].model_copy(update={"paper": Paper(epochs=100, batch=4)})
    study = study.model_copy(
        update={"rows": (row, *study.rows[1:]), "paper": Paper(size=256, epochs=7, lr=2e-4)}
    )
    text = difference_sentences(study, ours(1, 2, 3), {"a": record})
    assert text[:2] == [
        "Published with: CelebA, TensorFlow.",
        "Ours: PyTorch on cpu (bf16-mixed), scored on 98 test images.",
    ]
    assert text[2] == (
        "Pix2Pix: 800 training images, 128×128 pixels (paper: 256×256), 700 steps, 7 epochs "
        "(paper: 100), a batch size of 4, a learning rate of 0.001 (paper: 0.0002), "
        "0.001 for the discriminator."
    )
    words = " ".join(text[3:])
    assert "Not trained here: CycleGAN and ResNet + SR." in words
    assert "An FID at N = 98 is not comparable with the paper's absolute values" in words
    assert "does not state how it computes its pixel difference (0.90)" in words
    assert "Mean |a - b| in [0, 1]." in words


def test_the_width_is_the_variants_own() -> None:
    """The top-level width times its ratio."""
    record = training("a", settings={"width": 16, "variant": {"width_ratio": 2.0}})
    study = table(cyclegan=None, best=None).model_copy(update={"paper": Paper(width=64)})
    text = difference_sentences(study, ours(1, 2, 3), {"a": record})
    assert "32 channels in the first layer (paper: 64)" in text[2]


def test_rows_of_equal_training_share_a_sentence() -> None:
    """Unless they were upscaled in different ways."""
    evaluations = ours(1, 2, 3)
    evaluations["b"] = evaluations["b"].model_copy(update={"variant": "a", "upscaler": "edsr"})
    evaluations["c"] = evaluations["c"].model_copy(update={"variant": "a"})
    text = difference_sentences(table(), evaluations, {"a": training("a")})
    assert text[2].startswith("Pix2Pix · ResNet + SR: 800 training images")
    assert text[3].startswith("CycleGAN: 800 training images")
    assert text[3].endswith(", upscaled by edsr.")


def test_baselines_are_beaten_not_beaten_or_not_settled() -> None:
    """Translations of equal outcome share a sentence."""
    first = evaluation("a", 100, spread=2)
    rivals = {
        "sketch": {"kid": EstimateRecord(value=0.5, low=0.4, high=0.6)},
        "mean-face": {"kid": EstimateRecord(value=0.02, low=0.009, high=0.03)},
        "nearest-face": {"kid": EstimateRecord(value=0.001, low=0.0, high=0.002)},
    }
    model = {"kid": EstimateRecord(value=0.01, low=0.008, high=0.012)}
    item = first.model_copy(update={"figures": {"model": model, **rivals}})
    text = baseline_sentences([item, item.model_copy(update={"name": "b"})])
    assert text[0] == (
        "By KID, a and b beat the sketch itself, but not the nearest training photo; "
        "no difference from the mean training photo is settled."
    )
    assert text[1].startswith("The nearest training photo wins on KID (0.0010) because")


def test_nearest_face_is_not_explained_if_it_loses() -> None:
    """Nearest face is not explained if it loses."""
    model = {"kid": EstimateRecord(value=0.01, low=0.009, high=0.011)}
    nearest = {"kid": EstimateRecord(value=0.02, low=0.019, high=0.021)}
    item = evaluation("a", 100).model_copy(
        update={"figures": {"model": model, "nearest-face": nearest}}
    )
    assert baseline_sentences([item]) == ["By KID, a beats the nearest training photo."]


def test_without_an_interval_nothing_is_settled() -> None:
    """Three images have none: the figure has a dash with its reason, and beats no baseline."""
    mine = EstimateRecord(value=0.01, n=3)
    rival = EstimateRecord(value=0.02, n=3)
    item = evaluation("a", 100).model_copy(
        update={"figures": {"model": {"kid": mine}, "sketch": {"kid": rival}}}
    )
    assert baseline_sentences([item]) == [
        "By KID, no difference between a and the sketch itself is settled."
    ]
    assert (format_interval("kid", mine), format_interval("kid", EstimateRecord())) == ("–", "")
    assert why_missing(mine) == "no interval: too few images (3)"
    assert why_missing(EstimateRecord()).startswith("no value: not defined for these images")
    assert why_missing(EstimateRecord(value=1, low=0, high=2)) == ""
    assert why_missing(EstimateRecord(why="seen")) == "left out: seen"


def test_scores_that_were_left_out_are_named_with_their_reason() -> None:
    """Translations with one reason share a sentence; none without such a score."""
    items = [evaluation(name, 100) for name in ("one", "two", "three")]
    assert left_out_note(items) == ""
    for item in items[:2]:
        item.figures["model"]["kid"] = EstimateRecord(why="the loss saw it")
    assert left_out_note(items) == "KID of one and two is left out: the loss saw it."


def test_fid_is_called_biased_only_below_2048_images() -> None:
    """FID is called biased only below 2048 images."""
    assert "N is 98 here" in fid_bias_warning([evaluation("a", 1)])
    assert not fid_bias_warning([evaluation("a", 1, images=2048)])


@pytest.mark.parametrize(
    ("real", "fake", "expected"),
    [(0.9, 0.1, "had nearly won"), (0.7, 0.4, "told them apart"), (0.52, 0.5, "hardly")],
)
def test_discriminator_is_judged_by_its_mean_outputs(
    real: float, fake: float, expected: str
) -> None:
    """Discriminator is judged by its mean outputs."""
    (text,) = discriminator_sentences({"d_out_real": real, "d_out_fake": fake})
    assert expected in text


def test_each_discriminator_is_judged_by_itself() -> None:
    """CycleGAN has two; outputs far from 0 and 1 are not judged."""
    ends = {
        "d_out_real": 0.9,
        "d_out_fake": 0.1,
        "d_out_real_back": 0.5,
        "d_out_fake_back": 0.5,
    }
    first, second = discriminator_sentences(ends)
    assert "discriminator gave real examples 0.90" in first
    assert "discriminator of B to A" in second
    assert not discriminator_sentences({"d_out_real": 7.0, "d_out_fake": -3.0, "d_real": 1.0})


def test_the_summary_names_a_best_only_if_it_is_settled() -> None:
    """The summary names a best only if it is settled."""
    apart, close = ours(100, 120, 110, spread=3), ours(100, 120, 104, spread=3)
    for those in (apart, close):
        for name, item in those.items():
            kid = {"kid": item.estimate("fid"), "pixel_difference": EstimateRecord()}
            those[name] = item.model_copy(update={"figures": {"model": kid}})
    assert "The best by KID (100.0000, 95 % interval 97.0000 – 103.0000) is a." in board_summary(
        list(apart.values()), compare_by_intervals(apart.values())
    )
    text = board_summary(list(close.values()), compare_by_intervals(close.values()))
    assert "The best" not in text
    assert "By KID a has the best figure (100.0000, 95 % interval 97.0000 – 103.0000)" in text
    assert "but it is not settled that it is better than c." in text


def test_lists_and_numbers_read_as_english() -> None:
    """A missing number is a dash, a negative one has a minus sign."""
    assert join_words(["a"]) == "a"
    assert join_words(["a", "b", "c"]) == "a, b and c"
    assert format_number("kid", None) == "–"
    assert format_number("kid", -0.00123) == "−0.0012"
    assert format_number("fid", 142.44) == "142.4"
