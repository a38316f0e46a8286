"""Sentences made from the numbers: what is best, and what it beats."""

from __future__ import annotations

from collections.abc import Iterable

from s2f_core.metrics.paired_bootstrap import Comparisons, Difference
from s2f_core.report.site.sources import BASELINES, FLOOR, HEADLINE, Evaluation, Figure

MISSING = "\N{EN DASH}"
FORMATS = {
    "fid": ".1f",
    "kid": ".4f",
    "ssim": ".3f",
    "psnr": ".2f",
    "pixel_difference": ".3f",
    "diversity": ".2f",
    "surface_error": ".5f",
    "energy_distance": ".5f",
    "ink": ".3f",
    "stroke_width": ".2f",
}
NAMES = {
    "sketch": "the sketch itself",
    "mean-face": "the mean training photo",
    "nearest-face": "the nearest training photo",
    "photo": "the photo itself",
    "mean-sketch": "the mean training sketch",
    "nearest-sketch": "the nearest training sketch",
    FLOOR: "other real ones",
}
UNBIASED = 2048  # FID below as many images is biased upwards


def number(score: str, value: float | None) -> str:
    """A score's value with the digits it deserves."""
    return (
        MISSING
        if value is None
        else format(value, FORMATS.get(score, ".3g")).replace("-", "\N{MINUS SIGN}")
    )


def interval(score: str, figure: Figure) -> str:
    """The 95 % interval, or nothing where none was computed."""
    if figure.low is None or figure.high is None:
        return ""
    return f"{number(score, figure.low)} \N{EN DASH} {number(score, figure.high)}"


def difference(score: str, found: Difference) -> str:
    """A difference with its 95 % interval and the number of images behind it."""
    low, high = (_signed(score, end) for end in (found.low, found.high))
    value = _signed(score, found.value)
    return f"a difference of {value} (95 % interval {low} to {high}, N = {found.n:,})"


def _signed(score: str, value: float) -> str:
    said = number(score, value)
    return f"+{said}" if value > 0 else said


def listing(items: Iterable[str]) -> str:
    """Items as words: "a, b and c"."""
    *most, last = list(items) or [""]
    return f"{', '.join(most)} and {last}" if most else last


def overview(evaluations: list[Evaluation], boards: int) -> str:
    """How much there is, and why it stands in several tables."""
    variants = len({item.variant for item in evaluations})
    text = f"{counted(len(evaluations), 'translation')} of {counted(variants, 'variant')}"
    text += f" {'was' if len(evaluations) == 1 else 'were'} scored on images not seen in training."
    if boards > 1:
        text += (
            f" They stand in {boards} tables by what they make: a figure can be compared with "
            "those beside it and with no other."
        )
    return text


