"""Split a dataset."""

from typing import Annotated

import typer

from stages.app import run


def split(role: Annotated[str, typer.Argument(help="a key of 'data:'")]) -> None:
    """Divide the images of a role into train, val and test: data/ROLE/split.parquet."""
    from pathlib import Path

    from s2f_core.params import load
    from s2f_core.split import Split, write

    folder = Path("data") / role
    write(folder / "kept" / "index.parquet", load(Split, "split"), folder / "split.parquet")


if __name__ == "__main__":
    run(split)
