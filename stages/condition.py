"""Compute the generator's inputs."""

from typing import Annotated

import typer

from stages.app import run


def condition(
    role: Annotated[str, typer.Argument(help="key under data: in params.yaml")],
    background: Annotated[str, typer.Argument(help="photos with the background kept or removed")],
    name: Annotated[str, typer.Argument(help="key under conditions: in params.yaml")],
) -> None:
    """Compute a condition, such as sketches, of a role's photos.

    Writes the image table data/ROLE/BACKGROUND-NAME.
    """
    from pathlib import Path

    from s2f_core.common.config import load
    from s2f_core.data import tables
    from s2f_core.data.conditions import Condition, convert

    folder = Path("data") / role
    section = load(Condition, "conditions", name)
    photos, out = tables.read(folder / background), folder / f"{background}-{name}"
    convert(photos, section, out, Path("data/assets"))


if __name__ == "__main__":
    run(condition)
