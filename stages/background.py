"""Remove the background of photos."""

from typing import Annotated

import typer

from stages.app import run


def background(role: Annotated[str, typer.Argument(help="key under data: in params.yaml")]) -> None:
    """Remove the background of a role's photos, by params.yaml's background:.

    Writes data/ROLE/removed, and the alpha mattes to data/ROLE/matte.
    """
    from pathlib import Path

    from s2f_core.common.config import load
    from s2f_core.data import tables
    from s2f_core.data.background import Background
    from s2f_core.data.background.remove import remove_from_table

    section = load(Background, "background")
    folder = Path("data") / role
    photos = tables.read(folder / "kept")
    asset = Path("data/assets") / section.model
    remove_from_table(photos, section, asset, folder / "matte", folder / "removed")


if __name__ == "__main__":
    run(background)
