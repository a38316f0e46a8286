"""Data sets and weights by name: where each comes from, and how to download it whole.

``fetch(name, destination)`` is all a stage needs. A new asset is one entry in
:mod:`s2f_core.data.assets.image_assets` or :mod:`s2f_core.data.assets.weight_assets`; a new
kind of source is one function and one line in ``SCHEMES`` of :mod:`s2f_core.data.assets.fetching`.
:mod:`s2f_core.data.assets.archives` reads zip and tar files from untrusted sources.
"""

from s2f_core.data.assets.asset import Asset, File, Source
from s2f_core.data.assets.catalogue import CATALOGUE
from s2f_core.data.assets.fetching import fetch

__all__ = ["CATALOGUE", "Asset", "File", "Source", "fetch"]
