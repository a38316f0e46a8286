"""Sources of images. The union is their registry: a new one is a file and a line here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from s2f_core.datasets.celeba import CelebA1k
from s2f_core.datasets.quickdraw import QuickDraw
from s2f_core.datasets.surfaces import Surfaces
from s2f_core.tables import Table, build

Dataset = Annotated[CelebA1k | QuickDraw | Surfaces, Field(discriminator="source")]


def prepare(dataset: Dataset, path: Path, size: int, out: Path) -> Table:
    """Write a dataset as an image table, uint8 [n, size, size, C].

    ``path`` is what the source is made from. How its images come to be of ``size``, or of a size
    of their own, is the dataset's business; one that cannot be used becomes a rejected row.
    Raises UserError where none is left.
    """
    rows, load = dataset.open(path, size)
    return build(out, rows, load, describe=dataset.source)