def counted(number: int, thing: str) -> str:
    """A number of things: "1 variant", "2 variants"."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def summary(evaluations: list[Evaluation], compared: Comparisons) -> str:
    """What was measured, what is best by either headline score, and where the floor is.

    The evaluations are those of one board. Best is said of one that ``compared`` says is better
    than each other.
    """
    first = evaluations[0]
    counts = sorted({item.images for item in evaluations})
    many = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    things = "translation was" if len(evaluations) == 1 else "translations were"
    parts = [f"{len(evaluations)} {things} scored on {many} {first.tested}."]
    parts += _winners(evaluations, compared) if len(evaluations) > 1 else _alone(first)
    main = HEADLINE[first.kind][0]
    floors = [item.figure(main, FLOOR).value for item in evaluations]
    known = sorted({round(value, 4) for value in floors if value is not None})
    if known:
        span = listing(dict.fromkeys(number(main, value) for value in (known[0], known[-1])))
        title = in_sentence(first.scores[main].title)
        parts.append(
            f"Real {first.things} compared with other real {first.things} reach "
            f"{_a(title)} {title} of {span}: that is the floor, below which a difference means "
            "nothing."
        )
    return " ".join(parts)


def _winners(evaluations: list[Evaluation], compared: Comparisons) -> list[str]:
    named = {item.name: item for item in evaluations}
    winners: dict[str, list[str]] = {}
    level = []
    for score in HEADLINE[evaluations[0].kind]:
        leaders = compared.leaders(score, named)
        if not leaders:
            continue
        first = named[leaders[0]]
        by = f"by {in_sentence(first.scores[score].title)}"
        if len(leaders) == 1:
            winners.setdefault(first.name, []).append(f"{by} ({_with_interval(first, score)})")
        else:
            level.append(
                f"{by[:1].upper()}{by[1:]} {first.name} has the best figure "
                f"({_with_interval(first, score)}), but that it is better than "
                f"{_or(leaders[1:])} is not settled."
            )
    said_of = [f"{name} {listing(said)}" for name, said in winners.items()]
    return [*([f"The best is {listing(said_of)}."] if said_of else []), *level]


def _alone(item: Evaluation) -> list[str]:
    said = [
        f"{_a(score.title)} {in_sentence(score.title)} of {_with_interval(item, key)}"
        for key in HEADLINE[item.kind]
        if (score := item.scores.get(key)) and item.figure(key).value is not None
    ]
    return [f"{item.name} has {listing(said)}."] if said else []


def _a(title: str) -> str:
    return "an" if title[:1].lower() in "aeiou" or title.startswith("FID") else "a"


def in_sentence(title: str) -> str:
    """A title inside a sentence: "Pixel difference" loses its capital, "KID" keeps them."""
    return title if title[1:2].isupper() else title[:1].lower() + title[1:]


def _with_interval(evaluation: Evaluation, score: str) -> str:
    figure = evaluation.figure(score)
    span = interval(score, figure)
    return number(score, figure.value) + (f", 95 % interval {span}" if span else "")


def against_baselines(evaluations: list[Evaluation]) -> list[str]:
    """One sentence for translations that beat and lose to the same baselines, by each score."""
    sentences = []
    for score in HEADLINE[evaluations[0].kind]:
        if score == "diversity":  # how varied the inputs are is nothing to beat
            continue
        groups: dict[tuple[tuple[str, str], ...], list[Evaluation]] = {}
        for item in evaluations:
            if score in item.scores and item.figure(score).value is not None:
                groups.setdefault(tuple(_verdicts(item, score)), []).append(item)
        for verdicts, items in groups.items():
            if verdicts:
                sentences.append(_verdict_sentence(score, dict(verdicts), items))
    explained = _nearest_explained(evaluations)
    return [*sentences, explained] if explained else sentences


def _verdicts(item: Evaluation, score: str) -> Iterable[tuple[str, str]]:
    ours = item.figure(score)
    for name in BASELINES:
        theirs = item.figure(score, name)
        if ours.value is None or theirs.value is None:
            continue
        if overlap(ours, theirs):
            yield name, "level"
        else:
            won = item.scores[score].better(ours.value, theirs.value)
            yield name, "beaten" if won else "better"


def overlap(one: Figure, other: Figure) -> bool:
    """Whether two intervals share a value; false where one was not computed."""
    ends = (one.low, one.high, other.low, other.high)
    if ends[0] is None or ends[1] is None or ends[2] is None or ends[3] is None:
        return False
    return ends[0] <= ends[3] and ends[2] <= ends[1]


def _verdict_sentence(score: str, verdicts: dict[str, str], items: list[Evaluation]) -> str:
    def those(kind: str) -> list[str]:
        return [NAMES[name] for name, verdict in verdicts.items() if verdict == kind]

    wins, losses, level = those("beaten"), those("better"), those("level")
    who = listing(item.name for item in items)
    beat, does = ("beats", "does not") if len(items) == 1 else ("beat", "do not")
    every = len(verdicts) > 1 and len(verdicts) in {len(wins), len(losses)}
    said = []
    if wins:
        said.append(f"{beat} {'every trivial baseline: ' if every else ''}{listing(wins)}")
    if losses and every:
        said.append(f"{does} beat any trivial baseline: not {_or(losses)}")
    elif losses:
        said.append(f"but not {_or(losses)}" if wins else f"{does} beat {_or(losses)}")
    title = in_sentence(items[0].scores[score].title)
    if level and not said:
        return f"By {title}, nothing is settled between {who} and {_or(level)}."
    if level:
        said.append(f"with nothing settled against {_or(level)}")
    return f"By {title}, {who} {', '.join(said)}."


def _or(items: list[str]) -> str:
    return " or ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)


def _nearest_explained(evaluations: list[Evaluation]) -> str:
    """Why copying a training photo can win on KID; empty where it does not win."""
    for item in evaluations:
        ours, nearest = item.figure("kid").value, item.figure("kid", "nearest-face").value
        if ours is None or nearest is None or nearest > ours:
            continue
        floor = item.figure("kid", FLOOR).value
        beside = "" if floor is None else f", against {number('kid', floor)} for other real photos"
        text = (
            f"The nearest training photo wins on KID ({number('kid', nearest)}{beside}) because "
            "its pictures are real photographs. KID asks whether pictures look like photographs, "
            "not whether they show what was drawn"
        )
        pixel, copied = (item.figure("pixel_difference", of) for of in ("model", "nearest-face"))
        if pixel.value is not None and copied.value is not None and pixel.value < copied.value:
            text += (
                f": by pixel difference it is further from that than {item.name} "
                f"({number('pixel_difference', copied.value)} against "
                f"{number('pixel_difference', pixel.value)})"
            )
        return text + "."
    return ""


def bias(evaluations: list[Evaluation]) -> str:
    """The warning that FID needs, or nothing where there is none or there are images enough."""
    fewest = min(min(item.images, item.targets or item.images) for item in evaluations)
    if fewest >= UNBIASED or not any("fid" in item.scores for item in evaluations):
        return ""
    return (
        f"FID is biased upwards below N = {UNBIASED:,} and N is {fewest:,} here: compare FIDs "
        "within this table only, and prefer KID, which is unbiased."
    )


def judged(curves_end: dict[str, float]) -> list[str]:
    """What the last mean outputs of every discriminator say; empty where none was recorded.

    Outputs that are no probabilities, or nearly so, are not judged.
    """
    said = []
    for column, real in curves_end.items():
        end = column.removeprefix("d_out_real")
        fake = curves_end.get(f"d_out_fake{end}")
        if end == column or fake is None or min(real, fake) < -0.2 or max(real, fake) > 1.2:
            continue
        gap = real - fake
        verdict = "it could hardly tell them apart"
        if gap > 0.6:
            verdict = "it had all but won, which leaves the generator little to learn from"
        elif gap > 0.2:
            verdict = "it told them apart, but not with certainty"
        which = " of the way back" if end else ""
        said.append(
            f"Over the last tenth of training the discriminator{which} gave real ones "
            f"{real:.2f} and generated ones {fake:.2f} on average (0.5 means undecided): {verdict}."
        )
    return said
