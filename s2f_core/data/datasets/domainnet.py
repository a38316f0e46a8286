"""Two unpaired domains of DomainNet (Peng et al. 2019; P5)."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import ClassVar, Literal, Self

import pandas as pd
from pydantic import Field, model_validator

from s2f_core.common.entry_names import Classes
from s2f_core.common.errors import UserError
from s2f_core.common.images import ImageError
from s2f_core.data.datasets.classes import select_classes
from s2f_core.data.datasets.crops import Crop
from s2f_core.data.datasets.files import SourceFiles
from s2f_core.data.datasets.folder_tree import file_rows, image_names
from s2f_core.data.datasets.photos import PhotoSource
from s2f_core.data.datasets.source import DatasetContents
from s2f_core.data.tables import Domain

log = logging.getLogger(__name__)

PARTS = ("train", "test")


class DomainNet(PhotoSource):
    """Two of DomainNet's domains, without pairs: ``{source: domainnet}``.

    The domains are clipart, infograph, painting, quickdraw, real and sketch. ``limit`` draws so
    many of each domain by ``seed``, since the first would all be of one class.
    """

    ASSETS: ClassVar[tuple[str, ...]] = ("domainnet",)

    source: Literal["domainnet"]
    a: str = Field(min_length=1, description="Domain of the inputs.")
    b: str = Field(min_length=1, description="Domain of the targets.")
    classes: Classes = Field(None, description="Folders to use; null uses all.")
    labels: bool = Field(
        False, description="Write the class of each image into the table (P5 drops them)."
    )
    crop: Crop = Field("random", description="Square that is kept (P5: random).")

    @model_validator(mode="after")
    def _check_domains(self) -> Self:
        if self.a == self.b:
            raise ValueError(f"a and b must differ, both are {self.a!r}")
        return self

    def open(self, path: Path, size: int, assets: Path) -> DatasetContents:
        """Return domain ``b``, uint8 [size, size, 3], and domain ``a`` as unpaired ``own_inputs``.

        Ids begin with the domain: ``sketch-apple-sketch_011_000001``. The part is that of the
        lists. A listed image without a file, an unlisted image, two of one name and a class without
        images are rejected rows. Raises UserError if a domain or a class is missing, or a line of a
        list is not as published.
        """
        files = SourceFiles(path)
        names = image_names(files)
        domains = [_DomainFiles.find(files, domain, names) for domain in (self.a, self.b)]
        known = {_class(name) for domain in domains for name in domain.names}
        classes = select_classes(self.classes, known, path)
        own_inputs, images = (
            self._domain(files, domain, classes, size, assets) for domain in domains
        )
        return DatasetContents(images, own_inputs)

    def _domain(
        self,
        files: SourceFiles,
        domain: _DomainFiles,
        classes: Sequence[str],
        size: int,
        assets: Path,
    ) -> Domain:
        """Return a domain's images of the classes, including its rejected rows."""
        rows = domain.rows
        rows = rows[rows["class"].isin(classes)]
        empty = sorted(set(classes) - set(rows.loc[rows["rejected"].isna(), "class"]))
        empty_rows = _empty_class_rows(domain.name, empty)
        rows = pd.concat([self._limited(rows), empty_rows], ignore_index=True)
        if not self.labels:
            rows = rows.drop(columns="class")
        return Domain(rows, self.cropped(files, rows["source"].tolist(), size, assets))

    def _limited(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return the rejected rows and ``limit`` of the others: those of the least name hashes."""
        usable = rows.index[rows["rejected"].isna()]
        ranked = sorted(usable, key=lambda row: _rank(self.seed, rows["source"][row]))
        return rows.drop(index=usable.difference(ranked[: self.limit]))


@dataclass(frozen=True)
class _DomainFiles:
    """The images of a domain: the existing files, and the part of each listed image."""

    name: str
    existing: frozenset[str]
    parts: dict[str, str]

    @classmethod
    def find(cls, files: SourceFiles, name: str, images: Sequence[str]) -> _DomainFiles:
        existing = frozenset(image for image in images if image.startswith(f"{name}/"))
        if not existing:
            known = sorted({image.split("/")[0] for image in images if "/" in image}) or ["none"]
            raise UserError(f"{files.path} has no domain {name!r} (known: {', '.join(known)})")
        return cls(name, existing, _read_lists(files, name))

    @property
    def names(self) -> list[str]:
        return sorted(self.existing | self.parts.keys())

    @property
    def rows(self) -> pd.DataFrame:
        rows = file_rows(self.names, [_id(name) for name in self.names])
        rows["part"] = pd.Series([self.parts.get(name) for name in self.names], dtype=object)
        rows["class"] = [_class(name) for name in self.names]
        missing = rows["rejected"].isna() & ~rows["source"].isin(self.existing)
        rows.loc[missing, "rejected"] = "listed, but there is no such file"
        unlisted = rows["rejected"].isna() & rows["part"].isna()
        if self.parts:
            lists = " or ".join(f"{self.name}_{part}.txt" for part in PARTS)
            rows.loc[unlisted, "rejected"] = f"not listed in {lists}"
        return rows


def _class(name: str) -> str:
    return PurePosixPath(name).parent.name


def _id(name: str) -> str:
    return str(PurePosixPath(name).with_suffix("")).replace("/", "-")


def _rank(seed: int, name: str) -> bytes:
    return hashlib.sha256(f"{seed}:{name}".encode()).digest()


def _empty_class_rows(domain: str, classes: Sequence[str]) -> pd.DataFrame:
    folders = [f"{domain}/{name}/" for name in classes]
    reason = "empty class: no image can be used"
    columns = {"id": folders, "source": folders, "class": list(classes), "rejected": reason}
    return pd.DataFrame(columns, dtype=object)


def _read_lists(files: SourceFiles, domain: str) -> dict[str, str]:
    """Return the part of each image in a domain's lists; log a warning for a missing list."""
    parts: dict[str, str] = {}
    for part in PARTS:
        filename = f"{domain}_{part}.txt"
        lists = [name for name in files.names if PurePosixPath(name).name == filename]
        if not lists:
            log.warning("%s has no %s: its images have no part", files.path, filename)
        for path in lists[:1]:
            _read_list(files, path, domain, part, parts)
    return parts


def _read_list(
    files: SourceFiles, path: str, domain: str, part: str, parts: dict[str, str]
) -> None:
    """Add the images of a list to ``parts``."""
    where = f"{files.path}/{path}"
    try:
        lines = files.read(path).decode().splitlines()
    except (ImageError, UnicodeDecodeError) as error:
        raise UserError(f"{where} cannot be read: {error}; fetch it again") from None
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        name, _, label = line.strip().rpartition(" ")
        if not (label.isascii() and label.isdigit() and name.startswith(f"{domain}/")):
            raise UserError(f"{where}, line {number}: {line!r} is not '{domain}/PATH LABEL'")
        if name in parts:
            raise UserError(f"{where}, line {number}: {name} is listed twice")
        parts[name] = part
