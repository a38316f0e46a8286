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
from s2f_core.report.sources import Sources, Trained, Training, Translated

MOSAIC = 1200
LABELS = {
    "d_out_real": "real",
    "d_out_fake": "generated",
    "grad_norm_g": "generator",
    "grad_norm_d": "discriminator",
    "g_l1": "L1",
    "g_l2": "L2",
    "d_fake": "generated",
    "d_real": "real",
    "lr": "rate",
    "ssim": "SSIM",
    "pixel_difference": "pixel difference",
}
BACK = "_back"  # of CycleGAN: the way B → A
OTHER = {"step", "epoch"}  # columns that are no curve
DECIDED = ("vanilla", "least-squares")  # losses under which D's 0.5 means undecided


def variant(number: int, name: str, found: Sources, edge: int) -> dict[str, Any]:
    """Everything the template shows about one variant."""
    trained = found.variants[name]
    training = trained.training
    mine = [item for item in found.translations.values() if item.evaluation.variant == name]
    return {
        "name": name,
        "ident": f"variant-{number}",
        "facts": facts(training),
        "health": training.health,
        "judged": words.judged(_ending(trained.curves)) if _decided(training) else [],
        "charts": charts(f"v{number}", name, trained),
        "progress": _progress(trained),
        "legend": _legend(training, mine),
        "settings": list(_flat(training.settings)),
        "extremes": [
            {"name": item.evaluation.name, "ends": ends}
            for item in mine
            if (ends := gallery.extremes(item, edge))
        ],
    }


def _decided(training: Training) -> bool:
    """Whether the discriminator's outputs are probabilities, or meant to be 0 and 1."""
    objective = training.settings.get("variant", {}).get("objective", {})
    return objective.get("adversarial", "vanilla") in DECIDED


def _legend(training: Training, mine: list[Translated]) -> str:
    """What the progress mosaic shows."""
    end = f"as training went on, up to step {training.steps:,}."
    if any(item.inputs is None for item in mine):
        return f"A row is one vector of noise: what the generator made of it {end}"
    if not training.paired:
        return (
            "A row is a validation image: left the input, then what the generator made of it "
            f"{end} Nothing real answers it: inputs and real images are no pairs."
        )
    return (
        "A row is a validation image: left the input, right the target, between them what the "
        f"generator made of it {end}"
    )


def facts(training: Training) -> str:
    """How the variant was trained, in a sentence."""
    sizes = words.listing(
        f"{count / 1e6:.1f} M in the {part}" for part, count in training.parameters.items()
    )
    minutes, seconds = divmod(round(training.seconds), 60)
    images = f"{training.training_images:,} training images"
    if not training.paired and training.training_inputs is not None:
        images = f"{training.training_inputs:,} inputs and {images}, unpaired"
    said = (
        f"{images}, {training.steps:,} steps "
        f"({training.epochs:.3g} epochs) in {minutes} min {seconds} s "
        f"({training.images_per_second:,.0f} images a second) on {training.device}, "
        f"{training.precision}."
    )
    if sizes:
        said += f" Parameters: {sizes}."
    if _recipe(training).get("best") == "last":
        said += " The last weights are the ones used."
    elif training.best_step is not None:
        said += f" The weights of step {training.best_step:,} did best on the validation images"
        said += " and are the ones used."
    return said


def _recipe(training: Training) -> dict[str, Any]:
    recipe: dict[str, Any] = training.settings.get("variant", {}).get("recipe", {})
    return recipe


def charts(ident: str, name: str, trained: Trained) -> list[dict[str, str | Markup]]:
    """Losses, D's mean outputs, gradient norms, rate and validation scores over the steps.

    A column is placed by its name: ``d_out_`` for outputs, ``grad_norm_`` for norms, ``d_`` for the
    discriminator's losses, ``lr`` for itself; of the rest the generator's, that which fools D
    stands apart from those that compare pictures. A panel with no column is left out.
    """
    curves, validation = trained.curves, trained.validation
    named = [str(column) for column in curves if column not in OTHER]

    def starting(*starts: str) -> list[str]:
        chosen = [column for column in named if column.startswith(starts)]
        named[:] = [column for column in named if column not in chosen]
        return chosen

    outputs, norms, rate = starting("d_out_"), starting("grad_norm"), starting("lr")
    of_d, fooling = starting("d_"), starting("g_adversarial")
    best = trained.training.best_step
    marker = None if best is None else (float(best), "best")
    undecided: dict[str, Any] = {}
    if _decided(trained.training):
        undecided = {"reference": (0.5, "undecided")}
        if ((curves[outputs] >= 0) & (curves[outputs] <= 1)).to_numpy().all():
            undecided["limits"] = (0.0, 1.0)
    panels: list[tuple[pd.DataFrame, list[str], str, dict[str, Any]]] = [
        (curves, fooling, "Generator's adversarial loss", {}),
        (curves, named, "Generator's other losses, unweighted", {}),
        (curves, of_d, "Discriminator's losses", {}),
        (curves, outputs, "Discriminator's mean outputs", undecided),
        (curves, norms, "Gradient norms (log scale)", {"log": True}),
        (curves, rate, "Learning rate of the generator", {}),
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
    """What a column is called: "generated, way back" for ``d_fake_back``."""
    stem = column.removesuffix(BACK)
    side = ", way back" if stem != column else ""
    plain = stem.removeprefix("g_").removeprefix("d_").replace("_", " ")
    return LABELS.get(stem, plain) + side


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
