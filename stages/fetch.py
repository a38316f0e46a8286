"""Fetch an asset: published data or weights."""

from typing import Annotated

import typer

from stages.app import run


def fetch(
    name: Annotated[str, typer.Argument(help="asset of the catalogue, such as celeba-1k")],
) -> None:
    """Download an asset to data/assets/NAME and verify its published checksums."""
    from pathlib import Path

    from s2f_core.data.assets import fetch as fetch_asset

    fetch_asset(name, Path("data/assets") / name)


if __name__ == "__main__":
    run(fetch)
