"""What people took for real, as the overview shows it where anybody was asked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from s2f_core.report.site import sentences
from s2f_core.report.survey import rates


def section(root: Path) -> dict[str, Any] | None:
    """Rates of each translation, of real pictures and of wrong answers; None without answers.

    Raises UserError where a file of answers is not what it should be.
    """
    found = rates.survey_summary(root)
    if found is None:
        return None
    ways = dict.fromkeys(str(row["interval_by"]) for row in (found, *found["by_variant"]))
    said = [
        (
            f"{sentences.counted(found['people'], 'person')} gave {found['answers']:,} answers on "
            f"generated pictures and called {_percent(found['rate'])} of these real."
        ).replace("persons", "people"),
        f"Intervals: {sentences.listing(ways)}.",
    ]
    if found["timed"]:
        said.append("Some pictures were shown for a limited time only.")
    if found["stale"]:
        said.append(
            f"{sum(found['stale'].values()):,} answers are to pictures that were made anew since, "
            "and do not count."
        )
    rows = [_row(row["name"], row["rate"], row["answers"], row) for row in found["by_variant"]]
    rows.append(_row("all generated", found["rate"], found["answers"], found))
    for name, key in (("real photos, called real", "real"), ("wrong answers", "error")):
        if (rate := found[key])["value"] is not None:
            rows.append(_row(name, rate["value"], rate["n"], rate))
    return {"said": said, "rows": rows}


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
