"""The demo: people draw on a page, and models answer while they do.

:mod:`.server` is the page's server, on this machine only unless told otherwise; :mod:`.models` what
it computes with, :mod:`.queue` in which order, :mod:`.security` for whom. ``page/`` is what a
browser gets: plain modules, nothing built, nothing from elsewhere.
"""

from s2f_core.demo.server import serve

__all__ = ["serve"]
