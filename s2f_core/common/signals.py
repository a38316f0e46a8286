"""Delayed handling of Ctrl-C, SIGTERM and a closed terminal: a program saves before it exits."""

from __future__ import annotations

import os
import signal
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

HANGUP = signal.SIGHUP if hasattr(signal, "SIGHUP") else None  # Windows has none
END_SIGNALS = tuple(filter(None, (signal.SIGTERM, HANGUP)))  # sent by others than the user
SIGNALS = (signal.SIGINT, *END_SIGNALS)

Handler = Callable[[int, FrameType | None], None]


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
        with _handle(self._record, SIGNALS):
            yield
        self.exit_if_requested()

    def exit_if_requested(self) -> None:
        """Exit if a signal was recorded."""
        if self.signal is not None:
            raise SystemExit(128 + self.signal)

    def _record(self, number: int, _frame: object) -> None:
        if self.signal == number:
            self.exit_if_requested()
        self.signal = number


@contextmanager
def exit_on_signals() -> Iterator[None]:
    """Exit by SystemExit on SIGTERM or SIGHUP within the block, so that open files are closed."""

    def stop(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    with _handle(stop, END_SIGNALS):
        yield


@contextmanager
def _handle(handler: Handler, numbers: tuple[int, ...]) -> Iterator[None]:
    """Handle signals within the block, in the main thread.

    A process that ignores SIGHUP keeps doing so, as under ``nohup``. After one SIGHUP others are
    ignored for good: the system and the shell both send one when a terminal is closed.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(number: int, frame: FrameType | None) -> None:
        if number == HANGUP:
            signal.signal(HANGUP, signal.SIG_IGN)
            _leave_closed_terminal()
        handler(number, frame)

    previous = {
        number: signal.signal(number, handle)
        for number in numbers
        if number != HANGUP or signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield
    finally:
        for number, old in previous.items():
            if signal.getsignal(number) is handle:
                signal.signal(number, old)


def _leave_closed_terminal() -> None:
    """Send output to nowhere where its terminal is gone: writing there would be an error."""
    for output in (1, 2):
        with suppress(OSError):
            if stat.S_ISCHR(os.fstat(output).st_mode) and not os.isatty(output):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, output)
                os.close(nowhere)
