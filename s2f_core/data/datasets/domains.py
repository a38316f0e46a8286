"""Two sources as the two unpaired domains of one role."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import ClassVar, Generic, Literal, Protocol, Self, TypeVar, cast

from pydantic import Field, model_validator

from s2f_core.common.config import Section
from s2f_core.data.datasets.source import DatasetContents
from s2f_core.data.tables import Domain

log = logging.getLogger(__name__)

SourceSection = TypeVar("SourceSection", bound=Section)


class Source(Protocol):
    """The interface of every source's section."""

    @property
    def path(self) -> Path: ...  # noqa: D102

    def open(self, path: Path, size: int, assets: Path) -> DatasetContents: ...  # noqa: D102


class Domains(Section, Generic[SourceSection]):
    """Two sources as one unpaired role: ``{source: domains}``."""

    ASSETS: ClassVar[tuple[str, ...]] = ()  # those of a and b

    source: Literal["domains"]
    path: Path = Field(description="Folder above the paths of both sources.")
    a: SourceSection = Field(description="Source of the inputs.")
    b: SourceSection = Field(description="Source of the targets.")

    @model_validator(mode="after")
    def _check_paths(self) -> Self:
        for name, section in (("a", self.a), ("b", self.b)):
            inner = cast("Source", section).path
            if not inner.is_relative_to(self.path):
                raise ValueError(f"the path of {name}, {inner}, must be below path, {self.path}")
        return self

    def open(self, _path: Path, size: int, assets: Path) -> DatasetContents:
        """Return the images of ``b``, and those of ``a`` as unpaired ``own_inputs``.

        Ids are the sources' own after ``a-`` or ``b-``, so that all differ. Groups stay the same,
        so that a person who is in both sources is in one split.
        """
        a, b = (cast("Source", section) for section in (self.a, self.b))
        contents = {
            "a": a.open(a.path, size, assets),
            "b": b.open(b.path, size, assets),
        }
        own_inputs, images = (_prefixed(name, each.images) for name, each in contents.items())
        layouts = [
            f"{name} is {each.layout}" + f" ({each.reason})" * bool(each.reason)
            for name, each in contents.items()
            if each.layout
        ]
        notes = [f"{name}: {note}" for name, each in contents.items() for note in each.notes]
        for name, each in contents.items():
            if each.own_inputs is not None:
                notes.append(f"{name}: the source's own sketches are not used, only its images are")
                log.warning("%s: %s", self.path, notes[-1])
        return DatasetContents(
            images,
            own_inputs,
            layout="unpaired",
            reason="; ".join(layouts) or None,
            notes=tuple(notes),
        )


def _prefixed(name: str, domain: Domain) -> Domain:
    return Domain(domain.rows.assign(id=name + "-" + domain.rows["id"].astype(str)), domain.make)
