"""Where a role's images come from, and what may be done with what is learned from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from s2f_core.data.assets.asset import Collection
from s2f_core.data.assets.catalogue import CATALOGUE


def licence(section: Mapping[str, Any]) -> str:
    """The licences of what a role is made from; ``section`` is its entry under ``data:``.

    What has no entry in the catalogue, such as a folder of one's own, is named by its path.
    """
    found = origins(section)
    if not found:
        return f"none stated: {section.get('path')}"
    return "; ".join(f"{asset.name}: {asset.licence}" for asset in found)


def page(section: Mapping[str, Any]) -> str:
    """Where people read about a role's first source; empty where nobody said."""
    return next((asset.page for asset in origins(section)), "")


def origins(section: Mapping[str, Any]) -> list[Collection]:
    """The fetched assets that a role is made from, those of its domains too, each once."""
    names = dict.fromkeys(Path(path).name for path in _paths(section))
    return [CATALOGUE[name] for name in names if name in CATALOGUE]


def _paths(section: Mapping[str, Any]) -> Iterator[str]:
    for key, value in section.items():
        if isinstance(value, Mapping):
            yield from _paths(value)
        elif key == "path":
            yield str(value)
