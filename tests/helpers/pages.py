"""Blocks of a document that have a name after their language, for tests to run as they stand."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(
    r"^```(?P<kind>\w+) (?P<name>[\w-]+)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE
)


def blocks(page: str, kind: str) -> dict[str, str]:
    """The texts of a page's blocks of one language, by their names."""
    found = BLOCK.finditer((DOCS / page).read_text(encoding="utf-8"))
    return {block["name"]: block["text"] for block in found if block["kind"] == kind}


def commands(text: str, here: Mapping[str, object]) -> list[list[str]]:
    """The words of each line, with what stands for a machine replaced by what there is ``here``.

    A line that ends in a backslash goes on in the next. Raises ValueError where a name of
    ``here`` is in no line.
    """
    for name, value in here.items():
        if name not in text:
            raise ValueError(f"{name} is not in: {text}")
        text = text.replace(name, str(value))
    lines = text.replace("\\\n", " ").splitlines()
    return [shlex.split(line, comments=True) for line in lines if line.strip()]
