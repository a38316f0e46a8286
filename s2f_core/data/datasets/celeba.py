"""CelebA's aligned faces (Liu et al. 2015): the first 999, or all with identities and partition."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import ClassVar, Literal

import pandas as pd
from pydantic import Field

from s2f_core.common.errors import UserError
from s2f_core.common.images import ImageError
from s2f_core.data.datasets.files import SourceFiles
from s2f_core.data.datasets.folder_tree import file_rows
from s2f_core.data.datasets.photos import PhotoSource
from s2f_core.data.datasets.source import DatasetContents
from s2f_core.data.tables import Domain

log = logging.getLogger(__name__)

FOLDER = "img_align_celeba"
IDENTITIES = "identity_CelebA.txt"
PARTITION = "list_eval_partition.txt"
PARTS = {"0": "train", "1": "val", "2": "test"}


class CelebA1k(PhotoSource):
    """CelebA's first 999 aligned faces, 178×218: ``{source: celeba-1k}``.

    No identities are known for them. Non-commercial research only (Liu et al. 2015).
    """

    ASSETS: ClassVar[tuple[str, ...]] = ("celeba-1k",)

    source: Literal["celeba-1k"]

    def open(self, path: Path, size: int, assets: Path) -> DatasetContents:
        """Return the photos, uint8 [size, size, 3]; the centre crop is rows 20 to 198.

        ``path`` is the fetched folder. Raises UserError if it is missing or damaged.
        """
        files = SourceFiles(path)
        if not files.names:
            raise UserError(f"{path}: none of 0 images can be used; fetch it again")
        names = files.names[: self.limit]
        rows = file_rows(names, [PurePosixPath(name).stem for name in names])
        return DatasetContents(Domain(rows, self.cropped(files, names, size, assets)))


class CelebA(PhotoSource):
    """CelebA's 202,599 aligned faces with identities: ``{source: celeba}``.

    ``path`` has the official files: ``img_align_celeba/NNNNNN.jpg``, ``list_eval_partition.txt``
    and ``identity_CelebA.txt``. No split divides a person. P1 has ``limit: 2000``, P2 7000.
    """

    ASSETS: ClassVar[tuple[str, ...]] = ("celeba",)

    source: Literal["celeba"]
    partition: tuple[Literal["train", "val", "test"], ...] | None = Field(
        None,
        min_length=1,
        description="Use only these parts of the official partition; null uses all.",
    )

    def open(self, path: Path, size: int, assets: Path) -> DatasetContents:
        """Return the photos, uint8 [size, size, 3].

        A listed photo without a file is a rejected row; so is a photo that the partition does not
        list, if ``partition`` is set. A photo without an identity has no group. Raises UserError if
        one of the three files is missing, or a line of a list is not as published.
        """
        files = SourceFiles(path)
        photos = {
            PurePosixPath(name).name: name
            for name in reversed(files.names)
            if PurePosixPath(name).match(f"{FOLDER}/*.jpg")
        }
        if not photos:
            raise UserError(f"{path} has no {FOLDER}/*.jpg ({len(files)} files); fetch it again")
        identities = _read_list(files, IDENTITIES)
        parts = _read_list(files, PARTITION, PARTS)
        known = sorted({*photos, *identities, *parts})
        selected = [name for name in known if self._is_selected(parts.get(name))][: self.limit]
        log.info("%s: %d of %d photos selected", path, len(selected), len(known))
        rows = pd.DataFrame(
            {
                "id": [PurePosixPath(name).stem for name in selected],
                "source": [photos.get(name, f"{FOLDER}/{name}") for name in selected],
                "group": [identities.get(name) for name in selected],
                "part": [parts.get(name) for name in selected],
                "rejected": [
                    self._rejection(name, photos, identities, parts.get(name)) for name in selected
                ],
            },
            dtype=object,
        )
        make = self.cropped(files, rows["source"].tolist(), size, assets)
        return DatasetContents(Domain(rows, make))

    def _is_selected(self, part: str | None) -> bool:
        return self.partition is None or part is None or part in self.partition

    def _rejection(
        self,
        name: str,
        photos: Mapping[str, str],
        identities: Mapping[str, str],
        part: str | None,
    ) -> str | None:
        """The reason why a photo cannot be used, or None."""
        if name not in photos:
            listing = IDENTITIES if name in identities else PARTITION
            return f"listed in {listing}, but there is no such photo"
        if self.partition is not None and part is None:
            return f"not listed in {PARTITION}"
        return None


def _read_list(
    files: SourceFiles, filename: str, names: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the number beside each photo in a list, or the name of that number in ``names``."""
    path = files.find(filename)
    where = f"{files.path}/{path}"
    try:
        lines = files.read(path).decode().splitlines()
    except (ImageError, UnicodeDecodeError) as error:
        raise UserError(f"{where} cannot be read: {error}; fetch it again") from None
    allowed = "a number" if names is None else ", ".join(names)
    values: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        photo, *rest = line.split()
        value = rest[0] if len(rest) == 1 and rest[0].isascii() and rest[0].isdigit() else None
        if value is None or (names is not None and value not in names):
            raise UserError(
                f"{where}, line {number}: {line!r} is not a photo's file name and {allowed}"
            )
        if photo in values:
            raise UserError(f"{where}, line {number}: {photo} is listed twice")
        values[photo] = value if names is None else names[value]
    return values
