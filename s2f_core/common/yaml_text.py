"""The text of a YAML file: entries copied and inserted, all other lines kept as they are."""

from __future__ import annotations

from typing import Any

import yaml

from s2f_core.common.yaml_file import Loader


def entry_text(text: str, *keys: str) -> str:
    """Return the lines of the entry under ``keys`` and the comment above it, without indent.

    The entry and all above it are in block style.
    """
    node: Any = yaml.compose(text, Loader=Loader)
    for name in keys:
        key, node = _item(node, name)
    lines = text.splitlines()
    column, start = key.start_mark.column, key.start_mark.line
    end = _last_line(lines, key, node)
    while lines[start - 1].startswith(" " * column + "#"):
        start -= 1
    return "".join(f"{line[column:]}\n" for line in lines[start : end + 1])


def insert_entry(text: str, section: str, name: str, value: Any, entry: str) -> str:
    """Add the entry ``name`` at the end of a mapping at the top level.

    ``entry`` is its text in block style, ``name: …``; a section in braces takes ``value`` on one
    line in place of it. A blank line sets it apart where the section's entries are set apart.
    """
    _, node = _item(yaml.compose(text, Loader=Loader), section)
    if node.flow_style:
        return _insert_in_brackets(text, node, f"{name}: {one_line(value)}")
    lines = text.splitlines()
    inner = lines[node.start_mark.line : _last_line(lines, node)]
    apart = [""] if any(not line.strip() for line in inner) else []
    key, _ = node.value[0]  # an anchor stands before it
    return _insert_below(text, node, key.start_mark.column, [*apart, *entry.splitlines()])


def append_item(text: str, section: str, item: str) -> str:
    """Add an item to a list at the top level."""
    _, node = _item(yaml.compose(text, Loader=Loader), section)
    if node.flow_style:
        return _insert_in_brackets(text, node, item)
    return _insert_below(text, node, node.start_mark.column, [f"- {item}"])


def one_line(value: Any) -> str:
    """Write a value as YAML on one line."""
    text = yaml.safe_dump(value, default_flow_style=True, width=10**6, sort_keys=False)
    return text.removesuffix("\n").removesuffix("\n...")


def _insert_in_brackets(text: str, node: yaml.CollectionNode, item: str) -> str:
    end = node.end_mark.index - 1
    return f"{text[:end].rstrip()}{', ' if node.value else ''}{item}{text[end:]}"


def _insert_below(text: str, node: yaml.CollectionNode, column: int, added: list[str]) -> str:
    """Add lines below a block, from a column on and with the file's line endings."""
    ending = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines(keepends=True)
    last = _last_line(lines, node)
    lines[last] = lines[last].rstrip("\r\n") + ending
    new = [f"{' ' * column}{line}".rstrip() + ending for line in added]
    return "".join([*lines[: last + 1], *new, *lines[last + 1 :]])


def _item(node: Any, name: str) -> tuple[yaml.Node, Any]:
    return next((key, value) for key, value in node.value if key.value == name)


def _last_line(lines: list[str], *nodes: yaml.Node) -> int:
    """The last line that has a part of the nodes; the mark of a block is behind what follows it."""
    last = max(map(_end, nodes))
    while not lines[last].strip():
        last -= 1
    return last


def _end(node: yaml.Node) -> int:
    if isinstance(node, yaml.MappingNode) and not node.flow_style:
        return max(_end(part) for item in node.value for part in item)
    if isinstance(node, yaml.SequenceNode) and not node.flow_style:
        return max(map(_end, node.value))
    is_text_block = isinstance(node, yaml.ScalarNode) and node.style in {"|", ">"}
    return int(node.end_mark.line) - is_text_block
