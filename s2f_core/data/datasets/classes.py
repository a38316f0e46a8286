"""The choice of classes that several sources offer."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches
from typing import Annotated

from pydantic import AfterValidator, Field

from s2f_core.common.errors import UserError


def _different(names: tuple[str, ...] | None) -> tuple[str, ...] | None:
    twice = {name for name in names or () if (names or ()).count(name) > 1}
    if twice:
        raise ValueError(f"classes are there twice: {', '.join(sorted(twice))}")
    return names


Names = Annotated[tuple[str, ...], Field(min_length=1)]
Classes = Annotated[Names | None, AfterValidator(_different)]  # null takes all


def chosen(classes: tuple[str, ...] | None, known: Collection[str], where: object) -> list[str]:
    """The classes asked for, or all of the known ones in order.

    Raises UserError where one is not known to what lies at ``where``; it tells those near it.
    """
    for name in classes or ():
        if name not in known:
            near = get_close_matches(name, known, n=5, cutoff=0.5)
            hint = f"; near it: {', '.join(near)}" if near else ""
            raise UserError(f"{where} has no class {name!r} ({len(known)} classes{hint})")
    return sorted(known) if classes is None else list(classes)
