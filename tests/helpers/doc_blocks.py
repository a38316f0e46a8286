"""Named code blocks of the documentation, for tests that run them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(
    r"^```(?P<language>\w+) (?P<name>[\w-]+)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE
)


def named_blocks(page: str, language: str) -> dict[str, str]:
    """Return the texts of a page's blocks of a language that have a name after it, by name."""
    matches = BLOCK.finditer((DOCS / page).read_text(encoding="utf-8"))
    return {match["name"]: match["text"] for match in matches if match["language"] == language}


def parse_commands(text: str, values: Mapping[str, object]) -> list[list[str]]:
    """Return the words of each command, with each placeholder of ``values`` replaced.

    A line that ends in a backslash continues on the next. Raises ValueError if a placeholder is
    not in the text.
    """
    for placeholder, value in values.items():
        if placeholder not in text:
            raise ValueError(f"{placeholder} is not in: {text}")
        text = text.replace(placeholder, str(value))
    lines = text.replace("\\\n", " ").splitlines()
    return [shlex.split(line, comments=True) for line in lines if line.strip()]
