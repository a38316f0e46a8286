"""MLflow's limits on texts; it refuses a longer one, after the work that the text describes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

PARAM_LENGTH = 6000
TAG_LENGTH = 8000
DATASET_NAME_LENGTH = 500
HASH_DIGITS = 16


def shorten(text: str, limit: int) -> str:
    """Return at most ``limit`` characters; a longer text is cut and ends in a hash of the whole."""
    if len(text) <= limit:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()[:HASH_DIGITS]
    return f"{text[: limit - HASH_DIGITS - 2]}… {digest}"


def shorten_all(texts: Mapping[str, str], limit: int) -> dict[str, str]:
    """Return the texts of a mapping, each of at most ``limit`` characters."""
    return {key: shorten(text, limit) for key, text in texts.items()}
