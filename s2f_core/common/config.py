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

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from s2f_core.common import project
from s2f_core.common.errors import UserError

PARAMS_FILE = Path("params.yaml")
MAX_CHARACTERS = 2**18  # of a file
MAX_VALUES = 100_000  # in a file; the project's has about two thousand
VARIANTS, DEFAULTS = "variants", "defaults"
T = TypeVar("T")


class Section(BaseModel):
    """Base of every parameter section: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@overload
def load(kind: type[T], *keys: str, file: Path = PARAMS_FILE) -> T: ...
@overload
def load(kind: Any, *keys: str, file: Path = PARAMS_FILE) -> Any: ...
def load(kind: Any, *keys: str, file: Path = PARAMS_FILE) -> Any:
    """Read and validate the value under ``keys`` in the parameter file.

    ``kind`` is a :class:`Section`, a scalar or any type pydantic can validate. Numbers that YAML
    reads as text (``1e-05``, as ``-S lr=1e-5`` writes it) become numbers. Variants are merged with
    their defaults.

    Raises UserError for a wrong file, key or value; the message names all of them.
    """
    value: Any = _merged(file, _file_version(file))
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
    content = _read_yaml(file, key)
    if not isinstance(content, dict) or not isinstance(variants := content.get(VARIANTS), dict):
        return content
    default = content.get(DEFAULTS, {})
    return {**content, VARIANTS: {name: merge(default, own) for name, own in variants.items()}}


def _file_version(file: Path) -> tuple[int, ...] | None:
    """A cache key that changes with the file's inode, mtime or size."""
    try:
        stat = file.stat()
    except OSError:  # reported when the file is read
        return None
    return stat.st_dev, stat.st_ino, stat.st_mtime_ns, stat.st_size


@cache
def _read_yaml(file: Path, _key: tuple[int, ...] | None) -> Any:
    try:
        with file.open(encoding="utf-8") as stream:
            text = stream.read(MAX_CHARACTERS + 1)
        if len(text) > MAX_CHARACTERS:
            raise ValueError(f"it has more than {MAX_CHARACTERS:,} characters")
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        if node is None:
            return None
        _limit_aliases(node)
        return loader.construct_document(node)
    except FileNotFoundError:
        outside = "" if project.find_root() else f": {project.outside_message()}"
        raise UserError(f"{file.absolute()} does not exist{outside}") from None
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror or error}") from None
    except RecursionError:
        raise UserError(f"{file} is not valid YAML: it is nested too deeply") from None
    except (yaml.YAMLError, ValueError) as error:
        raise UserError(f"{file} is not valid YAML: {error}") from None


def _limit_aliases(root: yaml.Node) -> None:
    """Raise ValueError if aliases expand to more than ``MAX_VALUES`` values, or without end.

    An alias repeats the node that it names, so a few lines can expand to billions of values.
    """
    sizes: dict[int, int | None] = {}

    def size(node: yaml.Node) -> int:
        if id(node) in sizes:
            if (known := sizes[id(node)]) is None:
                raise ValueError("an alias is inside the value that it repeats")
            return known
        sizes[id(node)] = None
        inner: list[Any] = node.value if isinstance(node, yaml.CollectionNode) else []
        parts = [part for each in inner for part in (each if isinstance(each, tuple) else (each,))]
        sizes[id(node)] = total = 1 + sum(map(size, parts))
        if total > MAX_VALUES:
            raise ValueError(f"its aliases expand to more than {MAX_VALUES:,} values")
        return total

    size(root)


def _explain(error: ValidationError, kind: Any, file: Path, keys: tuple[str, ...]) -> str:
    lines = []
    for problem in error.errors(include_url=False):
        where = ".".join([*_origin(file, keys, problem["loc"]), *map(str, problem["loc"])])
        line = f"{file}: {where}: {problem['msg']}, got {problem['input']!r:.200}"
        if problem["type"] == "extra_forbidden":
            line = f"{file}: {where}: unknown key (known keys: {_known_keys(kind, problem['loc'])})"
        lines.append(line)
    return "\n".join(lines)


def _origin(file: Path, keys: tuple[str, ...], location: tuple[int | str, ...]) -> tuple[str, ...]:
    """The keys under which the value at ``location`` was written: ``keys``, or the defaults."""
    if keys[:1] != (VARIANTS,) or len(keys) < 2 or not location:
        return keys
    content = _read_yaml(file, _file_version(file))
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


def _known_keys(kind: Any, location: tuple[int | str, ...]) -> str:
    """The keys that the schema allows in place of the unknown one at ``location``."""
    schema = TypeAdapter(kind).json_schema()
    node = schema
    for part in location[:-1]:
        node = _resolve(schema, node)
        branches = node.get("oneOf") or node.get("anyOf") or []
        tagged = node.get("discriminator", {}).get("mapping", {})
        if part in tagged:
            node = {"$ref": tagged[part]}
        elif part in node.get("properties", {}):
            node = node["properties"][part]
        else:
            extra = node.get("additionalProperties")
            node = branches[0] if branches else extra if isinstance(extra, dict) else {}
    return ", ".join(_resolve(schema, node).get("properties", {})) or "none"


def _resolve(schema: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        node = schema["$defs"][node["$ref"].rsplit("/", 1)[1]]
    return node
