"""The only reader of YAML files: YAML 1.2, as DVC reads it, with every surprise an error.

PyYAML reads YAML 1.1, in which ``no`` is false, ``1:30`` is 90, ``010`` is 8 and ``1e-4`` is text.
DVC reads and writes YAML 1.2: ``-S classes=[no]`` puts the word ``no`` into the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from s2f_core.common import project
from s2f_core.common.errors import UserError

MAX_CHARACTERS = 2**18  # of a file
MAX_VALUES = 100_000  # in a file; the project's has about two thousand

Version = tuple[int, ...] | None
STRING, MERGE = "tag:yaml.org,2002:str", "tag:yaml.org,2002:merge"
DIGITS = "[0-9][0-9_]*"
SCALARS = {  # the implicit types of DVC's parser, except dates, which stay text; the first counts
    "bool": "true|True|TRUE|false|False|FALSE",
    "int": f"[-+]?(?:0b[01_]+|0o[0-7_]+|0x[0-9a-fA-F_]+|{DIGITS})",
    "float": (
        rf"[-+]?(?:{DIGITS}(?:\.[0-9_]*)?|\.{DIGITS})(?:[eE][-+]?[0-9]+)?"
        r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
    ),
    "merge": "<<",
    "null": "~|null|Null|NULL|",
}


class Loader(yaml.SafeLoader):
    """A SafeLoader with the scalars of YAML 1.2."""

    def construct_int(self, node: yaml.Node) -> int:
        """An integer; a leading zero does not make it octal, ``0o``, ``0x`` and ``0b`` do count."""
        text = node.value.replace("_", "").lower()
        return int(text, 0 if re.match(r"[-+]?0[box]", text) else 10)


Loader.yaml_implicit_resolvers = {}
for _name, _pattern in SCALARS.items():
    Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_name}", re.compile(f"(?:{_pattern})$"), None)
Loader.add_constructor("tag:yaml.org,2002:int", Loader.construct_int)


def file_version(file: Path) -> Version:
    """A cache key that changes with the file's inode, mtime or size."""
    try:
        stat = file.stat()
    except OSError:  # reported when the file is read
        return None
    return stat.st_dev, stat.st_ino, stat.st_mtime_ns, stat.st_size


@cache
def read_yaml(file: Path, _version: Version) -> Any:
    """Read a file; every mapping has distinct keys, which are text.

    Raises UserError, of one line, for a file that is missing, too large or not such YAML.
    """
    try:
        with file.open(encoding="utf-8") as stream:
            text = stream.read(MAX_CHARACTERS + 1)
        if len(text) > MAX_CHARACTERS:
            raise ValueError(f"it has more than {MAX_CHARACTERS:,} characters")
        return parse(text)
    except FileNotFoundError:
        outside = "" if project.find_root() else f": {project.outside_message()}"
        raise UserError(f"{file.absolute()} does not exist{outside}") from None
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror or error}") from None
    except RecursionError:
        raise UserError(f"{file} is not valid YAML: it is nested too deeply") from None
    except (yaml.YAMLError, ValueError) as error:
        message = " ".join(str(error).split())
        raise UserError(f"{file} is not valid YAML: {message}") from None


def parse(text: str) -> Any:
    """Return the value of a text; raises YAMLError or ValueError where it is not such YAML."""
    loader = Loader(text)
    node = loader.get_single_node()
    if node is None:
        return None
    _check_nodes(node)
    return loader.construct_document(node)


def _check_nodes(root: yaml.Node) -> None:
    """Raise ValueError for a wrong key or character, or if aliases expand to too many values.

    An alias repeats the node that it names, so a few lines can expand to billions of values, or
    without end.
    """
    sizes: dict[int, int | None] = {}

    def size(node: yaml.Node) -> int:
        if id(node) in sizes:
            if (known := sizes[id(node)]) is None:
                raise ValueError("an alias is inside the value that it repeats")
            return known
        sizes[id(node)] = None
        if isinstance(node, yaml.MappingNode):
            _check_keys(node)
        elif isinstance(node, yaml.ScalarNode):
            _check_text(node)
        sizes[id(node)] = total = 1 + sum(map(size, _children(node)))
        if total > MAX_VALUES:
            raise ValueError(f"its aliases expand to more than {MAX_VALUES:,} values")
        return total

    size(root)


def _children(node: yaml.Node) -> Iterator[yaml.Node]:
    for child in node.value if isinstance(node, yaml.CollectionNode) else []:
        yield from child if isinstance(child, tuple) else (child,)


def _check_keys(node: yaml.MappingNode) -> None:
    """Raise ValueError for a key that is no text, which DVC skips, or that is there twice."""
    keys = set()
    for key, _ in node.value:
        if key.tag not in {STRING, MERGE}:
            value = f" {key.value}" if isinstance(key, yaml.ScalarNode) else ""
            raise ValueError(f"line {_line(key)}: the key{value} is no text: put it in quotes")
        if key.value in keys:
            raise ValueError(f"line {_line(key)}: the key {key.value!r} is there twice")
        keys.add(key.value)


def _check_text(node: yaml.ScalarNode) -> None:
    """Raise ValueError for a character that no file name and no output can hold."""
    wrong = next((sign for sign in node.value if sign == "\0" or "\ud800" <= sign <= "\udfff"), "")
    if wrong:
        raise ValueError(f"line {_line(node)}: U+{ord(wrong):04X} is no character of a text")


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
