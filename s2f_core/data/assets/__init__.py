"""Named data sets and weights: where each comes from, and how it gets here whole.

``fetch(name, destination)`` is all a stage needs. A new asset is one entry in
:mod:`s2f_core.data.assets.image_assets` or :mod:`s2f_core.data.assets.weight_assets`; a new
kind of source is one function and one line in ``SCHEMES`` of :mod:`s2f_core.data.assets.fetching`.
:mod:`s2f_core.data.assets.archives` reads zip and tar files that nobody vouches for.
"""

from s2f_core.data.assets.asset import Collection, File, Source
from s2f_core.data.assets.catalogue import CATALOGUE
from s2f_core.data.assets.fetching import fetch

__all__ = ["CATALOGUE", "Collection", "File", "Source", "fetch"]
