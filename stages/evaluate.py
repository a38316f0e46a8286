"""Translate a split, the test images as a rule, and score what comes out."""

from typing import Annotated

import typer

from stages.app import run


def evaluate(name: Annotated[str, typer.Argument(help="a key of 'translations:'")]) -> None:
    """Run a trained generator over a split, up to full size, and score it beside baselines.

    Writes data/translations/NAME, data/evaluations/NAME and metrics/NAME.json.
    """
    from pathlib import Path
    from typing import Any

    from s2f_core.tracking import client

    client.begin()  # it takes as long as the imports that follow
    from s2f_core.common.config import load
    from s2f_core.data.conditions import Condition
    from s2f_core.data.selection import Translation
    from s2f_core.evaluation import evaluate as evaluation
    from s2f_core.evaluation.translate import translate
    from s2f_core.metrics.backbones import feature_networks
    from s2f_core.metrics.edge_consistency import condition_redraw
    from s2f_core.tracking.log_evaluation import record

    translation = load(Translation, "translations", name)
    subject = evaluation.Subject(
        name=name,
        variant=translation.variant,
        upscaler=translation.upscaler,
        role=translation.data.role,
        background=translation.data.background,
        condition=translation.data.condition,
        classes=translation.data.classes,
        transfer=translation.transfer,
        direction=translation.direction,
        split=translation.split,
        kind=translation.scores,
    )
    data, way = Path("data"), translation.direction
    assets = data / "assets"
    condition = load(Condition, "conditions", translation.data.condition)
    model = data / "models" / translation.variant
    result = evaluation.evaluate(
        subject,
        translate(model / f"{way}.pt", translation, data, data / "translations" / name),
        translation.data.pairs(data, "train", direction=way),
        translation.data.pairs(data, translation.split, direction=way),
        feature_networks(assets),
        condition_redraw(condition, assets) if way == "a-to-b" else None,
    )
    folder = data / "evaluations" / name
    evaluation.write(result, folder, Path("metrics") / f"{name}.json")
    record(name, data, load(dict[str, Any], "data", translation.data.role))


if __name__ == "__main__":
    run(evaluate)
