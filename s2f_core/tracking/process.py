"""A separate process for MLflow.

Importing MLflow and opening a store take three seconds of Python, which a thread cannot hide. In a
separate process they run while the stage imports torch.

A request is one line of JSON: its number, the store's URI, a method of
:class:`s2f_core.tracking.mlflow_store.RunStore` and the arguments. A response is one line too: the
number, ``done`` or the kind of error, and the result or message. The process ends when its standard
input closes, so it also ends when the stage is killed.
"""

from __future__ import annotations

import atexit
import itertools
import json
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from s2f_core.common.errors import UserError

SERVER = "s2f_core.tracking.mlflow_store"
SOURCE = Path(__file__).parents[2]  # the folder of s2f_core


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
                [sys.executable, "-m", SERVER, store],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                cwd=SOURCE,  # imports this copy of the code, even where another is installed
                start_new_session=True,  # Ctrl-C reaches the stage alone, which then ends the run
            )
            atexit.register(self.close)
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
            while response_number != number:  # a signal may have left an earlier response unread
                line = _exchange(process, request)
                if not line:
                    raise RuntimeError(
                        f"the process that writes to MLflow ended with exit status {self.close()}"
                    )
                response_number, status, value = json.loads(line)
                request = ""
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


def _exchange(process: subprocess.Popen[str], request: str) -> str:
    """Send a request unless it is empty, and read a response; empty where the process has ended."""
    if process.stdin is None or process.stdout is None:
        return ""
    with suppress(BrokenPipeError):
        if request:
            print(request, file=process.stdin, flush=True)
        return process.stdout.readline()
    return ""
