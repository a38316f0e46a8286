"""ImageNet as it is unpacked (Deng et al. 2009): a folder a class."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Annotated, ClassVar, Literal

import pandas as pd
from pydantic import Field

from s2f_core.data.datasets.classes import Classes, chosen
from s2f_core.data.datasets.files import Files
from s2f_core.data.datasets.folder_tree import distinct, empty, pictures, readable, stem
from s2f_core.data.datasets.photos import Photos
from s2f_core.data.datasets.source import Opened
from s2f_core.data.tables import Domain


class ImageNetFolder(Photos):
    """ImageNet's folders of classes: ``{source: imagenet-folder}``.

    ``<class>/*.JPEG`` at any depth; the class is the folder, a WordNet id or a name. ImageNet is
    given out by application to its authors only.
    """

    ASSETS: ClassVar[tuple[str, ...]] = ()  # by application to its authors only

    source: Literal["imagenet-folder"]
    classes: Annotated[dict[str, str], Field(min_length=1)] | Classes = Field(
        None,
        description="Folders to use, with or without a name ({n07873807: pizza}); null uses all.",
    )

    def open(self, path: Path, size: int, assets: Path) -> Opened:
        """The photos of the classes, uint8 [size, size, 3]; a class without one is a rejected row.

        Raises UserError where there is no photo at all, or no folder of a class.
        """
        files = Files(path)
        folders: dict[str, list[str]] = {}
        for name in files.names:
            folders.setdefault(PurePosixPath(name).parent.name, []).append(name)
        photos = set(pictures(files))
        beside = [name for name in folders.pop("", []) if name in photos]
        named = self.classes if isinstance(self.classes, dict) else {}
        classes = None if self.classes is None else tuple(self.classes)
        tables = []
        for folder in chosen(classes, folders, path):
            found = [name for name in folders[folder] if name in photos][: self.limit]
            rows = distinct(found, map(stem, found)) if found else empty(folder)
            tables.append(rows.assign(**{"class": named.get(folder, readable(folder))}))
        if beside and classes is None:
            rows = distinct(beside, map(stem, beside))
            tables.append(rows.assign(rejected="in no class's folder"))
        every = pd.concat(tables, ignore_index=True)
        return Opened(Domain(every, self.squares(files, tuple(every["source"]), size, assets)))
