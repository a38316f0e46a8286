"""Sources of images. The union is their registry: a new one is a file and a line here."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

from pydantic import Field

from s2f_core.data.datasets.celeba import CelebA, CelebA1k
from s2f_core.data.datasets.cifar10 import Cifar10
from s2f_core.data.datasets.coco import CocoPersons
from s2f_core.data.datasets.domainnet import DomainNet
from s2f_core.data.datasets.domains import Domains
from s2f_core.data.datasets.files import stamp
from s2f_core.data.datasets.folder import Folder
from s2f_core.data.datasets.imagenet import ImageNetFolder
from s2f_core.data.datasets.openmoji import OpenMoji
from s2f_core.data.datasets.quickdraw import QuickDraw
from s2f_core.data.datasets.sketchy import Sketchy
from s2f_core.data.datasets.strips import Strips
from s2f_core.data.datasets.surfaces import Surfaces
from s2f_core.data.tables import OWN_INPUTS, Table, build, read

Source = Annotated[
    CelebA1k
    | CelebA
    | QuickDraw
    | Sketchy
    | DomainNet
    | Strips
    | CocoPersons
    | OpenMoji
    | Cifar10
    | ImageNetFolder
    | Surfaces
    | Folder,
    Field(discriminator="source"),
]
Dataset = Annotated[Source | Domains[Source], Field(discriminator="source")]


def prepare(dataset: Dataset, path: Path, size: int, out: Path, assets: Path) -> Table:
    """Write a dataset as an image table, uint8 [n, size, size, C], and ``given`` within it.

    ``path`` is what the source is made from, ``assets`` has the weights of what looks for faces.
    How images come to be of ``size``, or of a size of their own, is the dataset's business; one
    that cannot be used becomes a rejected row. Raises UserError where none is left.
    """
    opened = dataset.open(path, size, assets)
    key = f"{dataset.model_dump_json()} {size} {stamp(path)}"
    sketches = out.with_name(f".{out.name}.{OWN_INPUTS}")
    if opened.given is not None:
        build(
            sketches, opened.given, label=f"{dataset.source}, {OWN_INPUTS}", key=key, code=__name__
        )
    build(out, opened.images, label=dataset.source, key=key, code=__name__, section=dataset)
    if opened.given is not None:
        shutil.move(sketches, out / OWN_INPUTS)
    return read(out)
