"""Verdicts on a study's claims, each by comparisons on the same held-out images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from s2f_core.common.errors import UserError
from s2f_core.common.study_variants import add_command, with_add
from s2f_core.metrics.paired_bootstrap import Comparisons, Outcome, why_incomparable
from s2f_core.report.site.records import EvaluationRecord, ScoreRecord
from s2f_core.report.site.sentences import (
    count_noun,
    difference_phrase,
    format_number,
    join_words,
    title_in_sentence,
)
from s2f_core.report.site.sources import Sources
from s2f_core.report.site.studies import Claim, Study

Holds = Literal["yes", "no", "not settled", "not tested here"]

OUTCOME_PHRASES: dict[Outcome, str] = {
    "better": "{one} beats {other}",
    "worse": "{one} loses to {other}",
    "not settled": "The difference between {one} and {other} is not settled",
}


@dataclass(frozen=True)
class Verdict:
    """Whether a claim of a paper holds here.

    ``evidence`` has sentences with the figures, the interval of the difference and N. ``score`` is
    the title of the deciding score. ``better`` and ``worse`` are the claim's two sides.
    ``compared`` counts the comparisons made. ``command`` asks the question with all else equal,
    ``add`` trains the translations that are missing; both are empty if there is none.
    """

    claim: str
    holds: Holds
    evidence: str
    score: str
    better: tuple[str, ...]
    worse: tuple[str, ...]
    compared: int
    command: str = ""
    add: str = ""


def judge_claims(study: Study, sources: Sources) -> list[Verdict]:
    """Judge each of a study's claims by our translations.

    A claim of several comparisons holds if all of them are settled in its favour, and does not hold
    if one is settled against it. It is not tested while a translation of it is missing, unless the
    others settle it. Raises UserError if none of a claim's translations has its score.
    """
    return [_judge(claim, sources) for claim in study.claims]


def caution(verdicts: list[Verdict]) -> str:
    """Say how far the verdicts can be trusted; empty if nothing was compared."""
    comparisons = sum(verdict.compared for verdict in verdicts)
    if not comparisons:
        return ""
    return (
        f"{count_noun(comparisons, 'comparison')} on the same images, each at 95 % and without "
        "correction for multiple comparisons: of twenty pairs that do not differ, about one is "
        "called settled. Each variant was trained once, so the intervals do not cover the choice "
        "of seed."
    )


def _judge(claim: Claim, sources: Sources) -> Verdict:
    evaluations = {item.name: item for item in sources.evaluations}
    names = dict.fromkeys((*claim.better, *claim.than))
    missing = [name for name in names if name not in evaluations]
    score = _claim_score(claim, [evaluations[name] for name in names if name not in missing])
    comparisons = sources.comparisons
    outcomes: list[Outcome] = []
    evidence = []
    for one, other in claim.pairs:
        if one in missing or other in missing:
            continue
        obstacle = why_incomparable(comparisons.scores[one], comparisons.scores[other])
        if obstacle:
            evidence.append(f"{obstacle}: their images cannot be paired.")
            continue
        outcome = comparisons.outcome(claim.score, one, other)
        outcomes.append(outcome)
        evidence.append(
            _comparison_sentence(
                claim.score, score, outcome, evaluations[one], evaluations[other], comparisons
            )
        )
    if not claim.pairs and not claim.setting:
        evidence.append("No translation of the default pipeline tests this.")
    evidence += _unequal_training(claim, sources) if outcomes else []
    if missing:
        evidence.append(f"Not trained here: {join_words(missing)}.")
    return Verdict(
        claim=claim.claim,
        holds=_holds(outcomes, missing),
        evidence=" ".join([*evidence, claim.setting]).strip(),
        score=score.title if score else "",
        better=claim.better,
        worse=claim.than,
        compared=len(outcomes),
        command=with_add(claim.command, set(sources.addable.values()) - sources.variants.keys()),
        add=add_command(sources.addable[name] for name in missing) if missing else "",
    )


def _claim_score(claim: Claim, evaluations: list[EvaluationRecord]) -> ScoreRecord | None:
    known = {key: score for item in evaluations for key, score in item.scores.items()}
    if evaluations and claim.score not in known:
        raise UserError(
            f"studies: claim {claim.claim!r} is by {claim.score!r}, which is measured of none of "
            f"its translations (known: {', '.join(known)})"
        )
    return known.get(claim.score)


def _holds(outcomes: list[Outcome], missing: list[str]) -> Holds:
    if "worse" in outcomes:
        return "no"
    if not outcomes or missing:
        return "not tested here"
    return "not settled" if "not settled" in outcomes else "yes"


def _comparison_sentence(
    key: str,
    score: ScoreRecord | None,
    outcome: Outcome,
    one: EvaluationRecord,
    other: EvaluationRecord,
    comparisons: Comparisons,
) -> str:
    values = [format_number(key, item.estimate(key).value) for item in (one, other)]
    phrase = OUTCOME_PHRASES[outcome].format(one=one.name, other=other.name)
    title = title_in_sentence(score.title) if score else key
    difference = comparisons.difference(key, one.name, other.name)
    basis = difference_phrase(key, difference) if difference else "by their intervals alone"
    return f"{phrase}: {title} {values[0]} against {values[1]}, {basis}."


def _unequal_training(claim: Claim, sources: Sources) -> list[str]:
    """Say at what size and for how long the translations were trained, if that differs."""
    groups: dict[str, list[str]] = {}
    for name in dict.fromkeys((*claim.better, *claim.than)):
        if name not in sources.translations:
            continue
        item = sources.translations[name].evaluation
        record = sources.variants[item.variant].training
        edge = record.size or item.image_size
        training = f"{edge}\N{MULTIPLICATION SIGN}{edge} pixels for {record.steps:,} steps"
        groups.setdefault(training, []).append(name)
    if len(groups) < 2:
        return []
    parts = join_words(f"{join_words(names)} at {training}" for training, names in groups.items())
    return [f"Training differs: {parts}."]
