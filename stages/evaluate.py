"""Translate a split with a trained variant and score the outputs."""

from typing import Annotated

import typer

from stages.app import run


def evaluate(
    variant: Annotated[str, typer.Argument(help="key under variants: in params.yaml")],
) -> None:
    """Translate the test images with a trained variant, and score the outputs and baselines.

    Writes data/translations/VARIANT, data/evaluations/VARIANT and metrics/VARIANT.json.
    """
    from pathlib import Path
    from typing import Any

    from s2f_core.tracking import client

    client.preload_mlflow()  # connects while the imports below run
    from s2f_core.common.config import load
    from s2f_core.data.conditions import Condition
    from s2f_core.data.selection import TranslatedVariant, TranslationOptions
    from s2f_core.evaluation.evaluate import (
        Subject,
        evaluate_outputs,
        write_evaluation,
        write_metrics,
    )
    from s2f_core.evaluation.translate import translate_split
    from s2f_core.metrics.backbones import feature_networks
    from s2f_core.metrics.edge_consistency import condition_redraw
    from s2f_core.networks.checkpoint import read_description
    from s2f_core.tracking.log_evaluation import log_evaluation

    data, scores = Path("data"), {}
    model, features = data / "models" / variant, feature_networks(data / "assets")
    translations = load(TranslatedVariant, "variants", variant).resolve(
        variant,
        load(dict[str, TranslationOptions], "translations", variant),
        load(str, "gap", "people"),
    )
    for name, translation in translations.items():
        selection, direction = translation.data, translation.direction
        condition = load(Condition, "conditions", selection.condition)
        redraw = condition_redraw(condition, data / "assets") if direction == "a-to-b" else None
        place = Path(variant) / name
        file = model / f"{direction}.pt"
        outputs = translate_split(file, translation, data, data / "translations" / place)
        result = evaluate_outputs(
            Subject.of(name, translation),
            outputs,
            selection.pairs(data, "train", direction=direction),
            selection.pairs(data, translation.split, direction=direction),
            features,
            redraw,
            classifier_score=translation.classifier_score,
            loss_networks=read_description(file).loss_networks,
        )
        write_evaluation(result, data / "evaluations" / place)
        log_evaluation(name, variant, data, load(dict[str, Any], "data", selection.role))
        scores[name] = result.scores
    write_metrics(scores, Path("metrics") / f"{variant}.json")


if __name__ == "__main__":
    run(evaluate)
