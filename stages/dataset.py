"""Turn a dataset into an image table."""

from typing import Annotated

import typer

from stages.app import run


def dataset(
    role: Annotated[str, typer.Argument(help="key under data: in params.yaml, such as faces")],
) -> None:
    """Decode or generate the images of a role, cut to squares.

    Writes the image table data/ROLE/kept.
    """
    from pathlib import Path

    from s2f_core.common.config import load
    from s2f_core.data.datasets import Dataset, ImageSize, prepare
    from s2f_core.data.untracked import warn_if_untracked

    size = load(ImageSize, "image_size")
    source = load(Dataset, "data", role)
    prepare(source, source.path, size, Path("data") / role / "kept", Path("data/assets"))
    warn_if_untracked(source.path)


if __name__ == "__main__":
    run(dataset)
