"""A separate process for MLflow.

Importing MLflow and opening a store take three seconds of Python, which a thread cannot hide. In a
separate process they run while the stage imports torch.

The first line is the store's address. Each further line is a request in JSON: its number, the
store's address, a method of :class:`s2f_core.tracking.mlflow_store.RunStore` and the arguments. A
response is one line too: the number, ``done`` or the kind of error, and the result or message. The
process ends when its standard input closes, so it also ends when the stage is killed.
"""

from __future__ import annotations

import atexit
import itertools
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from s2f_core.common.errors import UserError
from s2f_core.tracking.store_check import place

SERVER = "s2f_core.tracking.mlflow_store"
SOURCE = Path(__file__).parents[2]  # the folder of s2f_core
NOTICE_SECONDS = 20.0  # MLflow tries for minutes; a person should know what is waited for

log = logging.getLogger(__name__)


class BusyError(UserError):
    """Another process holds the store, or its server does not answer at the moment."""


class StoreProcess:
    """The stage's handle on the MLflow process: one for all stores, started on first use."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()
        self._numbers = itertools.count()

    def start(self, store: str) -> subprocess.Popen[str]:
        """Return the running process; start it with this store where there is none."""
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", SERVER],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                cwd=SOURCE,  # imports this copy of the code, even where another is installed
                start_new_session=True,  # Ctrl-C reaches the stage alone, which then ends the run
            )
            atexit.register(self.close)
            _send(self._process, store)
        return self._process

    def call(self, store: str, method: str, *arguments: object) -> Any:
        """Call a method of :class:`~s2f_core.tracking.mlflow_store.RunStore`; return its result.

        Raises BusyError where a later call may succeed, UserError where the store cannot be used or
        an argument is wrong, and RuntimeError with the traceback of any other error.
        """
        with self._lock:
            process, number = self.start(store), next(self._numbers)
            request = json.dumps([number, store, method, arguments])
            response_number, status, value = None, "", None
            with _notice(f"MLflow at {place(store)} has not answered yet; still waiting"):
                _send(process, request)
                while response_number != number:  # a signal may have left an earlier one unread
                    line = process.stdout.readline() if process.stdout else ""
                    if not line:
                        raise RuntimeError(
                            "the process that writes to MLflow ended with exit status "
                            f"{self.close()}"
                        )
                    response_number, status, value = json.loads(line)
        if status == "done":
            return value
        raise {"user": UserError, "busy": BusyError}.get(status, RuntimeError)(value)

    def close(self) -> int | None:
        """End the process and return its exit status; None where it does not run."""
        atexit.unregister(self.close)
        process, self._process = self._process, None
        if process is None:
            return None
        process.communicate()
        return process.returncode


def _send(process: subprocess.Popen[str], line: str) -> None:
    """Send a line to a process, unless it has ended: reading from it tells."""
    with suppress(BrokenPipeError):
        print(line, file=process.stdin, flush=True)


@contextmanager
def _notice(message: str) -> Iterator[None]:
    """Log a message if the block takes longer than :data:`NOTICE_SECONDS`."""
    timer = threading.Timer(NOTICE_SECONDS, log.warning, ("%s", message))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
