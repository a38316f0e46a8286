"""Translate the test split."""

from typing import Annotated

import typer

from stages.app import run


def translate(name: Annotated[str, typer.Argument(help="a key of 'translations:'")]) -> None:
    """Run a trained generator over the test split, and up to full size: data/translations/NAME."""
    from pathlib import Path

    from s2f_core.data import Translation
    from s2f_core.params import load
    from s2f_core.translation import translate as run_model

    translation = load(Translation, "translations", name)
    run_model(
        Path("data/models") / translation.variant / f"{translation.direction}.pt",
        translation,
        Path("data"),
        Path("data/translations") / name,
    )


if __name__ == "__main__":
    run(translate)
