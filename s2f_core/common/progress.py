"""A progress bar that a training outlives."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Any

from tqdm import tqdm


class _StandardError:
    """Standard error, or nothing once its reader has ended, such as ``tee`` on Ctrl-C."""

    def write(self, text: str) -> None:
        """Write if there is a reader."""
        with suppress(OSError):
            sys.stderr.write(text)

    def flush(self) -> None:
        """Flush if there is a reader."""
        with suppress(OSError):
            sys.stderr.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(sys.stderr, name)


def progress_bar(**options: Any) -> Any:
    """Return a tqdm bar on standard error, for which a closed pipe or terminal is no error."""
    return tqdm(file=_StandardError(), **options)
