"""What all pages have in common: colours in light and dark, type, and how lines break."""

from __future__ import annotations

from pathlib import Path

from markupsafe import Markup

BASE = Path(__file__).parent / "base.css"


def styles(own: Path) -> Markup:
    """The common style sheet and a page's own, which may change what the common one says."""
    texts = [file.read_text(encoding="utf-8") for file in (BASE, own)]
    return Markup("".join(texts))  # noqa: S704 -- our own files
