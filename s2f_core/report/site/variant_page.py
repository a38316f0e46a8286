"""A variant's page: its translations, training, curves, progress, cards and parameters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup
from PIL import Image

from s2f_core.common.errors import UserError
from s2f_core.report.site import cards, examples, gallery, leaderboard_view, sentences
from s2f_core.report.site.charts import Axes, chart
from s2f_core.report.site.footnotes import Notes
from s2f_core.report.site.leaderboard import Board
from s2f_core.report.site.pictures import Picture, Pictures
from s2f_core.report.site.sources import Sources, Trained, Training, Translated

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


def variant(
    root: Path,
    name: str,
    found: Sources,
    tables: list[Board],
    given: cards.Data,
    pictures: Pictures,
    notes: Notes,
) -> dict[str, Any]:
    """Everything the template shows of one variant; ``tables`` are all leaderboards."""
    trained = found.variants[name]
    training = trained.training
    mine = [item for item in found.translations.values() if item.evaluation.variant == name]
    sets = {item.evaluation.target: item for item in reversed(mine)}
    return {
        "name": name,
        "study": training.settings.get("variant", {}).get("study"),
        "facts": facts(training),
        "health": training.health,
        "judged": sentences.judged(_ending(trained.curves)) if _decided(training) else [],
        "charts": charts("chart", name, trained),
        "progress": _progress(trained, pictures),
        "legend": _legend(training, mine),
        "settings": [
            (key, "null" if value is None else str(value))
            for key, value in cards.flat(training.settings)
        ],
        "model": cards.model(trained, mine, given),
        "data": [
            {"title": target, "lines": cards.data(root, item, given)}
            for target, item in reversed(sets.items())
        ],
        "translations": [_translation(item, found, tables, pictures, notes) for item in mine],
    }


def _translation(
    item: Translated, found: Sources, tables: list[Board], pictures: Pictures, notes: Notes
) -> dict[str, Any]:
    source = item.evaluation
    (place,) = [at for at, board in enumerate(tables) if source in board.evaluations]
    board = tables[place]
    ids = gallery.shared(list(gallery.of(board, found).values()))
    return {
        "name": source.name,
        "title": leaderboard_view.title(board),
        "board": f"board-{place + 1}",
        "comparable": len(board.evaluations) > 1,
        "note": _made(item),
        "strip": examples.strip(item, ids, pictures),
        "sheets": [] if source.kind == "pairs" else _sheets(item, pictures),
        "table": leaderboard_view.figures(source, notes),
        "bias": sentences.bias([source]),
        "mode": source.mode,
        "extremes": examples.extremes(item, pictures),
        "copies": examples.copies(item, pictures),
    }


def _sheets(item: Translated, pictures: Pictures) -> list[dict[str, Any]]:
    """Real held-out images and what is made, each on a sheet."""
    made = gallery.KINDS[item.evaluation.kind]({item.evaluation.name: item}, pictures)
    sheets: list[dict[str, Any]] = made["sheets"]
    return sheets


def line(name: str, found: Sources) -> dict[str, Any]:
    """A variant in the overview's list."""
    training = found.variants[name].training
    settings = training.settings.get("variant", {})
    mine = [item.name for item in found.evaluations if item.variant == name]
    return {
        "name": name,
        "study": settings.get("study"),
        "objective": settings.get("objective", {}).get("type", sentences.MISSING),
        "generator": settings.get("generator", {}).get("type", sentences.MISSING),
        "parameters": training.parameters.get("generator"),
        "steps": training.steps,
        "time": cards.lasted(training.seconds),
        "seconds": training.seconds,
        "warnings": len(training.health),
        "translations": mine,
    }


def _made(item: Translated) -> str:
    """From what the outputs were made, and how they reached full size."""
    source = item.evaluation
    size = f"{source.image_size}×{source.image_size} pixels"
    raised = "" if source.upscaler == "none" else f", enlarged by {source.upscaler}"
    tried = ", on data that the model was not trained on" if source.transfer else ""
    return f"{source.images:,} {source.tested} of {size}{raised}{tried}."


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
    sizes = sentences.listing(
        f"{_many(count)} in the {part.replace('_', ' ')}"
        for part, count in training.parameters.items()
    )
    images = f"{training.training_images:,} training images"
    if not training.paired and training.training_inputs is not None:
        images = f"{training.training_inputs:,} inputs and {images}, unpaired"
    said = (
        f"{images}, {training.steps:,} steps "
        f"({training.epochs:.3g} epochs) in {cards.lasted(training.seconds)} "
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


def _many(count: int) -> str:
    return f"{count / 1e6:.1f} M" if count >= 1e6 else f"{count / 1e3:.0f} k"


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


def _progress(trained: Trained, pictures: Pictures) -> Picture:
    try:
        with Image.open(trained.progress) as image:
            return pictures.add(np.asarray(image.convert("RGB")), MOSAIC, quality=85)
    except OSError as error:
        raise UserError(f"{trained.progress} is not an image: {error}") from None
