"""The charts of a variant's page: losses, outputs, gradient norms and validation scores."""

from __future__ import annotations

from typing import Any

import pandas as pd
from markupsafe import Markup

from s2f_core.report.site.charts import Axes, chart
from s2f_core.report.site.records import TrainingRecord
from s2f_core.report.site.sources import VariantResult

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
    "kid": "KID",
    "pixel_difference": "pixel difference",
}
BACK = "_back"  # suffix of CycleGAN's columns for B → A
NO_CURVES = {"step", "epoch"}
PROBABILITY_LOSSES = ("vanilla", "least-squares")  # D's output 0.5 means undecided


def outputs_are_probabilities(training: TrainingRecord) -> bool:
    """Whether the discriminator's outputs are probabilities, or trained towards 0 and 1."""
    objective = training.settings.get("variant", {}).get("objective", {})
    return objective.get("adversarial", "vanilla") in PROBABILITY_LOSSES


def training_charts(ident: str, name: str, variant: VariantResult) -> list[dict[str, str | Markup]]:
    """Return a title and an SVG per chart; a chart without columns is left out.

    The name of a column places it: ``d_out_`` are outputs, ``grad_norm`` gradient norms, ``d_`` the
    discriminator's losses, ``lr`` the rate and ``g_adversarial`` the generator's adversarial loss.
    All others are further losses of the generator.
    """
    curves, validation = variant.curves, variant.validation
    remaining = [str(column) for column in curves if column not in NO_CURVES]

    def take(prefix: str) -> list[str]:
        columns = [column for column in remaining if column.startswith(prefix)]
        remaining[:] = [column for column in remaining if column not in columns]
        return columns

    outputs, norms, rate = take("d_out_"), take("grad_norm"), take("lr")
    d_losses, adversarial = take("d_"), take("g_adversarial")
    best = variant.training.best_step
    marker = None if best is None else (float(best), "best")
    output_axes: dict[str, Any] = {}
    if outputs_are_probabilities(variant.training):
        output_axes = {"reference": (0.5, "undecided")}
        if ((curves[outputs] >= 0) & (curves[outputs] <= 1)).to_numpy().all():
            output_axes["limits"] = (0.0, 1.0)
    charts: list[tuple[pd.DataFrame, list[str], str, dict[str, Any]]] = [
        (curves, adversarial, "Generator's adversarial loss", {}),
        (curves, remaining, "Generator's other losses, unweighted", {}),
        (curves, d_losses, "Discriminator's losses", {}),
        (curves, outputs, "Discriminator's mean outputs", output_axes),
        (curves, norms, "Gradient norms (log scale)", {"log": True}),
        (curves, rate, "Learning rate of the generator", {}),
    ]
    charts += [
        (validation, [column], f"Validation: {_label(column)}", {"marker": marker})
        for column in map(str, validation)
        if column not in NO_CURVES
    ]
    return [
        {
            "title": title,
            "svg": chart(
                frame,
                {column: _label(column) for column in columns},
                Axes(ident=f"{ident}-{number}", title=f"{name}: {title}", **options),
            ),
        }
        for number, (frame, columns, title, options) in enumerate(charts)
        if columns
    ]


def _label(column: str) -> str:
    """Return a column's legend: "generated, B to A" for ``d_fake_back``."""
    stem = column.removesuffix(BACK)
    side = ", B to A" if stem != column else ""
    plain = stem.removeprefix("g_").removeprefix("d_").replace("_", " ")
    return LABELS.get(stem, plain) + side


def discriminator_sentences(curves_end: dict[str, float]) -> list[str]:
    """Interpret the last mean outputs of every discriminator; empty if none was recorded.

    Outputs far outside [0, 1] are no probabilities and are left out.
    """
    sentences = []
    for column, real in curves_end.items():
        end = column.removeprefix("d_out_real")
        fake = curves_end.get(f"d_out_fake{end}")
        if end == column or fake is None or min(real, fake) < -0.2 or max(real, fake) > 1.2:
            continue
        gap = real - fake
        verdict = "it could hardly tell them apart"
        if gap > 0.6:
            verdict = "it had nearly won, which leaves the generator little to learn from"
        elif gap > 0.2:
            verdict = "it told them apart, but not with certainty"
        which = " of B to A" if end else ""
        sentences.append(
            f"Over the last tenth of training the discriminator{which} gave real "
            f"examples {real:.2f} and generated ones {fake:.2f} on average (0.5 means undecided): "
            f"{verdict}."
        )
    return sentences
