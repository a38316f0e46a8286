"""The demo: a local web page to draw on, with models that translate the drawing live.

:mod:`.server` builds and runs the server, :mod:`.api` has its endpoints, :mod:`.models` loads and
runs the generators, :mod:`.queue` orders the work, :mod:`.security` checks who asks. ``page/`` is
the page: plain JavaScript modules without a build step or external resources.
"""

from s2f_core.demo.server import serve

__all__ = ["serve"]
