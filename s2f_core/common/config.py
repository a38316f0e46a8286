"""Typed, frozen parameter sections and the only reader of ``params.yaml``.

A section is declared beside the code that it configures and derives from :class:`Section`. A stage
loads it by its keys, ``load(Split, "split")``, and sees nothing else of the file. So a test can
compare what it reads with what ``dvc.yaml`` declares.

Entries under ``variants:`` are merged with ``defaults:``, which holds what they share; see
:func:`merge`.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, TypeVar, overload

from pydantic import (
    BaseModel,
    ConfigDict,
    TypeAdapter,
    ValidationError,
)

from s2f_core.common.entry_names import check_names
from s2f_core.common.errors import UserError
from s2f_core.common.explain import explain, without_tags, wrong_numbers
from s2f_core.common.yaml_file import Version, file_version, read_yaml

PARAMS_FILE = Path("params.yaml")
VARIANTS, DEFAULTS = "variants", "defaults"
TOP_LEVEL = (  # the keys of PARAMS_FILE; DVC reads some of them, and no stage does
    "seed", "image_size", "lr", "width", "max_steps", "max_minutes", "precision", "assets", "data",
    "without_background", "background", "conditions", "tables", "curation", "split", "gap", "edsr",
    DEFAULTS, VARIANTS, "translations",
)  # fmt: skip
T = TypeVar("T")


class Section(BaseModel):
    """Base of every parameter section: frozen, its numbers finite, an unknown key an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


@overload
def load(kind: type[T], *keys: str, file: Path = PARAMS_FILE) -> T: ...
@overload
def load(kind: Any, *keys: str, file: Path = PARAMS_FILE) -> Any: ...
def load(kind: Any, *keys: str, file: Path = PARAMS_FILE) -> Any:
    """Read and validate the value under ``keys`` in the parameter file.

    ``kind`` is a :class:`Section`, a scalar or any type pydantic can validate. Variants are merged
    with their defaults.

    Raises UserError for a wrong file, key or value; the message names all of them.
    """
    value: Any = _merged(file, file_version(file))
    for depth, key in enumerate(keys):
        if not isinstance(value, dict) or key not in value:
            known = ", ".join(map(str, value)) if isinstance(value, dict) else "none, not a mapping"
            where = ".".join(keys[:depth]) or "the top level"
            raise UserError(f"{file}: no '{key}' under {where} (known keys: {known})")
        value = value[key]
    return validate(kind, value, *keys, file=file)


def validate(kind: Any, value: Any, *keys: str, file: Path = PARAMS_FILE) -> Any:
    """Validate a value; errors name ``keys`` and ``file`` as its place."""
    try:
        section = TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        problems = explain(error, kind)
    else:
        problems = list(wrong_numbers(value, section))
        if not problems:
            return section
    lines = [
        f"{file}: {'.'.join([*_origin(file, keys, place), *without_tags(value, place)])}: {message}"
        for place, message in problems
    ]
    raise UserError("\n".join(dict.fromkeys(lines)))


def merge(default: Any, own: Any) -> Any:
    """Merge an entry with its defaults.

    Mappings merge key by key. A mapping whose ``type`` is not the default's replaces the default
    whole. ``null`` for a key of the default removes the key; the code's own default then holds.
    """
    if not isinstance(default, dict) or not isinstance(own, dict):
        return own
    if "type" in own and own["type"] != default.get("type"):
        return own
    removed = {key for key in default if key in own and own[key] is None}
    merged = {
        key: merge(value, own[key]) if key in own else value for key, value in default.items()
    }
    merged |= {key: value for key, value in own.items() if key not in default}
    return {key: value for key, value in merged.items() if key not in removed}


@cache
def _merged(file: Path, version: Version) -> Any:
    """The content of the file, its names checked, its variants merged with their defaults."""
    content = read_yaml(file, version)
    if not isinstance(content, dict):
        return content
    if file == PARAMS_FILE and (unknown := [key for key in content if key not in TOP_LEVEL]):
        known = ", ".join(TOP_LEVEL)
        raise UserError(f"{file}: {unknown[0]}: unknown key (known keys: {known})")
    check_names(content, file)
    if not isinstance(variants := content.get(VARIANTS), dict):
        return content
    default = content.get(DEFAULTS, {})
    return {**content, VARIANTS: {name: merge(default, own) for name, own in variants.items()}}


def _origin(file: Path, keys: tuple[str, ...], location: tuple[int | str, ...]) -> tuple[str, ...]:
    """The keys under which the value at ``location`` was written: ``keys``, or the defaults."""
    if keys[:1] != (VARIANTS,) or len(keys) < 2 or not location:
        return keys
    content = read_yaml(file, file_version(file))
    own, default = content[VARIANTS][keys[1]], content.get(DEFAULTS, {})
    path = (*keys[2:], *location)
    return (DEFAULTS, *keys[2:]) if _has(default, path) and not _has(own, path) else keys


def _has(value: Any, path: tuple[int | str, ...]) -> bool:
    """Whether a mapping has a value at the path, in which type names of unions are skipped."""
    for part in path:
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif not isinstance(value, dict) or value.get("type") != part:
            return False
    return True
