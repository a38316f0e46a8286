"""How our training differs from a paper's, in sentences from parameters and training records."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from s2f_core.report.site.records import EvaluationRecord, TrainingRecord
from s2f_core.report.site.sentences import UNBIASED, join_words
from s2f_core.report.site.studies import Paper, Study

PIXEL = "pixel_difference"
FORMAT = ",.4g"
FACT_PHRASES = {  # by field of Paper, in the order of the sentence
    "images": "{} training images",
    "size": "{} pixels",
    "steps": "{} steps",
    "epochs": "{} epochs",
    "batch": "a batch size of {}",
    "lr": "a learning rate of {}",
    "lr_d": "{} for the discriminator",
    "width": "{} channels in the first layer",
}


def difference_sentences(
    study: Study, evaluations: dict[str, EvaluationRecord], trainings: dict[str, TrainingRecord]
) -> list[str]:
    """Compare our settings with the paper's: a sentence per kind of row, then what follows."""
    ours = [evaluations[name] for name in study.ours]
    if not ours:
        return ["No row of this table was trained here."]
    records = [trainings[name] for name in dict.fromkeys(item.variant for item in ours)]
    devices = join_words(
        dict.fromkeys(f"{record.device} ({record.precision})" for record in records)
    )
    images = _span(item.images for item in ours)
    sentences = [
        f"Published with: {study.setting}.",
        f"Ours: PyTorch on {devices}, scored on {images} {ours[0].split_images}.",
    ]
    rows: dict[str, list[str]] = {}
    for row in study.rows:
        if row.ours:
            item = evaluations[row.ours]
            paper = {**_paper_facts(study.paper), **_paper_facts(row.paper)}
            facts = _our_facts(item, trainings[item.variant])
            rows.setdefault(_compare(facts, paper) + _finish(item), []).append(row.name)
    sentences += [f"{' · '.join(names)}: {text}." for text, names in rows.items()]
    if study.printed:
        sentences.append(
            f"The printed {study.printed.score.upper()} is of the paper's own data. Ours is of "
            "the same kind of model on our data: the two numbers cannot be compared."
        )
    absent = [row.name for row in study.rows if row.ours is None]
    if absent:
        sentences.append(f"Not trained here: {join_words(absent)}.")
    return sentences + _caveats(study, ours)


def _paper_facts(paper: Paper) -> dict[str, float]:
    return {key: value for key, value in paper.model_dump().items() if value is not None}


def _our_facts(item: EvaluationRecord, record: TrainingRecord) -> dict[str, float]:
    """Return the fields of :class:`Paper` for one of our translations, those that are known."""
    settings = record.settings
    variant: dict[str, Any] = settings.get("variant", {})
    recipe: dict[str, Any] = variant.get("recipe", {})
    facts = {
        "images": record.training_images,
        "size": record.size or item.image_size,
        "steps": record.steps,
        "epochs": record.epochs,
        "batch": recipe.get("batch"),
    }
    if settings.get("width"):
        facts["width"] = round(settings["width"] * variant.get("width_ratio", 1.0))
    if settings.get("lr"):
        facts["lr"] = settings["lr"] * recipe.get("lr_ratio", 1.0)
        facts["lr_d"] = facts["lr"] * recipe.get("lr_d_ratio", 1.0)
    return {key: value for key, value in facts.items() if value is not None}


def _compare(facts: dict[str, float], paper: dict[str, float]) -> str:
    """List our facts, with the paper's value where it differs: "7 epochs (paper: 100)"."""
    phrases = []
    for key, phrase in FACT_PHRASES.items():
        if key not in facts or (key == "width" and key not in paper):
            continue
        ours = _fact(key, facts[key])
        theirs = _fact(key, paper[key]) if key in paper else ours
        phrases.append(phrase.format(ours) + ("" if theirs == ours else f" (paper: {theirs})"))
    return ", ".join(phrases)


def _fact(key: str, value: float) -> str:
    text = _format(value, FORMAT)
    return f"{text}\N{MULTIPLICATION SIGN}{text}" if key == "size" else text


def _finish(item: EvaluationRecord) -> str:
    return f", {item.finish}" if item.finish else ""


def _caveats(study: Study, ours: list[EvaluationRecord]) -> list[str]:
    """Say which published numbers cannot be compared with ours, and why."""
    sentences = []
    published = {score for row in study.rows for score in row.published}
    if study.printed:
        published.add(study.printed.score)
    fewest = min(item.images for item in ours)
    if "fid" in published and fewest < UNBIASED:
        sentences.append(
            f"An FID at N = {fewest:,} is not comparable with the paper's absolute values: it "
            "depends on N, on the feature network and on how images are resized. Only the order "
            "within a column can be compared."
        )
    values = [row.published[PIXEL] for row in study.rows if PIXEL in row.published]
    if values:
        meanings = [item.scores[PIXEL].describe for item in ours if PIXEL in item.scores]
        ending = f" Ours: {meanings[0].rstrip('.')}." if meanings else ""
        sentences.append(
            "The paper does not state how it computes its pixel difference "
            f"({_span(values, '.2f')}): its definition differs from ours.{ending}"
        )
    return sentences


def _span(values: Iterable[float], form: str = FORMAT) -> str:
    """Return the range of some numbers, or the one number if all are equal."""
    ordered = sorted(set(values))
    ends = dict.fromkeys(_format(value, form) for value in (ordered[0], ordered[-1]))
    return " to ".join(ends)


def _format(value: float, form: str) -> str:
    return f"{value:,}" if isinstance(value, int) else format(value, form)
