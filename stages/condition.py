"""Make the generator's input."""

from typing import Annotated

import typer

from stages.app import run


def condition(
    role: Annotated[str, typer.Argument(help="a key of 'data:'")],
    background: Annotated[str, typer.Argument(help="kept or removed")],
    name: Annotated[str, typer.Argument(help="a key of 'conditions:'")],
) -> None:
    """Derive a condition from the images of a role: data/ROLE/BACKGROUND-NAME."""
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
