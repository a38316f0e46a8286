"""Generate the reference page of the scores."""

from __future__ import annotations

import sys
from collections.abc import Callable

from docs.generate.parameters import markdown
from s2f_core.metrics import registry
from s2f_core.metrics.registry import PAIR_SCORES, SAMPLE_SCORES, SURFACE_SCORES
from s2f_core.metrics.types import Score

SCORES: dict[str, Score] = {**PAIR_SCORES, **SAMPLE_SCORES, **SURFACE_SCORES}
KINDS = {"pairs": PAIR_SCORES, "samples": SAMPLE_SCORES, "surfaces": SURFACE_SCORES}


def page() -> str:
    """The page, in Markdown."""
    parts = [
        "# Scores",
        (
            "Every score, by its key in `metrics/*.json`. `data/evaluations` and the report add "
            "the number of images, a 95 % interval, the library, the network and the resize "
            "rule. "
            "[How it is built](../background/how-it-is-built.md#scores) says how far to trust them."
        ),
        (
            "A translation is scored as one of three kinds. `pairs`: every output has a target. "
            "`samples`: outputs and targets are compared as sets. `surfaces`: points of a known "
            "density."
        ),
        overview(),
    ]
    for key, score in SCORES.items():
        parts += [f"## {score.title}", facts(key, score), explanation(score)]
    return "\n\n".join(part for part in parts if part) + "\n"


def overview() -> str:
    """A table of all scores: range, direction, and the kinds of translation that have them."""
    rows = [
        f"| {score.title} | `{key}` | {value_range(score)} | {better(score)} "
        f"| {', '.join(kind for kind, table in KINDS.items() if key in table)} |"
        for key, score in SCORES.items()
    ]
    return "\n".join(["| score | key | range | better | kinds |", "|---|---|---|---|---|", *rows])


def facts(key: str, score: Score) -> str:
    """Return the entry of a score: its meaning, library and interval."""
    return "\n".join(
        [
            f"`{key}`, {value_range(score)}, {better(score)} is better: {score.describe}",
            "",
            f"- Library: {score.library}",
            f"- Interval: {score.interval_by}",
        ]
    )


def explanation(score: Score) -> str:
    """The docstring of the module that defines the score, and that of its function there."""
    name = module_of(score)
    function = function_of(score)
    texts = [sys.modules[name].__doc__ or ""]
    texts += [function.__doc__ or ""] if function.__module__ == name else []
    return "\n\n".join(markdown(text) for text in texts if text)


def module_of(score: Score) -> str:
    """The name of the module in which the score is declared."""
    return next(
        name
        for name, module in sorted(sys.modules.items())
        if name.startswith("s2f_core.metrics.")
        and name != registry.__name__
        and any(value is score for value in vars(module).values())
    )


def function_of(score: Score) -> Callable[..., object]:
    """The pure function that computes the score."""
    function: Callable[..., object] = getattr(score, "function", None) or score.value  # type: ignore[union-attr]
    return function


def value_range(score: Score) -> str:
    """The range of the values in words."""
    low, high = score.range
    if low is None:
        return "any"
    return f"{low} and up" if high is None else f"{low} to {high}"


def better(score: Score) -> str:
    """Whether lower or higher values are better."""
    return "higher" if score.higher_is_better else "lower"
