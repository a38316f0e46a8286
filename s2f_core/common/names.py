"""Names as people see them: files that look alike have names of different bytes."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Collection

MAX_COMPARED = 2000  # names among which the nearest is looked for


def normalise(name: str) -> str:
    """Return the composed form (NFC): macOS writes an accent as a character of its own."""
    return unicodedata.normalize("NFC", name)


def visible(name: str) -> str:
    """Return a key that names share if people read them as equal.

    Unicode forms, widths, case, invisible characters and repeated spaces do not count.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    text = "".join(char for char in folded if unicodedata.category(char) != "Cf")
    return "/".join(" ".join(part.split()) for part in text.split("/"))


def nearest(name: str, names: Collection[str]) -> str | None:
    """Return the most similar of the first 2,000 names; None if none is similar."""
    alike = difflib.get_close_matches(name, list(names)[:MAX_COMPARED], n=1)
    return alike[0] if alike else None
