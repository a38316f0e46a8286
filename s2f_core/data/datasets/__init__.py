"""Sources of images. The union is their registry: a new source is a file and a line here."""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path
from typing import Annotated

from pydantic import Field

from s2f_core.common.atomic import write_text
from s2f_core.data.datasets.celeba import CelebA, CelebA1k
from s2f_core.data.datasets.cifar10 import Cifar10
from s2f_core.data.datasets.coco import CocoPersons
from s2f_core.data.datasets.domainnet import DomainNet
from s2f_core.data.datasets.domains import Domains
from s2f_core.data.datasets.files import fingerprint
from s2f_core.data.datasets.folder import Folder
from s2f_core.data.datasets.folder_tree import to_unicode
from s2f_core.data.datasets.gaussian_surfaces import GaussianSurfaces
from s2f_core.data.datasets.imagenet import ImageNetFolder
from s2f_core.data.datasets.openmoji import OpenMoji
from s2f_core.data.datasets.quickdraw import QuickDraw
from s2f_core.data.datasets.sketchy import Sketchy
from s2f_core.data.datasets.strips import Strips
from s2f_core.data.datasets.summary import CONTENTS_FILE, describe, summarise
from s2f_core.data.tables import OWN_INPUTS, Table, build, read

log = logging.getLogger(__name__)

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
    | GaussianSurfaces
    | Folder,
    Field(discriminator="source"),
]
ImageSize = Annotated[int, Field(strict=True, ge=8, le=2048)]
Dataset = Annotated[Source | Domains[Source], Field(discriminator="source")]


def prepare(dataset: Dataset, path: Path, size: int, out: Path, assets: Path) -> Table:
    """Write a dataset as an image table, uint8 [n, size, size, C], with its own inputs inside.

    First log one line that says what the source was read as; the table's ``contents.json`` has it.

    ``path`` is the source's folder, ``assets`` has the face detector's weights. The source decides
    how images become ``size`` pixels a side, or keep a size of their own. An image that cannot be
    used becomes a rejected row. Raises UserError if no image is left.
    """
    contents = dataset.open(path, size, assets)
    summary = summarise(contents)
    log.info("%s: %s read as %s", out, path, describe(summary))
    key = f"{dataset.model_dump_json()} {size} {fingerprint(path)}"
    own_inputs = out.with_name(f".{out.name}.{OWN_INPUTS}")
    if contents.own_inputs is not None:
        label = f"{dataset.source}, {OWN_INPUTS}"
        build(own_inputs, contents.own_inputs, label=label, key=key, code=__name__)
    build(out, contents.images, label=dataset.source, key=key, code=__name__, section=dataset)
    if contents.own_inputs is not None:
        shutil.move(own_inputs, out / OWN_INPUTS)
    text = json.dumps(summary, indent=2, ensure_ascii=False, allow_nan=False)
    write_text(out / CONTENTS_FILE, to_unicode(text) + "\n")
    return read(out)
