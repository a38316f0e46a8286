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
from s2f_core.data.datasets.files import Files
from s2f_core.data.datasets.folder_tree import distinct
from s2f_core.data.datasets.photos import Photos
from s2f_core.data.datasets.source import Opened
from s2f_core.data.tables import Domain

log = logging.getLogger(__name__)

FOLDER = "img_align_celeba"
IDENTITIES = "identity_CelebA.txt"
PARTITION = "list_eval_partition.txt"
PARTS = {"0": "train", "1": "val", "2": "test"}


class CelebA1k(Photos):
    """CelebA's first 999 aligned faces, 178×218: ``{source: celeba-1k}``.

    No identities are known for them. Non-commercial research only (Liu et al. 2015).
    """

    ASSETS: ClassVar[tuple[str, ...]] = ("celeba-1k",)

    source: Literal["celeba-1k"]

    def open(self, path: Path, size: int, assets: Path) -> Opened:
        """The photos, uint8 [size, size, 3]; by the centre crop, rows 20 to 198 of them.

        ``path`` is the fetched folder. Raises UserError where it is missing or damaged.
        """
        files = Files(path)
        if not files.names:
            raise UserError(f"{path}: none of 0 images can be used; fetch it again")
        names = files.names[: self.limit]
        rows = distinct(names, [PurePosixPath(name).stem for name in names])
        return Opened(Domain(rows, self.squares(files, names, size, assets)))


class CelebA(Photos):
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

    def open(self, path: Path, size: int, assets: Path) -> Opened:
        """The photos, uint8 [size, size, 3].

        A photo that is listed and not there is a rejected row; so is one that the partition does
        not list, where it is asked for. One without an identity has no group. Raises UserError
        where a file of the three is missing, or a line of a list is not as published.
        """
        files = Files(path)
        photos = {
            PurePosixPath(name).name: name
            for name in reversed(files.names)
            if PurePosixPath(name).match(f"{FOLDER}/*.jpg")
        }
        if not photos:
            raise UserError(f"{path} has no {FOLDER}/*.jpg ({len(files)} files); fetch it again")
        identities = _listed(files, IDENTITIES)
        parts = _listed(files, PARTITION, PARTS)
        known = sorted({*photos, *identities, *parts})
        chosen = [base for base in known if self._wanted(parts.get(base))][: self.limit]
        log.info("%s: %d of %d photos are asked for", path, len(chosen), len(known))
        rows = pd.DataFrame(
            {
                "id": [PurePosixPath(base).stem for base in chosen],
                "source": [photos.get(base, f"{FOLDER}/{base}") for base in chosen],
                "group": [identities.get(base) for base in chosen],
                "part": [parts.get(base) for base in chosen],
                "rejected": [
                    self._fault(base, photos, identities, parts.get(base)) for base in chosen
                ],
            },
            dtype=object,
        )
        return Opened(Domain(rows, self.squares(files, rows["source"].tolist(), size, assets)))

    def _wanted(self, part: str | None) -> bool:
        return self.partition is None or part is None or part in self.partition

    def _fault(
        self, base: str, photos: Mapping[str, str], people: Mapping[str, str], part: str | None
    ) -> str | None:
        if base not in photos:
            return f"no such photo, but a line in {IDENTITIES if base in people else PARTITION}"
        if self.partition is not None and part is None:
            return f"no line in {PARTITION}"
        return None


def _listed(files: Files, base: str, names: Mapping[str, str] | None = None) -> dict[str, str]:
    """The number beside each photo in the list ``base``, or the name of that number."""
    found = [name for name in files.names if PurePosixPath(name).name == base]
    if len(found) != 1:
        raise UserError(f"{files.path}: {len(found)} files named {base}, 1 is needed; fetch it")
    place = f"{files.path}/{found[0]}"
    try:
        lines = files.read(found[0]).decode().splitlines()
    except (ImageError, UnicodeDecodeError) as error:
        raise UserError(f"{place} is {error}; fetch it again") from None
    allowed = "a number" if names is None else ", ".join(names)
    values: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        photo, *rest = line.split()
        value = rest[0] if len(rest) == 1 and rest[0].isascii() and rest[0].isdigit() else None
        if value is None or (names is not None and value not in names):
            wanted = f"a photo's file name and {allowed}"
            raise UserError(f"{place}, line {number}: {line!r} is not {wanted}")
        if photo in values:
            raise UserError(f"{place}, line {number}: {photo} is there twice")
        values[photo] = value if names is None else names[value]
    return values
