"""The licences of the images that a role is made from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from s2f_core.data.assets.asset import Asset
from s2f_core.data.assets.catalogue import CATALOGUE


def licence(section: Mapping[str, Any]) -> str:
    """The licences of a role's assets; ``section`` is the role's entry under ``data:``.

    A role without an asset in the catalogue, such as a user's own folder, has no known licence: the
    text names its path.
    """
    assets = origins(section)
    if not assets:
        return f"none stated: {section.get('path')}"
    return "; ".join(f"{asset.name}: {asset.licence}" for asset in assets)


def page(section: Mapping[str, Any]) -> str:
    """The web page of a role's first asset; empty if the catalogue has none."""
    return next((asset.page for asset in origins(section)), "")


def origins(section: Mapping[str, Any]) -> list[Asset]:
    """The catalogue's assets that a role and its domains are made from, each once."""
    names = dict.fromkeys(Path(path).name for path in _paths(section))
    return [CATALOGUE[name] for name in names if name in CATALOGUE]


def _paths(section: Mapping[str, Any]) -> Iterator[str]:
    for key, value in section.items():
        if isinstance(value, Mapping):
            yield from _paths(value)
        elif key == "path":
            yield str(value)
