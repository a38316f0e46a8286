"""Decode a dataset into an image table."""

from typing import Annotated

import typer

from stages.app import run


def dataset(role: Annotated[str, typer.Argument(help="a key of 'data:', such as faces")]) -> None:
    """Decode the source of a role: data/ROLE/kept, an image table of squares."""
    from pathlib import Path

    from s2f_core.datasets import Dataset, prepare
    from s2f_core.params import load

    source = load(Dataset, "data", role)
    size = load(int, "image_size")
    prepare(source, Path("data/assets") / source.source, size, Path("data") / role / "kept")


if __name__ == "__main__":
    run(dataset)
