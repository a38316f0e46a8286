"""Train a variant."""

from typing import Annotated

import typer

from stages.app import run


def train(name: Annotated[str, typer.Argument(help="key under variants: in params.yaml")]) -> None:
    """Train a variant, or resume an interrupted training.

    Writes data/models/NAME and metrics/{curves,validation}/NAME.csv. For several GPUs or machines
    run torchrun … -m stages.train NAME.
    """
    from pathlib import Path

    from s2f_core.common.torchrun import read_launch
    from s2f_core.tracking import client

    if read_launch().is_main:
        client.preload_mlflow()  # connects while the imports below run

    from s2f_core.common.config import load, validate
    from s2f_core.common.device import Precision
    from s2f_core.common.seeding import Seed
    from s2f_core.training.run import Outputs, fit
    from s2f_core.training.variant import (
        LearningRate,
        MaxMinutes,
        MaxSteps,
        Settings,
        Variant,
        Width,
    )

    variant = load(Variant, "variants", name)
    values = {
        "name": name,
        "seed": load(Seed, "seed"),
        "lr": load(LearningRate, "lr"),
        "width": load(Width, "width"),
        "max_steps": load(MaxSteps, "max_steps"),
        "max_minutes": load(MaxMinutes, "max_minutes"),
        "precision": load(Precision, "precision"),
        "variant": variant,
    }
    settings: Settings = validate(Settings, values)
    variant.data.check_parts(Path("data"))
    splits = {
        "train": variant.data.pairs(Path("data"), variant.recipe.parts, variant.scale),
        "val": variant.data.pairs(Path("data"), "val", variant.scale),
    }
    files = Outputs(
        model=Path("data/models") / name,
        curves=Path("metrics/curves") / f"{name}.csv",
        validation=Path("metrics/validation") / f"{name}.csv",
    )
    fit(settings, splits, client.project_root() / ".s2f" / "training", files)


if __name__ == "__main__":
    run(train)
