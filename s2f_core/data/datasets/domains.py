"""Two sources as the two unpaired domains of one role."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Generic, Literal, Protocol, Self, TypeVar, cast

from pydantic import Field, model_validator

from s2f_core.common.config import Section
from s2f_core.data.datasets.source import Opened
from s2f_core.data.tables import Domain

One = TypeVar("One", bound=Section)


class Source(Protocol):
    """What every section of a source has."""

    @property
    def path(self) -> Path: ...  # noqa: D102

    def open(self, path: Path, size: int, assets: Path) -> Opened: ...  # noqa: D102


class Domains(Section, Generic[One]):
    """Two sources as one unpaired role: ``{source: domains}``."""

    ASSETS: ClassVar[tuple[str, ...]] = ()  # those of a and b

    source: Literal["domains"]
    path: Path = Field(description="Folder above the paths of both sources.")
    a: One = Field(description="Source of the inputs.")
    b: One = Field(description="Source of the targets.")

    @model_validator(mode="after")
    def _within(self) -> Self:
        for name, section in (("a", self.a), ("b", self.b)):
            place = cast("Source", section).path
            if not place.is_relative_to(self.path):
                raise ValueError(f"the path of {name}, {place}, must be below path, {self.path}")
        return self

    def open(self, _path: Path, size: int, assets: Path) -> Opened:
        """The images of ``b``, and as ``given`` those of ``a``: no pairs.

        Ids are the sources' own after ``a-`` or ``b-``, so that no two are equal; groups stay, so
        that a person who is in both is in one split.
        """
        given, images = (
            _marked(name, cast("Source", section), size, assets)
            for name, section in (("a", self.a), ("b", self.b))
        )
        return Opened(images, given)


def _marked(name: str, source: Source, size: int, assets: Path) -> Domain:
    domain = source.open(source.path, size, assets).images
    return Domain(domain.rows.assign(id=name + "-" + domain.rows["id"].astype(str)), domain.make)
