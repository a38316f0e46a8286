"""Sentences made from the numbers: what is best, and what it beats."""

from __future__ import annotations

from collections.abc import Iterable

from s2f_core.report.sources import BASELINES, FLOOR, HEADLINE, Evaluation, Figure

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


def listing(items: Iterable[str]) -> str:
    """Items as words: "a, b and c"."""
    *most, last = list(items) or [""]
    return f"{', '.join(most)} and {last}" if most else last


def best(evaluations: list[Evaluation], score: str) -> Evaluation | None:
    """The evaluation whose model is best by this score; of equals, the first."""
    known = [item for item in evaluations if item.figure(score).value is not None]
    if not known or score not in known[0].scores:
        return None
    sign = -1 if known[0].scores[score].higher_is_better else 1
    return min(known, key=lambda item: sign * (item.figure(score).value or 0.0))


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


def summary(evaluations: list[Evaluation]) -> str:
    """What was measured, what is best by either headline score, and where the floor is.

    The evaluations are those of one board.
    """
    first = evaluations[0]
    counts = sorted({item.images for item in evaluations})
    many = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    things = "translation was" if len(evaluations) == 1 else "translations were"
    parts = [f"{len(evaluations)} {things} scored on {many} test images."]
    parts += _winners(evaluations) if len(evaluations) > 1 else _alone(first)
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


def _winners(evaluations: list[Evaluation]) -> list[str]:
    winners: dict[str, list[str]] = {}
    for score in HEADLINE[evaluations[0].kind]:
        winner = best(evaluations, score)
        if winner is not None:
            title = in_sentence(winner.scores[score].title)
            said = f"by {title} ({_with_interval(winner, score)})"
            winners.setdefault(winner.name, []).append(said)
    said_of = [f"{name} {listing(said)}" for name, said in winners.items()]
    return [f"The best is {listing(said_of)}."] if said_of else []


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
        if not item.scores[score].better(ours.value, theirs.value):
            yield name, "loses"
        else:
            yield name, "narrow" if overlap(ours, theirs) else "clear"


def overlap(one: Figure, other: Figure) -> bool:
    """Whether two intervals share a value; false where one was not computed."""
    ends = (one.low, one.high, other.low, other.high)
    if ends[0] is None or ends[1] is None or ends[2] is None or ends[3] is None:
        return False
    return ends[0] <= ends[3] and ends[2] <= ends[1]


def _verdict_sentence(score: str, verdicts: dict[str, str], items: list[Evaluation]) -> str:
    wins = [NAMES[name] for name, verdict in verdicts.items() if verdict == "clear"]
    wins += [f"narrowly {NAMES[name]}" for name, verdict in verdicts.items() if verdict == "narrow"]
    losses = [NAMES[name] for name, verdict in verdicts.items() if verdict == "loses"]
    title = in_sentence(items[0].scores[score].title)
    who = listing(item.name for item in items)
    beat = "beats" if len(items) == 1 else "beat"
    if len(verdicts) == 1:
        does = beat if wins else "does not beat" if len(items) == 1 else "do not beat"
        return f"By {title}, {who} {does} {(wins or losses)[0]}."
    if not losses:
        return f"By {title}, {who} {beat} every trivial baseline: {listing(wins)}."
    if not wins:
        does = "does" if len(items) == 1 else "do"
        return f"By {title}, {who} {does} not beat any trivial baseline: not {_or(losses)}."
    return f"By {title}, {who} {beat} {listing(wins)}, but not {_or(losses)}."


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
