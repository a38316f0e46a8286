"""One variant's section: its curves, its progress mosaic, its parameters, its best and worst."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup
from PIL import Image

from s2f_core.errors import UserError
from s2f_core.report import gallery, words
from s2f_core.report.figures import Axes, Picture, chart, picture
from s2f_core.report.sources import Sources, Trained, Training

MOSAIC = 1600
LABELS = {
    "d_out_real": "real pairs",
    "d_out_fake": "generated pairs",
    "grad_norm_g": "generator",
    "grad_norm_d": "discriminator",
    "g_l1": "L1",
    "g_l2": "L2",
    "d_fake": "generated pairs",
    "d_real": "real pairs",
    "ssim": "SSIM",
    "pixel_difference": "pixel difference",
}
OTHER = {"step", "epoch", "lr"}  # columns that are no curve


def variant(number: int, name: str, found: Sources, edge: int) -> dict[str, Any]:
    """Everything the template shows about one variant."""
    trained = found.variants[name]
    training = trained.training
    mine = [item for item in found.translations.values() if item.evaluation.variant == name]
    return {
        "name": name,
        "ident": f"variant-{number}",
        "facts": facts(training),
        "judged": words.judged(_ending(trained.curves)),
        "charts": charts(f"v{number}", name, trained),
        "progress": _progress(trained),
        "training": training,
        "settings": list(_flat(training.settings)),
        "extremes": [
            {"name": item.evaluation.name, "ends": gallery.extremes(item, edge)} for item in mine
        ],
    }


def facts(training: Training) -> str:
    """How the variant was trained, in a sentence."""
    sizes = words.listing(
        f"{count / 1e6:.1f} M in the {part}" for part, count in training.parameters.items()
    )
    minutes, seconds = divmod(round(training.seconds), 60)
    said = (
        f"{training.training_images:,} training images, {training.steps:,} steps "
        f"({training.epochs:.3g} epochs) in {minutes} min {seconds} s "
        f"({training.images_per_second:,.0f} images a second) on {training.device}, "
        f"{training.precision}."
    )
    if sizes:
        said += f" Parameters: {sizes}."
    if training.best_step is not None:
        said += f" The weights of step {training.best_step:,} did best on the validation images"
        said += " and are the ones used."
    return said


def charts(ident: str, name: str, trained: Trained) -> list[dict[str, str | Markup]]:
    """Losses, D's mean outputs, gradient norms and validation scores over the steps.

    A column is placed by its name: ``d_out_`` for outputs, ``grad_norm_`` for norms, else ``g_`` or
    ``d_`` for losses. A panel with no column is left out.
    """
    curves, validation = trained.curves, trained.validation
    named = [str(column) for column in curves if column not in OTHER]
    outputs = [column for column in named if column.startswith("d_out_")]
    norms = [column for column in named if column.startswith("grad_norm")]
    losses = [column for column in named if column not in {*outputs, *norms}]
    of_d = [column for column in losses if column.startswith("d_")]
    of_g = [column for column in losses if column not in of_d]
    best = trained.training.best_step
    marker = None if best is None else (float(best), "best")
    panels: list[tuple[pd.DataFrame, list[str], str, dict[str, Any]]] = [
        (curves, of_g, "Generator's losses", {}),
        (curves, of_d, "Discriminator's losses", {}),
        (
            curves,
            outputs,
            "Discriminator's mean outputs",
            {"limits": (0.0, 1.0), "reference": (0.5, "undecided")},
        ),
        (curves, norms, "Gradient norms (log scale)", {"log": True}),
    ]
    panels += [
        (validation, [column], f"Validation: {_label(column)}", {"marker": marker})
        for column in map(str, validation)
        if column not in OTHER
    ]
    return [
        {
            "title": title,
            "svg": chart(
                frame,
                {column: _label(column) for column in columns},
                Axes(ident=f"{ident}-{number}", title=f"{name}: {title}", **more),
            ),
        }
        for number, (frame, columns, title, more) in enumerate(panels)
        if columns
    ]


def _label(column: str) -> str:
    return LABELS.get(column, column.removeprefix("g_").removeprefix("d_").replace("_", " "))


def _ending(curves: pd.DataFrame) -> dict[str, float]:
    """Means over the last tenth of training."""
    last = curves.tail(max(1, len(curves) // 10))
    means = last.select_dtypes("number").replace([np.inf, -np.inf], np.nan).mean()
    return {str(column): float(mean) for column, mean in means.items() if not np.isnan(mean)}


def _progress(trained: Trained) -> Picture:
    try:
        with Image.open(trained.progress) as image:
            return picture(np.asarray(image.convert("RGB")), MOSAIC, quality=85)
    except OSError as error:
        raise UserError(f"{trained.progress} is not an image: {error}") from None


def _flat(settings: dict[str, Any], under: str = "") -> Iterator[tuple[str, str]]:
    """Nested parameters as dotted names, in their own order."""
    for key, value in settings.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{under}{key}.")
        else:
            yield f"{under}{key}", "null" if value is None else str(value)
