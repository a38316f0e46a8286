"""Verdicts on a paper's claims, on scores by image with a known answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from docs.generate import sweeps
from s2f_core.common import study_variants
from s2f_core.common.config import load
from s2f_core.common.errors import UserError
from s2f_core.data.selection import (
    TranslatedVariant,
    TranslationOptions,
    resolve_translations,
)
from s2f_core.report.site.records import (
    EstimateRecord,
    EvaluationRecord,
    ScoreRecord,
    TrainingRecord,
)
from s2f_core.report.site.sources import Sources, TranslationResult, VariantResult
from s2f_core.report.site.studies import Claim, Study, check_references
from s2f_core.report.site.verdicts import Verdict, caution, judge_claims

ROOT = Path(__file__).parents[3]
IDS = [f"face-{n:02d}" for n in range(30)]
SHIFTS = {"good": 0.0, "level": 0.0, "bad": -0.2, "worst": -0.4}
NOTHING: Any = None  # fields that no verdict reads


def translated(name: str, shift: float, **changes: Any) -> TranslationResult:
    """A translation whose SSIM and KID are this far above a half, up to noise."""
    noise = np.random.default_rng(sum(map(ord, name))).normal(0, 0.01, len(IDS))
    by_image = pd.DataFrame({"ssim": 0.5 + shift + noise}, index=pd.Index(IDS, name="id"))
    mean = float(by_image["ssim"].mean())
    evaluation = EvaluationRecord(
        name=name,
        variant=name,
        upscaler="none",
        role="faces",
        background=changes.get("background", "kept"),
        condition="pencil",
        image_size=64,
        images=len(IDS),
        figures={
            "model": {
                "ssim": EstimateRecord(value=mean, low=mean - 0.3, high=mean + 0.3, n=len(IDS)),
                "kid": EstimateRecord(value=mean, low=mean - 0.01, high=mean + 0.01, n=len(IDS)),
            }
        },
        scores={
            "ssim": ScoreRecord(title="SSIM", higher_is_better=True),
            "kid": ScoreRecord(title="KID", higher_is_better=False),
        },
    )
    folder = Path("nowhere")
    return TranslationResult(evaluation, by_image, NOTHING, NOTHING, None, folder)


def trained(name: str, steps: int) -> VariantResult:
    """A record of so many steps."""
    record = TrainingRecord(
        variant=name,
        settings={},
        size=32,
        steps=steps,
        epochs=1.0,
        training_images=100,
        seconds=1.0,
        images_per_second=1.0,
    )
    return VariantResult(record, pd.DataFrame(), pd.DataFrame(), Path(), "")


@pytest.fixture
def sources() -> Sources:
    """Four translations of the same faces, and one of faces without a background."""
    translations = {name: translated(name, shift) for name, shift in SHIFTS.items()}
    translations["other"] = translated("other", 0.3, background="removed")
    steps = {**dict.fromkeys(translations, 100), "worst": 50}
    return Sources(translations, {name: trained(name, steps[name]) for name in translations})


def judge(sources: Sources, **claim: Any) -> Verdict:
    """The verdict on one claim, by SSIM."""
    model = Claim(**{"claim": "It is so.", "score": "ssim", **claim})
    study = Study(title="t", citation="c", setting="s", rows=(), claims=(model,))
    (verdict,) = judge_claims(study, sources)
    return verdict


def test_a_claim_holds_if_the_difference_favours_it(sources: Sources) -> None:
    """The evidence has both figures, the interval of the difference and N."""
    verdict = judge(sources, better=["good"], than=["bad"])
    assert (verdict.holds, verdict.score) == ("yes", "SSIM")
    assert (verdict.better, verdict.worse) == (("good",), ("bad",))
    ours, theirs = (
        sources.translations[name].evaluation.estimate("ssim").value or 0
        for name in ("good", "bad")
    )
    assert f"good beats bad: SSIM {ours:.3f} against {theirs:.3f}" in verdict.evidence
    assert "a difference of +0.2" in verdict.evidence
    assert "N = 30" in verdict.evidence


def test_the_opposite_claim_does_not_hold(sources: Sources) -> None:
    """The opposite claim does not hold."""
    verdict = judge(sources, better=["bad"], than=["good"])
    assert verdict.holds == "no"
    assert verdict.evidence.startswith("bad loses to good: SSIM ")


def test_a_difference_of_noise_is_not_settled(sources: Sources) -> None:
    """A difference of noise is not settled."""
    verdict = judge(sources, better=["level"], than=["good"])
    assert verdict.holds == "not settled"
    assert "The difference between level and good is not settled" in verdict.evidence


@pytest.mark.parametrize(
    ("better", "than", "holds"),
    [
        (["good"], ["bad", "worst"], "yes"),
        (["good", "level"], ["bad"], "yes"),
        (["good", "bad"], ["bad", "worst"], "yes"),
        (["good"], ["level", "worst"], "not settled"),
        (["bad"], ["worst", "good"], "no"),
    ],
)
def test_a_claim_of_several_comparisons_needs_all(
    sources: Sources, better: list[str], than: list[str], holds: str
) -> None:
    """One against each, each against one, or in pairs; one refutes it."""
    assert judge(sources, better=better, than=than).holds == holds


def test_translations_of_other_images_are_not_compared(sources: Sources) -> None:
    """The evidence has the reason; a claim without translations has its command."""
    verdict = judge(sources, better=["other"], than=["good"], setting="White is easier.")
    assert verdict.holds == "not tested here"
    assert "other and good are compared with different images (faces/removed" in verdict.evidence
    assert verdict.evidence.endswith("White is easier.")
    verdict = judge(sources, command="dvc exp run")
    assert (verdict.holds, verdict.command, verdict.score) == ("not tested here", "dvc exp run", "")
    assert verdict.evidence == "No translation of the default pipeline tests this."


def test_a_claim_about_a_translation_that_can_be_added_is_not_tested(sources: Sources) -> None:
    """The evidence names it, and a command adds it; the other comparisons are shown."""
    addable = {"new": "newest", "newer": "newest", "own": "owner"}
    sources = Sources(sources.translations, sources.variants, addable)
    verdict = judge(sources, better=["new"], than=["good"], command="dvc exp run evaluate@newest")
    assert (verdict.holds, verdict.compared) == ("not tested here", 0)
    assert verdict.evidence == "Not trained here: new."
    assert verdict.add == "s2f add newest && dvc repro"
    assert verdict.command == "s2f add newest && dvc exp run evaluate@newest"
    verdict = judge(sources, better=["good"], than=["bad", "new", "newer", "own"])
    assert (verdict.holds, verdict.compared) == ("not tested here", 1)
    assert verdict.evidence.startswith("good beats bad: SSIM ")
    assert verdict.evidence.endswith("Not trained here: new, newer and own.")
    assert verdict.add == "s2f add newest owner && dvc repro"


def test_a_comparison_that_refutes_a_claim_needs_no_other(sources: Sources) -> None:
    """One of the four is enough, whatever the missing one would be."""
    sources = Sources(sources.translations, sources.variants, {"new": "newest"})
    verdict = judge(sources, better=["bad"], than=["new", "good"])
    assert (verdict.holds, verdict.compared) == ("no", 1)
    assert verdict.add == "s2f add newest && dvc repro"


def test_a_claim_is_judged_once_its_translation_is_there(sources: Sources) -> None:
    """Nothing else changes; its commands need no addition any more."""
    sources = Sources(sources.translations, sources.variants, {"bad": "bad"})
    verdict = judge(sources, better=["good"], than=["bad"], command="dvc exp run evaluate@bad")
    assert (verdict.holds, verdict.add) == ("yes", "")
    assert verdict.command == "dvc exp run evaluate@bad"


def test_the_evidence_mentions_unequal_training(sources: Sources) -> None:
    """The evidence mentions unequal training."""
    evidence = judge(sources, better=["good"], than=["worst"]).evidence
    assert "Training differs: good at 32×32 pixels for 100 steps and worst at" in evidence
    assert "Training differs" not in judge(sources, better=["good"], than=["bad"]).evidence


def test_without_scores_by_image_the_intervals_decide(sources: Sources) -> None:
    """KID needs features of Inception, which are missing here; the evidence says so."""
    verdict = judge(sources, score="kid", better=["bad"], than=["good"])
    assert verdict.holds == "yes"
    assert verdict.evidence.endswith(", by their intervals alone.")


def test_an_unknown_score_is_an_error(sources: Sources) -> None:
    """It names the claim, the score and the known ones."""
    with pytest.raises(UserError, match=r"'It is so.' is by 'kdi'.*known: ssim, kid"):
        judge(sources, score="kdi", better=["good"], than=["bad"])


def test_caution_counts_the_comparisons(sources: Sources) -> None:
    """Only those that could be made."""
    verdicts = [
        judge(sources, better=["good"], than=["bad", "worst"]),
        judge(sources, better=["good"], than=["level"]),
        judge(sources, better=["other"], than=["good"]),
    ]
    assert caution(verdicts).startswith("3 comparisons on the same images, each at 95 %")
    assert not caution(verdicts[2:])


def test_a_claim_needs_two_fitting_sides_or_a_command() -> None:
    """A claim needs two fitting sides or a command."""
    assert Claim(claim="c", better=("a",), than=("b", "c")).pairs == [("a", "b"), ("a", "c")]
    with pytest.raises(ValidationError, match="2 under 'better' and 3 under 'than'"):
        Claim(claim="c", better=("a", "b"), than=("c", "d", "e"))
    with pytest.raises(ValidationError, match="1 under 'better' and 0 under 'than'"):
        Claim(claim="c", better=("a",))
    with pytest.raises(ValidationError, match="or give a command"):
        Claim(claim="c")


def test_a_claim_of_an_unknown_translation_is_an_error() -> None:
    """It lists the known ones."""
    claim = Claim(claim="It is so.", better=("good",), than=("typo",))
    study = Study(title="t", citation="c", setting="s", rows=(), claims=(claim,))
    with pytest.raises(UserError, match=r"studies.P1: claim 'It is so.' points to 'typo'.*good"):
        check_references({"P1": study}, ["good"])


def test_the_claims_of_the_five_studies_are_valid() -> None:
    """Their translations exist, and docs/studies.md has their commands."""
    studies = load(dict[str, Study], "studies", file=ROOT / "studies.yaml")
    variants = load(dict[str, TranslatedVariant], "variants", file=ROOT / "params.yaml")
    sections = load(
        dict[str, dict[str, TranslationOptions]], "translations", file=ROOT / "params.yaml"
    )
    translations = resolve_translations(variants, sections, "people")
    addable = study_variants.translation_owners(study_variants.read(ROOT))
    check_references(studies, {**translations, **addable})
    page = sweeps.page()
    commands = [claim.command for study in studies.values() for claim in study.claims]
    assert [command for command in commands if command not in page] == []
