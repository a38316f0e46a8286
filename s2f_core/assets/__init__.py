"""Named data sets and weights: where each comes from, and how it gets here whole.

``fetch(name, destination)`` is all a stage needs. A new asset is one entry in
:mod:`s2f_core.assets.pictures` or :mod:`s2f_core.assets.weights`; a new
kind of source is one function and one line in ``SCHEMES`` of :mod:`s2f_core.assets.fetching`.
:mod:`s2f_core.assets.archives` reads zip and tar files that nobody vouches for.
"""

from s2f_core.assets.catalogue import CATALOGUE
from s2f_core.assets.collection import Collection, File, Source
from s2f_core.assets.fetching import fetch

__all__ = ["CATALOGUE", "Collection", "File", "Source", "fetch"]
