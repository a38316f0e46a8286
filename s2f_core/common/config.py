"""Typed, frozen parameter sections and the only reader of ``params.yaml``.

A section is declared beside what it configures and derives from :class:`Section`. A stage asks
for one by its keys, ``load(Split, "split")``, and sees nothing else of the file, so what it reads
can be held against what ``dvc.yaml`` declares.

Entries under ``variants:`` are merged with ``defaults:``, which holds what they share; see
:func:`merge`.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, TypeVar, overload

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from s2f_core.common.errors import UserError

FILE = Path("params.yaml")
LONGEST = 2**18  # characters of a file
MOST = 100_000  # values in a file; that of the project has some two thousand
VARIANTS, DEFAULTS = "variants", "defaults"
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
    left as text (``1e-05``, as ``-S lr=1e-5`` writes it) are read as numbers. Variants are merged
    with their defaults.

    Raises UserError where the file, a key or a value is not right; the message names them all.
    """
    value: Any = _merged(file, _version(file))
    for depth, key in enumerate(keys):
        if not isinstance(value, dict) or key not in value:
            known = ", ".join(map(str, value)) if isinstance(value, dict) else "none: not a mapping"
            where = ".".join(keys[:depth]) or "the top level"
            raise UserError(f"{file}: no '{key}' under {where} (known keys: {known})")
        value = value[key]
    return validate(kind, value, *keys, file=file)


def validate(kind: Any, value: Any, *keys: str, file: Path = FILE) -> Any:
    """Validate a value; errors say that it stands under ``keys`` in ``file``."""
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        raise UserError(_explain(error, kind, file, keys)) from None


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
def _merged(file: Path, key: tuple[int, ...] | None) -> Any:
    """The content of the file, its variants merged with their defaults."""
    content = _read(file, key)
    if not isinstance(content, dict) or not isinstance(variants := content.get(VARIANTS), dict):
        return content
    default = content.get(DEFAULTS, {})
    return {**content, VARIANTS: {name: merge(default, own) for name, own in variants.items()}}


def _version(file: Path) -> tuple[int, ...] | None:
    """What is another where the file is, or its content."""
    try:
        found = file.stat()
    except OSError:  # which reading it tells
        return None
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size


@cache
def _read(file: Path, _key: tuple[int, ...] | None) -> Any:
    try:
        with file.open(encoding="utf-8") as opened:
            text = opened.read(LONGEST + 1)
        if len(text) > LONGEST:
            raise ValueError(f"it has more than {LONGEST:,} characters")
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        if node is None:
            return None
        _refuse_bomb(node)
        return loader.construct_document(node)
    except FileNotFoundError:
        raise UserError(f"{file.absolute()} does not exist: run from the project's root") from None
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror or error}") from None
    except RecursionError:
        raise UserError(f"{file} is not YAML: it is too deep") from None
    except (yaml.YAMLError, ValueError) as error:
        raise UserError(f"{file} is not YAML: {error}") from None


def _refuse_bomb(root: yaml.Node) -> None:
    """Raise ValueError where aliases make a few lines more than ``MOST`` values, or no end of them.

    An alias is the node that it names, once more: who prints or merges it walks through it again.
    """
    sizes: dict[int, int | None] = {}

    def size(node: yaml.Node) -> int:
        if id(node) in sizes:
            if (known := sizes[id(node)]) is None:
                raise ValueError("an alias stands within what it names")
            return known
        sizes[id(node)] = None
        inner: list[Any] = node.value if isinstance(node, yaml.CollectionNode) else []
        parts = [part for each in inner for part in (each if isinstance(each, tuple) else (each,))]
        sizes[id(node)] = total = 1 + sum(map(size, parts))
        if total > MOST:
            raise ValueError(f"its aliases make more than {MOST:,} values")
        return total

    size(root)


def _explain(error: ValidationError, kind: Any, file: Path, keys: tuple[str, ...]) -> str:
    lines = []
    for problem in error.errors(include_url=False):
        where = ".".join([*_origin(file, keys, problem["loc"]), *map(str, problem["loc"])])
        line = f"{file}: {where}: {problem['msg']}, got {problem['input']!r:.200}"
        if problem["type"] == "extra_forbidden":
            line = f"{file}: {where}: unknown key (known keys: {_known(kind, problem['loc'])})"
        lines.append(line)
    return "\n".join(lines)


def _origin(file: Path, keys: tuple[str, ...], location: tuple[int | str, ...]) -> tuple[str, ...]:
    """Where the value at ``location`` below ``keys`` was written: there, or under the defaults."""
    if keys[:1] != (VARIANTS,) or len(keys) < 2 or not location:
        return keys
    content = _read(file, _version(file))
    own, default = content[VARIANTS][keys[1]], content.get(DEFAULTS, {})
    path = (*keys[2:], *location)
    return (DEFAULTS, *keys[2:]) if _has(default, path) and not _has(own, path) else keys


def _has(value: Any, path: tuple[int | str, ...]) -> bool:
    """Whether a mapping has a value at the path; the type names of a union in it do not count."""
    for part in path:
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif not isinstance(value, dict) or value.get("type") != part:
            return False
    return True


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
