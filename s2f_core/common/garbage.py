"""Python's garbage collector in processes that import a lot."""

from __future__ import annotations

import atexit
import gc

THRESHOLD = 10_000  # objects from one collection to the next; Python has 700 to 2,000


def collect_rarely() -> None:
    """Collect garbage less often, and not when the process ends.

    Imports make hundreds of thousands of objects that stay. Looking through them again and again
    takes a quarter of the start-up, and the last look half a second at the end.
    """
    gc.set_threshold(THRESHOLD)
    atexit.register(gc.freeze)
