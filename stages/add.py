"""Add variants of the studies to ``params.yaml``."""

from typing import Annotated

import typer

from stages.app import run


def add(
    names: Annotated[
        list[str] | None, typer.Argument(help="variants; without any, list those there are")
    ] = None,
) -> None:
    """Add variants of the studies to params.yaml, which dvc repro then trains and scores.

    Roles, tables of inputs and assets that they need are added where they are missing. To take a
    variant back, delete its entries.
    """
    from s2f_core.common import study_variants

    if not names:
        typer.echo(study_variants.describe(study_variants.read()))
        return
    for line in study_variants.add(names):
        typer.echo(line)
    targets = " ".join(f"evaluate@{name}" for name in dict.fromkeys(names))
    typer.echo(f"next: dvc repro {targets}, or dvc repro, which updates the report, too")


if __name__ == "__main__":
    run(add)
