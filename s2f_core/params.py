"""Typed, frozen parameter sections and the only reader of ``params.yaml``.

A section is declared beside what it configures and derives from :class:`Section`. A stage asks
for one by its keys, ``load(Split, "split")``, and sees nothing else of the file, so what it reads
can be held against what ``dvc.yaml`` declares.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, TypeVar, overload

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from s2f_core.errors import UserError

FILE = Path("params.yaml")
T = TypeVar("T")


class Section(BaseModel):
    """Base of every parameter section: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@overload
def load(kind: type[T], *keys: str, file: Path = FILE) -> T: ...
@overload
def load(kind: Any, *keys: str, file: Path = FILE) -> Any: ...
def load(kind: Any, *keys: str, file: Path = FILE) -> Any:
    """Read and validate the value that stands under ``keys`` in the parameter file.

    ``kind`` is a :class:`Section`, a scalar or any type pydantic can validate. Numbers that YAML
    left as text (``1e-05``, as ``-S lr=1e-5`` writes it) are read as numbers.

    Raises UserError where the file, a key or a value is not right; the message names them all.
    """
    value: Any = _read(file)
    for depth, key in enumerate(keys):
        if not isinstance(value, dict) or key not in value:
            known = ", ".join(map(str, value)) if isinstance(value, dict) else "none: not a mapping"
            where = ".".join(keys[:depth]) or "the top level"
            raise UserError(f"{file}: no '{key}' under {where} (known keys: {known})")
        value = value[key]
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        raise UserError(_explain(error, kind, file, keys)) from None


@cache
def _read(file: Path) -> Any:
    try:
        return yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{file.absolute()} does not exist: run from the project's root") from None
    except yaml.YAMLError as error:
        raise UserError(f"{file} is not YAML: {error}") from None


def _explain(error: ValidationError, kind: Any, file: Path, keys: tuple[str, ...]) -> str:
    lines = []
    for problem in error.errors(include_url=False):
        where = ".".join([*keys, *(str(part) for part in problem["loc"])])
        line = f"{file}: {where}: {problem['msg']}, got {problem['input']!r}"
        if problem["type"] == "extra_forbidden":
            line = f"{file}: {where}: unknown key (known keys: {_known(kind, problem['loc'])})"
        lines.append(line)
    return "\n".join(lines)


def _known(kind: Any, location: tuple[int | str, ...]) -> str:
    """The keys allowed where an unknown one stands, read off the schema that refused it."""
    schema = TypeAdapter(kind).json_schema()
    here = schema
    for part in location[:-1]:
        here = _resolve(schema, here)
        branches = here.get("oneOf") or here.get("anyOf") or []
        tagged = here.get("discriminator", {}).get("mapping", {})
        if part in tagged:
            here = {"$ref": tagged[part]}
        elif part in here.get("properties", {}):
            here = here["properties"][part]
        else:
            extra = here.get("additionalProperties")
            here = branches[0] if branches else extra if isinstance(extra, dict) else {}
    return ", ".join(_resolve(schema, here).get("properties", {})) or "none"


def _resolve(schema: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        node = schema["$defs"][node["$ref"].rsplit("/", 1)[1]]
    return node
