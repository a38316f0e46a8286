"""Sentences made from figures: the best translations, and the baselines that they beat."""

from __future__ import annotations

from collections.abc import Iterable

from s2f_core.metrics.paired_bootstrap import Comparisons, Difference
from s2f_core.report.site.records import (
    BASELINES,
    FLOOR,
    HEADLINE,
    EstimateRecord,
    EvaluationRecord,
)

MISSING = "\N{EN DASH}"
FORMATS = {
    "fid": ".1f",
    "kid": ".4f",
    "face_kid": ".3f",
    "lpips": ".3f",
    "identity": ".3f",
    "ssim": ".3f",
    "psnr": ".2f",
    "pixel_difference": ".3f",
    "diversity": ".2f",
    "surface_error": ".5f",
    "energy_distance": ".5f",
    "ink": ".3f",
    "stroke_width": ".2f",
}
BASELINE_NAMES = {
    "sketch": "the sketch itself",
    "mean-face": "the mean training photo",
    "nearest-face": "the nearest training photo",
    "photo": "the photo itself",
    "mean-sketch": "the mean training sketch",
    "nearest-sketch": "the nearest training sketch",
    FLOOR: "other real ones",
}
UNBIASED = 2048  # images; the FID of fewer is biased upwards


def format_number(score: str, value: float | None) -> str:
    """Return a score's value with its usual number of digits; a dash for None."""
    if value is None:
        return MISSING
    return format(value, FORMATS.get(score, ".3g")).replace("-", "\N{MINUS SIGN}")


def format_interval(score: str, estimate: EstimateRecord) -> str:
    """Return the 95 % interval; a dash where a value has none, empty where there is no value."""
    if estimate.low is None or estimate.high is None:
        return "" if estimate.value is None else MISSING
    return f"{format_number(score, estimate.low)} \N{EN DASH} {format_number(score, estimate.high)}"


def why_missing(estimate: EstimateRecord) -> str:
    """Return why a value or its interval is a dash; empty where both are known."""
    if estimate.why:
        return f"left out: {estimate.why}"
    if estimate.value is None:
        return "no value: not defined for these images, or too few of them"
    if estimate.low is None or estimate.high is None:
        return f"no interval: too few images ({estimate.n})" if estimate.n else "no interval"
    return ""


def difference_phrase(score: str, difference: Difference) -> str:
    """Return a difference with its 95 % interval and number of images, in words."""
    low, high = (_signed(score, end) for end in (difference.low, difference.high))
    value = _signed(score, difference.value)
    return f"a difference of {value} (95 % interval {low} to {high}, N = {difference.n:,})"


def _signed(score: str, value: float) -> str:
    text = format_number(score, value)
    return f"+{text}" if value > 0 else text


def join_words(items: Iterable[str]) -> str:
    """Join as English: "a, b and c"."""
    *most, last = list(items) or [""]
    return f"{', '.join(most)} and {last}" if most else last


def _join_or(items: list[str]) -> str:
    return " or ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)


def count_noun(count: int, noun: str) -> str:
    """Return "1 variant", "2 variants"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def title_in_sentence(title: str) -> str:
    """Return a title for use inside a sentence: "Pixel difference" in small letters, "KID" not."""
    return title if title[1:2].isupper() else title[:1].lower() + title[1:]


def _article(title: str) -> str:
    return "an" if title[:1].lower() in "aeiou" or title.startswith("FID") else "a"


def overview(evaluations: list[EvaluationRecord], boards: int) -> str:
    """Say how many translations there are, and why they stand in several tables."""
    variants = len({item.variant for item in evaluations})
    text = f"{count_noun(len(evaluations), 'translation')} of {count_noun(variants, 'variant')}"
    text += f" {'was' if len(evaluations) == 1 else 'were'} scored on images not seen in training."
    if boards > 1:
        text += (
            f" They fill {boards} tables, by their real images and kind of scores: compare figures "
            "only within a table."
        )
    return text


def board_summary(evaluations: list[EvaluationRecord], comparisons: Comparisons) -> str:
    """Say how much was scored, what is best by either headline score, and where the floor is.

    The evaluations are those of one board. A translation is best if ``comparisons`` finds it better
    than every other.
    """
    first = evaluations[0]
    counts = sorted({item.images for item in evaluations})
    images = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    subject = "translation was" if len(evaluations) == 1 else "translations were"
    sentences = [f"{len(evaluations)} {subject} scored on {images} {first.split_images}."]
    if len(evaluations) > 1:
        sentences += best_sentences(evaluations, comparisons)
    else:
        sentences += _single_sentence(first)
    main = HEADLINE[first.kind][0]
    floors = [item.estimate(main, FLOOR).value for item in evaluations]
    known = sorted({round(value, 4) for value in floors if value is not None})
    if known:
        span = join_words(
            dict.fromkeys(format_number(main, value) for value in (known[0], known[-1]))
        )
        title = title_in_sentence(first.scores[main].title)
        outputs = first.output_noun
        sentences.append(
            f"Real {outputs} compared with other real {outputs} reach "
            f"{_article(title)} {title} of {span}. This is the floor, which outputs as good as "
            "real ones would reach."
        )
    return " ".join(sentences)


def best_sentences(evaluations: list[EvaluationRecord], comparisons: Comparisons) -> list[str]:
    """Name the best translation by either headline score, or those that may be the best."""
    by_name = {item.name: item for item in evaluations}
    wins: dict[str, list[str]] = {}
    unsettled = []
    for score in HEADLINE[evaluations[0].kind]:
        leaders = comparisons.leaders(score, by_name)
        if not leaders:
            continue
        first = by_name[leaders[0]]
        title = title_in_sentence(first.scores[score].title)
        estimate = _estimate_with_interval(first, score)
        if len(leaders) == 1:
            wins.setdefault(first.name, []).append(f"by {title} ({estimate})")
        else:
            unsettled.append(
                f"By {title} {first.name} has the best figure ({estimate}), but it is not "
                f"settled that it is better than {_join_or(leaders[1:])}."
            )
    settled = [f"The best {join_words(scores)} is {name}." for name, scores in wins.items()]
    return [*settled, *unsettled]


def _single_sentence(item: EvaluationRecord) -> list[str]:
    """Give the headline figures of a board's only translation."""
    phrases = [
        f"{_article(score.title)} {title_in_sentence(score.title)} of "
        f"{_estimate_with_interval(item, key)}"
        for key in HEADLINE[item.kind]
        if (score := item.scores.get(key)) and item.estimate(key).value is not None
    ]
    return [f"{item.name} has {join_words(phrases)}."] if phrases else []


