"""Which of a study's claims hold here, each by a comparison on the same held-out images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from s2f_core.common.errors import UserError
from s2f_core.metrics.paired_bootstrap import Comparisons, Outcome, why_incomparable
from s2f_core.report.site.differences import differences
from s2f_core.report.site.ranking import order, ranking
from s2f_core.report.site.sentences import counted, difference, in_sentence, listing, number
from s2f_core.report.site.sources import Evaluation, Score, Sources
from s2f_core.report.site.studies import Claim, Study

__all__ = ["Verdict", "caution", "differences", "order", "ranking", "verdicts"]

Holds = Literal["yes", "no", "not settled", "not tested here"]

SAID: dict[Outcome, str] = {
    "better": "{one} beats {other}",
    "worse": "{one} loses to {other}",
    "not settled": "Between {one} and {other} nothing is settled",
}


@dataclass(frozen=True)
class Verdict:
    """Whether a claim of a paper holds here.

    ``evidence``: in sentences, with figures, the interval of the difference and N. ``score``: the
    title of that which decides. ``better``, ``than`` as in :class:`Claim`. ``command``: what asks
    the question with all else equal, or "".
    """

    claim: str
    holds: Holds
    evidence: str
    score: str
    better: tuple[str, ...]
    worse: tuple[str, ...]
    command: str = ""


def verdicts(study: Study, found: Sources) -> list[Verdict]:
    """What our translations say of each of a study's claims.

    A claim of several comparisons holds where all of them are settled its way, and does not where
    one is settled the other way. Raises UserError where a claim's score is measured of none of its
    translations.
    """
    return [_verdict(claim, found) for claim in study.claims]


def caution(found: list[Verdict]) -> str:
    """How far the verdicts can be trusted; empty where nothing was compared."""
    made = sum(
        max(len(one.better), len(one.worse)) for one in found if one.holds != "not tested here"
    )
    if not made:
        return ""
    return (
        f"{counted(made, 'comparison')} on the same images, each at 95 % and none corrected "
        "for the others: of twenty differences that are none, one would be called settled. Each "
        "variant was trained once: how another seed would do, no interval here says."
    )


def _verdict(claim: Claim, found: Sources) -> Verdict:
    known = {item.name: item for item in found.evaluations}
    score = _score(claim, [known[name] for name in (*claim.better, *claim.than)])
    outcomes: list[Outcome] = []
    said = []
    for one, other in claim.pairs:
        why_not = why_incomparable(*(found.comparisons.scores[name] for name in (one, other)))
        if why_not:
            said.append(f"{why_not}: no image of one can be set beside one of the other.")
            continue
        outcome = found.comparisons.outcome(claim.score, one, other)
        outcomes.append(outcome)
        said.append(_said(claim.score, score, outcome, known[one], known[other], found.comparisons))
    if not claim.pairs and not claim.setting:
        said.append("No translation of the default pipeline asks this.")
    return Verdict(
        claim=claim.claim,
        holds=_holds(outcomes),
        evidence=" ".join([*said, *_unequal(claim, found, outcomes), claim.setting]).strip(),
        score=score.title if score else "",
        better=claim.better,
        worse=claim.than,
        command=claim.command,
    )


def _score(claim: Claim, compared: list[Evaluation]) -> Score | None:
    known = {key: score for item in compared for key, score in item.scores.items()}
    if compared and claim.score not in known:
        raise UserError(
            f"studies: claim {claim.claim!r} is by {claim.score!r}, which is measured of none of "
            f"its translations (known: {', '.join(known)})"
        )
    return known.get(claim.score)


def _holds(outcomes: list[Outcome]) -> Holds:
    if not outcomes:
        return "not tested here"
    if "worse" in outcomes:
        return "no"
    return "not settled" if "not settled" in outcomes else "yes"


def _said(
    key: str,
    score: Score | None,
    outcome: Outcome,
    one: Evaluation,
    other: Evaluation,
    compared: Comparisons,
) -> str:
    values = [number(key, item.figure(key).value) for item in (one, other)]
    said = SAID[outcome].format(one=one.name, other=other.name)
    title = in_sentence(score.title) if score else key
    found = compared.difference(key, one.name, other.name)
    how = difference(key, found) if found else "by their intervals alone"
    return f"{said}: {title} {values[0]} against {values[1]}, {how}."


def _unequal(claim: Claim, found: Sources, outcomes: list[Outcome]) -> list[str]:
    """How long and at what size those were trained that are compared, where it is not the same."""
    if not outcomes:
        return []
    groups: dict[str, list[str]] = {}
    for name in dict.fromkeys((*claim.better, *claim.than)):
        item = found.translations[name].evaluation
        record = found.variants[item.variant].training
        edge = record.size or item.image_size
        trained = f"{edge}\N{MULTIPLICATION SIGN}{edge} pixels for {record.steps:,} steps"
        groups.setdefault(trained, []).append(name)
    if len(groups) < 2:
        return []
    said = listing(f"{listing(names)} at {trained}" for trained, names in groups.items())
    return [f"Not trained alike: {said}."]
