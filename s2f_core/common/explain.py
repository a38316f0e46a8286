"""Wrong values of a section in words: the place, what is wrong, what was given, what is allowed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

Place = tuple[int | str, ...]
Problem = tuple[Place, str]
Node = Mapping[str, Any]  # of a JSON schema

BOUNDS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
BEYOND = ("greater_than", "greater_than_equal", "less_than", "less_than_equal", "finite_number")


def explain(error: ValidationError, kind: Any) -> list[Problem]:
    """The places that pydantic complains of, each with one line."""
    problems = error.errors(include_url=False)
    wrong_inside = {problem["loc"][:-1] for problem in problems if problem["loc"]}
    return [
        (problem["loc"], _sentence({**problem}, kind))
        for problem in problems
        # A tuple is too short where its items are wrong: only the right ones are counted.
        if problem["type"] != "too_short" or problem["loc"] not in wrong_inside
    ]


def _sentence(problem: Mapping[str, Any], kind: Any) -> str:
    raw, place = problem["input"], problem["loc"]
    if problem["type"] == "extra_forbidden":
        known = ", ".join(_schema_at(kind, place[:-1]).get("properties", {}))
        return f"unknown key (known keys: {known or 'none'})"
    text = f"{problem['msg'].removeprefix('Value error, ')}, got {raw!r:.200}"
    if problem["type"] in BEYOND and (allowed := _bounds(_schema_at(kind, place))):
        return f"{text} (allowed: {allowed})"
    unquoted = problem["type"] == "string_type" and isinstance(raw, (bool, int, float))
    return f"{text}: put it in quotes" if unquoted else text


def wrong_numbers(raw: Any, section: Any) -> Iterator[Problem]:
    """Place and message of each value that pydantic takes for a number and the project does not.

    True and false are 1 and 0 for it, and its integers have no end; tables and networks have 64
    bits for them.
    """
    if isinstance(raw, bool):
        if isinstance(section, (int, float)) and not isinstance(section, bool):
            yield (), f"Input should be a valid number, got {raw}"
    elif isinstance(raw, int) and abs(raw) >= 2**63:
        yield (), f"Input should be between -2^63 and 2^63, got {raw}"
    inner: list[tuple[int | str, Any, Any]] = []
    if isinstance(raw, dict) and isinstance(section, (dict, BaseModel)):
        values = vars(section) if isinstance(section, BaseModel) else section
        inner = [(key, value, values.get(key)) for key, value in raw.items()]
    elif isinstance(raw, (list, tuple)) and isinstance(section, (list, tuple)):
        inner = [(i, *pair) for i, pair in enumerate(zip(raw, section, strict=False))]
    for key, value, parsed in inner:
        for place, message in wrong_numbers(value, parsed):
            yield (key, *place), message


def without_tags(value: Any, place: Place) -> list[str]:
    """The keys of a place in a value, without the type names of unions."""
    keys = []
    for part in place:
        if isinstance(value, dict) and part not in value and part in value.values():
            continue
        keys.append(str(part))
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and isinstance(part, int):
            value = value[part] if part < len(value) else None
    return keys


def _bounds(node: Node) -> str:
    """Such as ``≥ 1, ≤ 1,000``."""
    return ", ".join(f"{sign} {node[key]:,.12g}" for key, sign in BOUNDS.items() if key in node)


def _schema_at(kind: Any, place: Place) -> Node:
    """The JSON schema of the value at a place; empty where it is not known."""
    schema = TypeAdapter(kind).json_schema()
    node = _resolve(schema, schema)
    for part in place:
        node = _resolve(schema, _child(node, part))
    return node


def _child(node: Node, part: int | str) -> Node:
    tagged = node.get("discriminator", {}).get("mapping", {})
    if part in tagged:
        return {"$ref": tagged[part]}
    if isinstance(part, int):
        items = node.get("prefixItems", [])
        child: Node = items[part] if part < len(items) else node.get("items", {})
        return child
    extra = node.get("additionalProperties")
    child = node.get("properties", {}).get(part, extra)
    return child if isinstance(child, dict) else {}


def _resolve(schema: Node, node: Node) -> Node:
    """Follow references, and the first choice of a value that may be null."""
    while "$ref" in node or "anyOf" in node:
        name = node["$ref"].rsplit("/", 1)[1] if "$ref" in node else None
        node = schema["$defs"][name] if name else node["anyOf"][0]
    return node