def _estimate_with_interval(item: EvaluationRecord, score: str) -> str:
    estimate = item.estimate(score)
    span = "" if why_missing(estimate) else f", 95 % interval {format_interval(score, estimate)}"
    return format_number(score, estimate.value) + span


def baseline_sentences(evaluations: list[EvaluationRecord]) -> list[str]:
    """Say which baselines are beaten, a sentence per headline score and equal outcome."""
    sentences = []
    for score in HEADLINE[evaluations[0].kind]:
        if score == "diversity":  # the diversity of the inputs is nothing to beat
            continue
        groups: dict[tuple[tuple[str, str], ...], list[EvaluationRecord]] = {}
        for item in evaluations:
            if score in item.scores and item.estimate(score).value is not None:
                outcomes = tuple(_baseline_outcomes(item, score))
                groups.setdefault(outcomes, []).append(item)
        for outcomes, items in groups.items():
            if outcomes:
                sentences.append(_baseline_sentence(score, dict(outcomes), items))
    explanation = _nearest_explanation(evaluations)
    return [*sentences, explanation] if explanation else sentences


def _baseline_outcomes(item: EvaluationRecord, score: str) -> Iterable[tuple[str, str]]:
    """Yield each measured baseline with "win", "loss" or "level"."""
    ours = item.estimate(score)
    for name in BASELINES:
        theirs = item.estimate(score, name)
        if ours.value is None or theirs.value is None:
            continue
        if doubt(ours, theirs):
            yield name, "level"
        else:
            yield name, "win" if item.scores[score].better(ours.value, theirs.value) else "loss"


def doubt(one: EstimateRecord, other: EstimateRecord) -> str:
    """Return why the difference of two values is not settled; empty where it is."""
    ends = (one.low, one.high, other.low, other.high)
    if ends[0] is None or ends[1] is None or ends[2] is None or ends[3] is None:
        return "too few images for an interval"
    return "the intervals overlap" if ends[0] <= ends[3] and ends[2] <= ends[1] else ""


def _baseline_sentence(score: str, outcomes: dict[str, str], items: list[EvaluationRecord]) -> str:
    def names(outcome: str) -> list[str]:
        return [BASELINE_NAMES[name] for name, each in outcomes.items() if each == outcome]

    wins, losses, level = names("win"), names("loss"), names("level")
    subject = join_words(item.name for item in items)
    beat, does = ("beats", "does not") if len(items) == 1 else ("beat", "do not")
    all_alike = len(outcomes) > 1 and len(outcomes) in {len(wins), len(losses)}
    parts = []
    if wins:
        every = "every trivial baseline: " if all_alike else ""
        parts.append(f"{beat} {every}{join_words(wins)}")
    if losses and all_alike:
        parts.append(f"{beat} none of the trivial baselines: {join_words(losses)}")
    elif losses:
        parts.append(f"but not {_join_or(losses)}" if wins else f"{does} beat {_join_or(losses)}")
    title = title_in_sentence(items[0].scores[score].title)
    if level and not parts:
        return f"By {title}, no difference between {subject} and {_join_or(level)} is settled."
    ending = f"; no difference from {_join_or(level)} is settled" if level else ""
    return f"By {title}, {subject} {', '.join(parts)}{ending}."


def _nearest_explanation(evaluations: list[EvaluationRecord]) -> str:
    """Explain why copying a training photo wins on KID; empty if it does not win."""
    for item in evaluations:
        ours, nearest = item.estimate("kid").value, item.estimate("kid", "nearest-face").value
        if ours is None or nearest is None or nearest > ours:
            continue
        floor = item.estimate("kid", FLOOR).value
        other = "" if floor is None else f", against {format_number('kid', floor)} for other"
        other += " real photos" if other else ""
        text = (
            f"The nearest training photo wins on KID ({format_number('kid', nearest)}{other}) "
            "because its pictures are real photographs. KID asks whether pictures look like "
            "photographs, not whether they show what was drawn"
        )
        pixel, copied = (item.estimate("pixel_difference", of) for of in ("model", "nearest-face"))
        if pixel.value is not None and copied.value is not None and pixel.value < copied.value:
            text += (
                f": by pixel difference it is further from the true photo than {item.name} "
                f"({format_number('pixel_difference', copied.value)} against "
                f"{format_number('pixel_difference', pixel.value)})"
            )
        return text + "."
    return ""


def fid_bias_warning(evaluations: list[EvaluationRecord]) -> str:
    """Warn of the bias of FID; empty if there is no FID or there are enough images."""
    fewest = min(min(item.images, item.targets or item.images) for item in evaluations)
    if fewest >= UNBIASED or not any("fid" in item.scores for item in evaluations):
        return ""
    return (
        f"FID is biased upwards below N = {UNBIASED:,}, and N is {fewest:,} here. Compare FIDs "
        "within this table only, and prefer KID, which is unbiased."
    )
