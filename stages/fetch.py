"""Fetch one asset: data or weights that others published."""

from typing import Annotated

import typer

from stages.app import run


def fetch(
    name: Annotated[str, typer.Argument(help="An asset of the catalogue, such as celeba-1k.")],
) -> None:
    """Fetch the files of an asset, checked by their published checksums, to data/assets/NAME."""
    from pathlib import Path

    from s2f_core.data.assets import fetch as fetch_asset

    fetch_asset(name, Path("data/assets") / name)


if __name__ == "__main__":
    run(fetch)
