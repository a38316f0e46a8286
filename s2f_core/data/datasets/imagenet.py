"""ImageNet, unpacked into one folder per class (Deng et al. 2009)."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Annotated, ClassVar, Literal

import pandas as pd
from pydantic import Field

from s2f_core.common.entry_names import Classes
from s2f_core.data.datasets.classes import select_classes
from s2f_core.data.datasets.files import SourceFiles
from s2f_core.data.datasets.folder_tree import (
    FolderTree,
    FolderWords,
    empty_class_row,
    file_rows,
    image_names,
    to_unicode,
    without_extension,
)
from s2f_core.data.datasets.photos import PhotoSource
from s2f_core.data.datasets.source import DatasetContents
from s2f_core.data.tables import Domain


class ImageNetFolder(PhotoSource):
    """ImageNet's folders of classes: ``{source: imagenet-folder}``.

    ``<class>/*.JPEG`` at any depth; the class is the folder, a WordNet id or a name. Folders
    ``train``, ``val`` and ``test`` above the classes are the publisher's parts. ImageNet is
    given out by application to its authors only.
    """

    ASSETS: ClassVar[tuple[str, ...]] = ()  # available only on application to its authors

    source: Literal["imagenet-folder"]
    classes: Annotated[dict[str, str], Field(min_length=1)] | Classes = Field(
        None,
        description="Folders to use, with or without a name ({n07873807: pizza}); null uses all.",
    )

    def open(self, path: Path, size: int, assets: Path) -> DatasetContents:
        """Return the photos of the classes, uint8 [size, size, 3]; empty classes are rejected rows.

        Raises UserError if there is no photo at all, or no folder of a requested class.
        """
        files = SourceFiles(path)
        folders: dict[str, list[str]] = {}
        for name in files.names:
            folders.setdefault(PurePosixPath(name).parent.name, []).append(name)
        photos = image_names(files)
        tree = FolderTree.from_files(files, photos, FolderWords("A", "B"), sides=False)
        parts = {place.name: place.part for place in tree.places}
        loose = [name for name in folders.pop("", []) if name in parts]
        new_names = self.classes if isinstance(self.classes, dict) else {}
        classes = None if self.classes is None else tuple(self.classes)
        tables = []
        for folder in select_classes(classes, folders, path):
            names = [name for name in folders[folder] if name in parts][: self.limit]
            rows = empty_class_row(folder)
            if names:
                rows = file_rows(names, map(without_extension, names))
                rows["part"] = pd.Series([parts[name] for name in names], dtype=object)
            tables.append(rows.assign(**{"class": new_names.get(folder, to_unicode(folder))}))
        if loose and classes is None:
            rows = file_rows(loose, map(without_extension, loose))
            tables.append(rows.assign(rejected="not in the folder of a class"))
        rows = pd.concat(tables, ignore_index=True)
        make = self.cropped(files, tuple(rows["source"]), size, assets)
        return DatasetContents(Domain(rows, make))
