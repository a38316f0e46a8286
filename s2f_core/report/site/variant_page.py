"""A variant's page: its translations, training, curves, progress, cards and parameters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from s2f_core.common.errors import UserError
from s2f_core.report.site import cards, examples, gallery, sentences
from s2f_core.report.site.footnotes import Footnotes
from s2f_core.report.site.leaderboard import Board
from s2f_core.report.site.leaderboard_view import (
    board_title,
    left_out_note,
    translation_scores,
)
from s2f_core.report.site.pictures import PictureStore, SitePicture
from s2f_core.report.site.records import TrainingRecord
from s2f_core.report.site.sources import Sources, TranslationResult, VariantResult
from s2f_core.report.site.training_charts import (
    discriminator_sentences,
    outputs_are_probabilities,
    training_charts,
)

MOSAIC = 1200  # pixels of its longer side


def variant_view(
    root: Path,
    name: str,
    sources: Sources,
    boards: list[Board],
    params: cards.DataParams,
    pictures: PictureStore,
    footnotes: Footnotes,
) -> dict[str, Any]:
    """Return everything that the template shows of a variant; ``boards`` are all leaderboards."""
    variant = sources.variants[name]
    training = variant.training
    results = [each for each in sources.translations.values() if each.evaluation.variant == name]
    data_sets = {each.evaluation.target: each for each in reversed(results)}
    discriminator = []
    if outputs_are_probabilities(training):
        discriminator = discriminator_sentences(_final_means(variant.curves))
    return {
        "name": name,
        "study": training.settings.get("variant", {}).get("study"),
        "facts": training_sentence(training),
        "health": training.health,
        "discriminator": discriminator,
        "charts": training_charts("chart", name, variant),
        "progress": _progress(variant, pictures),
        "legend": _progress_legend(training, results),
        "settings": [
            (key, "null" if value is None else str(value))
            for key, value in cards.flatten(training.settings)
        ],
        "model": cards.model_card(variant, results, params),
        "data": [
            {"title": target, "lines": cards.data_card(root, result, params)}
            for target, result in reversed(data_sets.items())
        ],
        "translations": [
            _translation(result, sources, boards, pictures, footnotes) for result in results
        ],
    }


def _translation(
    result: TranslationResult,
    sources: Sources,
    boards: list[Board],
    pictures: PictureStore,
    footnotes: Footnotes,
) -> dict[str, Any]:
    evaluation = result.evaluation
    (index,) = [i for i, board in enumerate(boards) if evaluation in board.evaluations]
    board = boards[index]
    ids = gallery.shared_ids(list(gallery.board_results(board, sources).values()))
    return {
        "name": evaluation.name,
        "title": board_title(board),
        "board": f"board-{index + 1}",
        "comparable": len(board.evaluations) > 1,
        "note": _evaluation_note(result),
        "strip": examples.sample_strip(result, ids, pictures),
        "sheets": [] if evaluation.kind == "pairs" else _sheets(result, pictures),
        "table": translation_scores(evaluation, footnotes),
        "bias": sentences.fid_bias_warning([evaluation]),
        "left_out": left_out_note([evaluation]),
        "mode": evaluation.mode,
        "extremes": examples.best_and_worst(result, pictures),
        "copies": examples.nearest_training_images(result, pictures),
    }


def _sheets(result: TranslationResult, pictures: PictureStore) -> list[dict[str, Any]]:
    """Return a sheet of real held-out images and one of the outputs."""
    evaluation = result.evaluation
    view = gallery.VIEWS[evaluation.kind]({evaluation.name: result}, pictures)
    sheets: list[dict[str, Any]] = view["sheets"]
    return sheets


def variant_row(name: str, sources: Sources) -> dict[str, Any]:
    """Return a variant's row in the overview."""
    training = sources.variants[name].training
    settings = training.settings.get("variant", {})
    return {
        "name": name,
        "study": settings.get("study"),
        "objective": settings.get("objective", {}).get("type", sentences.MISSING),
        "generator": settings.get("generator", {}).get("type", sentences.MISSING),
        "parameters": training.parameters.get("generator"),
        "steps": training.steps,
        "time": cards.duration_text(training.seconds),
        "seconds": training.seconds,
        "warnings": len(training.health),
        "translations": [item.name for item in sources.evaluations if item.variant == name],
    }


def _evaluation_note(result: TranslationResult) -> str:
    """Describe the evaluated images: their number, split, size and finish."""
    source = result.evaluation
    size = f"{source.image_size}×{source.image_size} pixels"
    finish = f", {source.finish}" if source.finish else ""
    transfer = ", on data that the model was not trained on" if source.transfer else ""
    return f"{source.images:,} {source.split_images} of {size}{finish}{transfer}."


def _progress_legend(training: TrainingRecord, results: list[TranslationResult]) -> str:
    """Describe the rows of the progress mosaic."""
    outputs = f"the generator's outputs during training, up to step {training.steps:,}."
    if any(result.inputs is None for result in results):
        return f"A row is one noise vector: {outputs}"
    if not training.paired:
        return (
            f"A row is a validation image: the input on the left, then {outputs} There is no "
            "target, since inputs and real images are unpaired."
        )
    return (
        "A row is a validation image: the input on the left, the target on the right, between "
        f"them {outputs}"
    )


def training_sentence(training: TrainingRecord) -> str:
    """Describe how a variant was trained, and the weights that are used."""
    sizes = sentences.join_words(
        f"{_rounded(count)} in the {part.replace('_', ' ')}"
        for part, count in training.parameters.items()
    )
    images = f"{training.training_images:,} training images"
    if not training.paired and training.training_inputs is not None:
        images = f"{training.training_inputs:,} inputs and {images}, unpaired"
    text = (
        f"{images}, {training.steps:,} steps "
        f"({training.epochs:.3g} epochs) in {cards.duration_text(training.seconds)} "
        f"({training.images_per_second:,.0f} images a second) on {training.device}, "
        f"{training.precision}."
    )
    if sizes:
        text += f" Parameters: {sizes}."
    recipe = training.settings.get("variant", {}).get("recipe", {})
    if recipe.get("best") == "last":
        text += " The last weights are used."
    elif training.best_step is not None:
        text += f" The weights of step {training.best_step:,} did best on the validation images"
        text += " and are used."
    return text


def _rounded(count: int) -> str:
    return f"{count / 1e6:.1f} M" if count >= 1e6 else f"{count / 1e3:.0f} k"


def _final_means(curves: pd.DataFrame) -> dict[str, float]:
    """Return every column's mean over the last tenth of training."""
    last = curves.tail(max(1, len(curves) // 10))
    means = last.select_dtypes("number").replace([np.inf, -np.inf], np.nan).mean()
    return {str(column): float(mean) for column, mean in means.items() if not np.isnan(mean)}


def _progress(variant: VariantResult, pictures: PictureStore) -> SitePicture:
    try:
        with Image.open(variant.progress) as image:
            return pictures.add(np.asarray(image.convert("RGB")), MOSAIC, quality=85)
    except OSError as error:
        raise UserError(f"{variant.progress} is not an image: {error}") from None
