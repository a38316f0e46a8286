"""Names that a person gives: of roles, conditions, variants, translations, studies and classes.

A name is a part of paths, of MLflow's names, of DVC's stages and of their commands. Classes are a
publisher's or a folder's: nothing is called by one, and any text can be one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from s2f_core.common.errors import UserError

LONGEST = 64
ALLOWED = f"1 to {LONGEST} of a-z, A-Z, 0-9, - and _, the first a letter or a digit"
RESERVED = {  # what else lies in data/ and in metrics/
    "data": [
        "assets",
        "code",
        "evaluations",
        "gap",
        "lists",
        "models",
        "survey",
        "translations",
        "upscalers",
    ],
    "variants": ["human-gap"],
}
NAMED = {"data": 1, "conditions": 1, "tables": 1, "variants": 1, "translations": 2}


def require_name(name: str) -> str:
    """Return a name that is allowed; raises ValueError for another."""
    if not re.fullmatch(rf"[A-Za-z0-9][A-Za-z0-9_-]{{0,{LONGEST - 1}}}", name):
        raise ValueError(f"{name[: LONGEST + 1]!r} cannot be a name (allowed: {ALLOWED})")
    return name


def _require_distinct(names: tuple[str, ...] | None) -> tuple[str, ...] | None:
    repeated = {name for name in names or () if (names or ()).count(name) > 1}
    if repeated:
        raise ValueError(f"classes are listed twice: {', '.join(sorted(repeated))}")
    return names


Name = Annotated[str, AfterValidator(require_name)]
ClassName = Annotated[str, Field(min_length=1, max_length=255)]  # as the name of a folder
ClassNames = Annotated[tuple[ClassName, ...], Field(min_length=1)]
Classes = Annotated[ClassNames | None, AfterValidator(_require_distinct)]  # null takes all


def check_names(content: Mapping[str, Any], file: Path) -> None:
    """Check the names of all entries of a parameter file, whichever of them a stage reads.

    Raises UserError for one that is not allowed, reserved, or equal to another but for its case,
    for a variant without translations, for a translation of two variants, and for a curated role
    that does not exist.
    """
    for section, depth in NAMED.items():
        for place, names in _groups(content.get(section), section, depth):
            _check_group(names, f"{file}: {place}", RESERVED.get(place, ()))
    variants, translations = content.get("variants"), content.get("translations")
    if isinstance(variants, Mapping) and isinstance(translations, Mapping):
        _check_translations(variants, translations, file)
    match content:  # a stage looks for its own role alone, so no other would be missed
        case {"curation": {"roles": [*curated]}, "data": {**roles}}:
            if unknown := [role for role in curated if role not in list(roles)]:
                known = ", ".join(map(str, roles))
                raise UserError(
                    f"{file}: curation.roles: there is no role {unknown[0]!r} (allowed: {known})"
                )


def _check_translations(
    variants: Mapping[str, Any], translations: Mapping[str, Any], file: Path
) -> None:
    if alone := sorted(variants.keys() ^ translations.keys()):
        section = "variants" if alone[0] in variants else "translations"
        raise UserError(
            f"{file}: {alone[0]!r} is under {section} only: every variant has an entry under "
            "translations, and no other has"
        )
    owners: dict[str, str] = {}
    for variant, names in translations.items():
        for name in names if isinstance(names, Mapping) else ():
            if (owner := owners.setdefault(name, variant)) != variant:
                raise UserError(
                    f"{file}: translations.{variant}: {name!r} is a translation of {owner} "
                    "already; choose another name"
                )


def _groups(value: Any, place: str, depth: int) -> Iterator[tuple[str, Collection[str]]]:
    if isinstance(value, Mapping):
        yield place, value.keys()
        if depth > 1:
            for name, inner in value.items():
                yield from _groups(inner, f"{place}.{name}", depth - 1)


def _check_group(names: Collection[str], place: str, reserved: Collection[str]) -> None:
    lowered: dict[str, str] = {}
    for name in names:
        try:
            require_name(name)
        except ValueError as error:
            raise UserError(f"{place}: {error}") from None
        if name.lower() in reserved:
            raise UserError(
                f"{place}: {name!r} is the name of a folder or file of the pipeline: "
                f"choose another (reserved: {', '.join(reserved)})"
            )
        other = lowered.setdefault(name.lower(), name)
        if other != name:
            raise UserError(
                f"{place}: {other!r} and {name!r} differ in case only, which not every disk "
                "tells apart: rename one"
            )
