"""DomainNet: two of its domains, unpaired (Peng et al. 2019; P5)."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import ClassVar, Literal, Self

import pandas as pd
from pydantic import Field, model_validator

from s2f_core.common.errors import UserError
from s2f_core.common.images import ImageError
from s2f_core.data.datasets.classes import Classes, chosen
from s2f_core.data.datasets.crops import Crop
from s2f_core.data.datasets.files import Files
from s2f_core.data.datasets.folder_tree import distinct, pictures
from s2f_core.data.datasets.photos import Photos
from s2f_core.data.datasets.source import Opened
from s2f_core.data.tables import Domain

log = logging.getLogger(__name__)

PARTS = ("train", "test")


class DomainNet(Photos):
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
    def _two(self) -> Self:
        if self.a == self.b:
            raise ValueError(f"a and b must differ, both are {self.a!r}")
        return self

    def open(self, path: Path, size: int, assets: Path) -> Opened:
        """Domain ``b``, uint8 [size, size, 3], and as ``given`` domain ``a``: no pairs.

        Ids begin with the domain: ``sketch-apple-sketch_011_000001``. The part is that of the
        lists. A listed image that is not there, one that is not listed, two of one name and a
        class without images are rejected rows. Raises UserError where a domain or a class is
        missing, or a line of a list is not as published.
        """
        files = Files(path)
        there = pictures(files)
        domains = [_Images.of(files, name, there) for name in (self.a, self.b)]
        known = {_class(name) for domain in domains for name in domain.names}
        classes = chosen(self.classes, known, path)
        given, images = (self._domain(files, one, classes, size, assets) for one in domains)
        return Opened(images, given)

    def _domain(
        self, files: Files, domain: _Images, classes: Sequence[str], size: int, assets: Path
    ) -> Domain:
        """A domain's images of the classes, and its odd ones."""
        rows = domain.rows
        rows = rows[rows["class"].isin(classes)]
        empty = sorted(set(classes) - set(rows.loc[rows["rejected"].isna(), "class"]))
        rows = pd.concat([self._limited(rows), _empty(domain.name, empty)], ignore_index=True)
        if not self.labels:
            rows = rows.drop(columns="class")
        return Domain(rows, self.squares(files, rows["source"].tolist(), size, assets))

    def _limited(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The rejected rows, and ``limit`` of the others: those whose names' hashes are least."""
        usable = rows.index[rows["rejected"].isna()]
        drawn = sorted(usable, key=lambda row: _rank(self.seed, rows["source"][row]))[: self.limit]
        return rows.drop(index=usable.difference(drawn))


@dataclass(frozen=True)
class _Images:
    """The images of a domain: those that are there, and the part of those that are listed."""

    name: str
    there: frozenset[str]
    parts: dict[str, str]

    @classmethod
    def of(cls, files: Files, name: str, pictures: Sequence[str]) -> _Images:
        there = frozenset(one for one in pictures if one.startswith(f"{name}/"))
        if not there:
            known = sorted({one.split("/")[0] for one in pictures if "/" in one}) or ["none"]
            raise UserError(f"{files.path} has no domain {name!r} (known: {', '.join(known)})")
        return cls(name, there, _listed(files, name))

    @property
    def names(self) -> list[str]:
        return sorted(self.there | self.parts.keys())

    @property
    def rows(self) -> pd.DataFrame:
        rows = distinct(self.names, [_id(name) for name in self.names])
        rows["part"] = pd.Series([self.parts.get(name) for name in self.names], dtype=object)
        rows["class"] = [_class(name) for name in self.names]
        gone = rows["rejected"].isna() & ~rows["source"].isin(self.there)
        rows.loc[gone, "rejected"] = "listed, and not there"
        unlisted = rows["rejected"].isna() & rows["part"].isna()
        if self.parts:
            lists = " or ".join(f"{self.name}_{part}.txt" for part in PARTS)
            rows.loc[unlisted, "rejected"] = f"not in {lists}"
        return rows


def _class(name: str) -> str:
    return PurePosixPath(name).parent.name


def _id(name: str) -> str:
    return str(PurePosixPath(name).with_suffix("")).replace("/", "-")


def _rank(seed: int, name: str) -> bytes:
    return hashlib.sha256(f"{seed}:{name}".encode()).digest()


def _empty(domain: str, classes: Sequence[str]) -> pd.DataFrame:
    places = [f"{domain}/{name}/" for name in classes]
    why = "empty class: no image can be used"
    given = {"id": places, "source": places, "class": list(classes), "rejected": why}
    return pd.DataFrame(given, dtype=object)


def _listed(files: Files, domain: str) -> dict[str, str]:
    """The part of each image in a domain's lists; the log says where one or both are missing."""
    parts: dict[str, str] = {}
    for part in PARTS:
        base = f"{domain}_{part}.txt"
        lists = [name for name in files.names if PurePosixPath(name).name == base]
        if not lists:
            log.warning("%s has no %s: what it would list has no part", files.path, base)
        for place in lists[:1]:
            _read(files, place, domain, part, parts)
    return parts


def _read(files: Files, place: str, domain: str, part: str, parts: dict[str, str]) -> None:
    """Add the images of a list to ``parts``."""
    where = f"{files.path}/{place}"
    try:
        lines = files.read(place).decode().splitlines()
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
