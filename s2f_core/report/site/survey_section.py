"""The overview's section on the survey: the pictures that people called real."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from s2f_core.report.site.sentences import count_noun, join_words
from s2f_core.report.survey import rates


def survey_view(root: Path) -> dict[str, Any] | None:
    """Return the rates of translations, real pictures and wrong answers; None without answers.

    Raises UserError if a file of answers is malformed.
    """
    summary = rates.survey_summary(root)
    if summary is None:
        return None
    methods = dict.fromkeys(str(row["interval_by"]) for row in (summary, *summary["by_variant"]))
    sentences = [
        (
            f"{count_noun(summary['people'], 'person')} gave {summary['answers']:,} answers on "
            f"generated pictures and called {_percent(summary['rate'])} of these real."
        ).replace("persons", "people"),
        f"Intervals: {join_words(methods)}.",
    ]
    if summary["timed"]:
        sentences.append("Some pictures were shown for a limited time only.")
    if summary["stale"]:
        sentences.append(
            f"{sum(summary['stale'].values()):,} answers do not count, since their pictures have "
            "changed."
        )
    rows = [_row(row["name"], row["rate"], row["answers"], row) for row in summary["by_variant"]]
    rows.append(_row("all generated", summary["rate"], summary["answers"], summary))
    for name, key in (("real photos, called real", "real"), ("wrong answers", "error")):
        if (rate := summary[key])["value"] is not None:
            rows.append(_row(name, rate["value"], rate["n"], rate))
    return {"sentences": sentences, "rows": rows}


def _row(name: str, value: float, answers: int, rate: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "value": _percent(value),
        "interval": f"{100 * rate['low']:.0f} \N{EN DASH} {100 * rate['high']:.0f} %",
        "number": f"{value:.6g}",
        "answers": answers,
        "people": rate["people"],
    }


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
