"""Ctrl-C and SIGTERM, noted, so that what runs can save before it leaves."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """Whether this process was asked to end; ``signal`` is by which signal, None before that."""

    def __init__(self) -> None:
        self.signal: int | None = None

    @contextmanager
    def record_signals(self) -> Iterator[None]:
        """Within the block the first signal is noted; a second of its kind ends it at once.

        What ends the process is SystemExit with 128 + the signal's number, as a shell has it, at
        the latest at the end of the block. In another thread than the main one nothing is noted.
        """
        if threading.current_thread() is not threading.main_thread():  # only it may set handlers
            yield
            return
        before = {number: signal.signal(number, self._note) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        self.exit_if_requested()

    def exit_if_requested(self) -> None:
        """End the process if it was asked to."""
        if self.signal is not None:
            raise SystemExit(128 + self.signal)

    def _note(self, number: int, _frame: object) -> None:
        if self.signal == number:
            self.exit_if_requested()
        self.signal = number
