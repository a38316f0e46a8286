"""Delayed handling of Ctrl-C and SIGTERM, so that a program can save before it exits."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """A request to end this process; ``signal`` is its number, or None before a request."""

    def __init__(self) -> None:
        self.signal: int | None = None

    @contextmanager
    def record_signals(self) -> Iterator[None]:
        """Record the first signal within the block; a second one of its kind exits at once.

        The process exits by SystemExit with 128 + the signal's number, as in a shell, at the latest
        at the end of the block. Outside the main thread, which alone may set handlers, nothing is
        recorded.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        previous = {number: signal.signal(number, self._record) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)
        self.exit_if_requested()

    def exit_if_requested(self) -> None:
        """Exit if a signal was recorded."""
        if self.signal is not None:
            raise SystemExit(128 + self.signal)

    def _record(self, number: int, _frame: object) -> None:
        if self.signal == number:
            self.exit_if_requested()
        self.signal = number
