"""What differs between a study's numbers and ours, from parameters and training records."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from s2f_core.report.site.sentences import UNBIASED, listing
from s2f_core.report.site.sources import Evaluation, Training
from s2f_core.report.site.studies import Paper, Study

PIXEL = "pixel_difference"
FORM = ",.4g"
FACTS = {  # of Paper, in the order in which they are told
    "images": "{} training images",
    "size": "{} pixels",
    "steps": "{} steps",
    "epochs": "{} epochs",
    "batch": "a batch of {}",
    "lr": "a rate of {}",
    "lr_d": "D's rate {}",
    "width": "a first layer of {} channels",
}


def differences(
    study: Study, evaluations: dict[str, Evaluation], trainings: dict[str, Training]
) -> list[str]:
    """How our numbers were made against how the paper's were: a line a row, then what follows."""
    ours = [evaluations[name] for name in study.ours]
    if not ours:
        return ["No row of this table was trained here."]
    records = [trainings[name] for name in dict.fromkeys(item.variant for item in ours)]
    devices = listing(dict.fromkeys(f"{r.device} ({r.precision})" for r in records))
    tested = _span(item.images for item in ours)
    said = [
        f"Published with: {study.setting}.",
        f"Ours: PyTorch on {devices}, scored on {tested} {ours[0].tested}.",
    ]
    lines: dict[str, list[str]] = {}
    for row in study.rows:
        if row.ours:
            item = evaluations[row.ours]
            paper = {**_known(study.paper), **_known(row.paper)}
            line = _beside(_made(item, trainings[item.variant]), paper) + _enlarged(item)
            lines.setdefault(line, []).append(row.name)
    said += [f"{' · '.join(rows)}: {line}." for line, rows in lines.items()]
    if study.printed:
        said.append(
            f"The printed {study.printed.score.upper()} is of the "
            "paper's own data: what is set beside it is the same kind of model on ours, and the "
            "two numbers do not compare."
        )
    absent = [row.name for row in study.rows if row.ours is None]
    if absent:
        said.append(f"Not trained here: {listing(absent)}.")
    return said + _caveats(study, ours)


def _known(paper: Paper) -> dict[str, float]:
    return {key: value for key, value in paper.model_dump().items() if value is not None}


def _made(item: Evaluation, record: Training) -> dict[str, float]:
    """The facts of :class:`Paper` of one of our translations, as far as its record has them."""
    settings = record.settings
    variant: dict[str, Any] = settings.get("variant", {})
    recipe: dict[str, Any] = variant.get("recipe", {})
    made = {
        "images": record.training_images,
        "size": record.size or item.image_size,
        "steps": record.steps,
        "epochs": record.epochs,
        "batch": recipe.get("batch"),
    }
    if settings.get("width"):
        made["width"] = round(settings["width"] * variant.get("width_ratio", 1.0))
    if settings.get("lr"):
        made["lr"] = settings["lr"] * recipe.get("lr_ratio", 1.0)
        made["lr_d"] = made["lr"] * recipe.get("lr_d_ratio", 1.0)
    return {key: value for key, value in made.items() if value is not None}


def _beside(made: dict[str, float], paper: dict[str, float]) -> str:
    """Our facts, each with the paper's where it is another: "7 epochs (paper: 100)"."""
    said = []
    for key, words in FACTS.items():
        if key not in made or (key == "width" and key not in paper):
            continue
        ours = _fact(key, made[key])
        theirs = _fact(key, paper[key]) if key in paper else ours
        said.append(words.format(ours) + ("" if theirs == ours else f" (paper: {theirs})"))
    return ", ".join(said)


def _fact(key: str, value: float) -> str:
    said = _plain(value, FORM)
    return f"{said}\N{MULTIPLICATION SIGN}{said}" if key == "size" else said


def _enlarged(item: Evaluation) -> str:
    return "" if item.upscaler == "none" else f", enlarged by {item.upscaler}"


def _caveats(study: Study, ours: list[Evaluation]) -> list[str]:
    said = []
    printed = {score for row in study.rows for score in row.published}
    if study.printed:
        printed.add(study.printed.score)
    fewest = min(item.images for item in ours)
    if "fid" in printed and fewest < UNBIASED:
        said.append(
            f"An FID at N = {fewest:,} is not comparable with the paper's absolute values: it "
            "depends on N, on the feature network and on how images are resized. Only the order "
            "within a column can be compared."
        )
    values = [row.published.get(PIXEL) for row in study.rows]
    known = [value for value in values if value is not None]
    if known:
        meanings = [item.scores[PIXEL].describe for item in ours if PIXEL in item.scores]
        ending = f" Ours: {meanings[0].rstrip('.')}." if meanings else ""
        said.append(
            "The paper does not state how it computes its pixel difference "
            f"({_span(known, '.2f')}): its definition is another one than ours.{ending}"
        )
    return said


def _span(values: Iterable[float], form: str = FORM) -> str:
    """The range of some numbers, or the one number that they all are."""
    ordered = sorted(set(values))
    ends = dict.fromkeys(_plain(value, form) for value in (ordered[0], ordered[-1]))
    return " to ".join(ends)


def _plain(value: float, form: str) -> str:
    return f"{value:,}" if isinstance(value, int) else format(value, form)
