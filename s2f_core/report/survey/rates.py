"""How often people are fooled, with intervals."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypedDict

import numpy as np
import numpy.typing as npt
import pandas as pd

from s2f_core.common.errors import UserError
from s2f_core.common.seeding import stream
from s2f_core.report.survey.answers import FOLDER, read

log = logging.getLogger(__name__)

RESAMPLES = 1000
ENDS = (2.5, 97.5)  # percentiles of a 95 % interval
Z = 1.959964  # of the normal distribution, for the same interval
BOOTSTRAP = "percentiles of 1,000 resamples of people and of pictures (Owen 2007)"
WILSON = "Wilson's (1927), over pictures"


class Rate(TypedDict):
    """A share with its 95 % interval and what it is made from; null where nobody was asked."""

    value: float | None
    low: float | None
    high: float | None
    n: int  # answers
    people: int
    images: int
    interval_by: str


def fooling_rate(frame: pd.DataFrame) -> Rate:
    """The share of answers to generated pictures that say they are real, in [0, 1].

    The columns of ``frame`` are those of :class:`Answers`. Half or more means that people cannot
    tell, or take the generated for the real ones, if they call as many real ones real.
    """
    generated = frame[frame["translation"] != ""]
    return rate(generated, generated["answer"] == "real")


def trust(frame: pd.DataFrame) -> Rate:
    """The share of answers to real pictures that say they are real: 1 of one who always says so."""
    real = frame[frame["translation"] == ""]
    return rate(real, real["answer"] == "real")


def error(frame: pd.DataFrame) -> Rate:
    """The share of wrong answers, HYPE∞ (Zhou et al. 2019) where there is no time limit.

    Half is chance; pages show as many real pictures as generated ones. HYPE averages over the
    outputs of one generator; here they are those of all translations asked about.
    """
    return rate(frame, (frame["answer"] == "real") == (frame["translation"] != ""))


def rate(frame: pd.DataFrame, hits: pd.Series[bool]) -> Rate:
    """The share of ``hits`` among the rows of ``frame``, each a person's answer to an image.

    People and images are both samples, of those who might be asked and of what might be shown, so
    both are resampled: an answer counts as often as its person times its image was drawn (Owen
    2007, The pigeonhole bootstrap). Of one person, or where all answers are alike, there is nothing
    to resample: the interval is Wilson's, of as many trials as there are images.
    """
    people, persons = pd.factorize(frame["person"])
    images, pictures = pd.factorize(frame["image"])
    shape = len(persons), len(pictures)
    value = float(hits.mean()) if len(frame) else None
    if value is None:
        low, high, by = None, None, ""
    elif shape[0] == 1 or value in (0.0, 1.0):
        low, high, by = *wilson(value, shape[1]), WILSON
    else:
        places = people * shape[1] + images
        weights = (hits.to_numpy(dtype=float), np.ones(len(frame)))
        cells = [np.bincount(places, one, shape[0] * shape[1]).reshape(shape) for one in weights]
        low, high, by = *_resampled(np.stack(cells)), BOOTSTRAP
    return {
        "value": _short(value),
        "low": _short(low),
        "high": _short(high),
        "n": len(frame),
        "people": shape[0],
        "images": shape[1],
        "interval_by": by,
    }


def wilson(value: float, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share of n trials (1927, JASA 22)."""
    spread = Z**2 / n
    centre = (value + spread / 2) / (1 + spread)
    half = Z * math.sqrt(value * (1 - value) / n + spread / (4 * n)) / (1 + spread)
    return max(0.0, centre - half), min(1.0, centre + half)


def _resampled(cells: npt.NDArray[np.float64]) -> tuple[float, float]:
    """95 % interval of a share; ``cells`` [2, people, images] has the hits and the answers."""
    random = stream(0)
    _, people, images = cells.shape
    of_people = random.multinomial(people, np.full(people, 1 / people), RESAMPLES)
    of_images = random.multinomial(images, np.full(images, 1 / images), RESAMPLES)
    hits, answers = np.einsum("bp,kpi,bi->kb", of_people, cells, of_images, optimize=True)
    drawn = answers > 0  # people who saw other pages: no answer may be drawn
    low, high = np.percentile(hits[drawn] / answers[drawn], ENDS)
    return float(low), float(high)


def _short(number: float | None) -> float | None:
    return None if number is None else float(f"{number:.6g}")


def section(root: Path) -> dict[str, Any] | None:
    """What the report shows of the answers in ``root``/data/survey.

    None where no answer to a generated picture counts, else ``rate``, ``low``, ``high``,
    ``interval_by``, ``answers`` and ``people`` of the fooling rate over all translations;
    ``by_variant`` the same of each ``name``, most fooling first; ``real`` and ``error`` a
    :class:`Rate` each; ``timed``: whether some pictures were shown for a time only; ``stale`` as in
    :class:`Answers`. Raises UserError as :func:`read` does.
    """
    answers = read(root / FOLDER, root / "data")
    if answers is None:
        return None
    if answers.stale:
        log.warning(
            "%s: %d answers are to pictures that were made anew since, and do not count (%s)",
            FOLDER,
            sum(answers.stale.values()),
            ", ".join(answers.stale),
        )
    frame = answers.frame
    if (frame["translation"] == "").all():  # also where none is left
        return None
    by_variant = [
        {"name": name, **_flat(fooling_rate(part))}
        for name, part in frame[frame["translation"] != ""].groupby("translation")
    ]
    return {
        **_flat(fooling_rate(frame)),
        "people": int(frame["person"].nunique()),
        "by_variant": sorted(by_variant, key=lambda row: -row["rate"]),
        "real": trust(frame),
        "error": error(frame),
        "timed": bool(frame["page"].str.contains(r" limit=[1-9]").any()),
        "stale": answers.stale,
    }


def table(root: Path) -> str:
    """The same as lines of text; raises UserError as :func:`read` does, and where there is none."""
    found = section(root)
    if found is None:
        raise UserError(
            f"{root / FOLDER} has no answers that count: s2f survey writes the page that asks for "
            "them, and saves them as CSV files to be put there"
        )
    rows = [("all", found), *((row["name"], row) for row in found["by_variant"])]
    lines = [["generated, called real", "", "95 % interval", "answers", "people"]]
    lines += [
        _line(f"  {name}", {**row, "value": row["rate"], "n": row["answers"]}) for name, row in rows
    ]
    lines += [_line("real, called real", found["real"]), _line("wrong answers", found["error"])]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    text = [
        "  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])])
        for line in lines
    ]
    ways = dict.fromkeys(row["interval_by"] for _, row in rows)
    return "\n".join([*text, f"Intervals: {'; '.join(ways)}. Of the wrong answers half is chance."])


def _line(name: str, row: Mapping[str, Any]) -> list[str]:
    if row["value"] is None:
        return [name, "–", "", "0", "0"]
    span = f"{100 * row['low']:.1f} – {100 * row['high']:.1f} %"
    return [name, f"{100 * row['value']:.1f} %", span, str(row["n"]), str(row["people"])]


def _flat(found: Rate) -> dict[str, Any]:
    names = {"value": "rate", "n": "answers"}
    return {names.get(name, name): value for name, value in found.items()}
