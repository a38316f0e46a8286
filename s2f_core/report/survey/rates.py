"""How often people take a generated picture for real, with 95 % intervals."""

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
from s2f_core.report.survey.answers import FOLDER, read_answers

log = logging.getLogger(__name__)

RESAMPLES = 1000
PERCENTILES = (2.5, 97.5)  # of a 95 % interval
Z = 1.959964  # of the normal distribution, for the same interval
BOOTSTRAP = "percentiles of 1,000 resamples of people and of pictures (Owen 2007)"
WILSON = "Wilson's (1927), over pictures"


class Rate(TypedDict):
    """A share in [0, 1] with its 95 % interval and sample sizes; null without answers."""

    value: float | None
    low: float | None
    high: float | None
    n: int  # answers
    people: int
    images: int
    interval_by: str


def fooling_rate(frame: pd.DataFrame) -> Rate:
    """Return the share of answers to generated pictures that say "real".

    ``frame`` has the columns of :attr:`Answers.frame`. People cannot tell if they call real
    pictures real no more often.
    """
    generated = frame[frame["translation"] != ""]
    return answer_share(generated, generated["answer"] == "real")


def real_trust_rate(frame: pd.DataFrame) -> Rate:
    """Return the share of answers to real pictures that say "real"."""
    real = frame[frame["translation"] == ""]
    return answer_share(real, real["answer"] == "real")


def error_rate(frame: pd.DataFrame) -> Rate:
    """Return the share of wrong answers; chance is one half.

    This is HYPE∞ (Zhou et al. 2019) if pictures have no time limit. HYPE is of the outputs of one
    generator; this is of all translations on the page.
    """
    return answer_share(frame, (frame["answer"] == "real") == (frame["translation"] != ""))


def answer_share(frame: pd.DataFrame, hits: pd.Series[bool]) -> Rate:
    """Return the share of ``hits`` among the answers of ``frame``, a row each.

    The interval resamples people and images: an answer weighs as much as the number of draws of its
    person times that of its image (Owen 2007, The pigeonhole bootstrap). With one person, or if all
    answers agree, resampling gives no spread: the interval is Wilson's, with as many trials as
    there are images.
    """
    people, persons = pd.factorize(frame["person"])
    images, pictures = pd.factorize(frame["image"])
    shape = len(persons), len(pictures)
    value = float(hits.mean()) if len(frame) else None
    if value is None:
        low, high, method = None, None, ""
    elif shape[0] == 1 or value in (0.0, 1.0):
        low, high, method = *wilson_interval(value, shape[1]), WILSON
    else:
        cell_of_answer = people * shape[1] + images
        weights = (hits.to_numpy(dtype=float), np.ones(len(frame)))
        cells = [
            np.bincount(cell_of_answer, each, shape[0] * shape[1]).reshape(shape)
            for each in weights
        ]
        low, high, method = *_bootstrap_interval(np.stack(cells)), BOOTSTRAP
    return {
        "value": _round(value),
        "low": _round(low),
        "high": _round(high),
        "n": len(frame),
        "people": shape[0],
        "images": shape[1],
        "interval_by": method,
    }


def wilson_interval(value: float, n: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share of n trials (1927, JASA 22)."""
    spread = Z**2 / n
    centre = (value + spread / 2) / (1 + spread)
    half = Z * math.sqrt(value * (1 - value) / n + spread / (4 * n)) / (1 + spread)
    return max(0.0, centre - half), min(1.0, centre + half)


def _bootstrap_interval(cells: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Return a share's 95 % interval; ``cells`` [2, people, images] counts hits and answers."""
    random = stream(0)
    _, people, images = cells.shape
    of_people = random.multinomial(people, np.full(people, 1 / people), RESAMPLES)
    of_images = random.multinomial(images, np.full(images, 1 / images), RESAMPLES)
    hits, answers = np.einsum("bp,kpi,bi->kb", of_people, cells, of_images, optimize=True)
    nonempty = answers > 0  # people who saw other pages: a resample may have no answer
    low, high = np.percentile(hits[nonempty] / answers[nonempty], PERCENTILES)
    return float(low), float(high)


def _round(number: float | None) -> float | None:
    return None if number is None else float(f"{number:.6g}")


def survey_summary(root: Path) -> dict[str, Any] | None:
    """Summarise the answers in ``root``/data/survey for the report.

    None if no answer to a generated picture counts. Else the keys are: ``rate``, ``low``, ``high``,
    ``interval_by``, ``answers`` and ``people`` of the fooling rate over all translations;
    ``by_variant``, the same per translation with its ``name``, highest rate first; ``real`` and
    ``error``, a :class:`Rate` each; ``timed``, whether some pictures had a time limit; ``stale`` as
    in :class:`Answers`. Raises UserError as :func:`read_answers` does.
    """
    answers = read_answers(root / FOLDER, root / "data")
    if answers is None:
        return None
    if answers.stale:
        log.warning(
            "%s: %d answers do not count, since their pictures have changed (%s)",
            FOLDER,
            sum(answers.stale.values()),
            ", ".join(answers.stale),
        )
    frame = answers.frame
    if (frame["translation"] == "").all():  # also where none is left
        return None
    by_variant = [
        {"name": name, **_flatten(fooling_rate(part))}
        for name, part in frame[frame["translation"] != ""].groupby("translation")
    ]
    return {
        **_flatten(fooling_rate(frame)),
        "people": int(frame["person"].nunique()),
        "by_variant": sorted(by_variant, key=lambda row: -row["rate"]),
        "real": real_trust_rate(frame),
        "error": error_rate(frame),
        "timed": bool(frame["page"].str.contains(r" limit=[1-9]").any()),
        "stale": answers.stale,
    }


def rate_table(root: Path) -> str:
    """Return the summary as lines of text.

    Raises UserError as :func:`read_answers` does, and if there are no answers.
    """
    summary = survey_summary(root)
    if summary is None:
        raise UserError(
            f"{root / FOLDER} has no answers that count: s2f survey writes the page that asks; "
            "put the CSV files that it saves there"
        )
    rows = [("all", summary), *((row["name"], row) for row in summary["by_variant"])]
    lines = [["generated, called real", "", "95 % interval", "answers", "people"]]
    lines += [
        _line(f"  {name}", {**row, "value": row["rate"], "n": row["answers"]}) for name, row in rows
    ]
    lines += [
        _line("real, called real", summary["real"]),
        _line("wrong answers", summary["error"]),
    ]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    text = [
        "  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])])
        for line in lines
    ]
    methods = "; ".join(dict.fromkeys(row["interval_by"] for _, row in rows))
    return "\n".join([*text, f"Intervals: {methods}. For wrong answers, chance is one half."])


def _line(name: str, row: Mapping[str, Any]) -> list[str]:
    if row["value"] is None:
        return [name, "–", "", "0", "0"]
    span = f"{100 * row['low']:.1f} – {100 * row['high']:.1f} %"
    return [name, f"{100 * row['value']:.1f} %", span, str(row["n"]), str(row["people"])]


def _flatten(rate: Rate) -> dict[str, Any]:
    """Return a rate under the summary's keys."""
    names = {"value": "rate", "n": "answers"}
    return {names.get(name, name): value for name, value in rate.items()}
