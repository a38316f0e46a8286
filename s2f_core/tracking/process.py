"""MLflow in a process of its own.

Importing MLflow and opening a store take three seconds of Python, which no thread can hide. Here
they pass while the stage imports torch.

A request is one line of JSON: its number, the store's URI, a method of
:class:`s2f_core.tracking.mlflow_store.Journal` and the arguments. So is the answer: the number,
how it went, and a value. The process ends when its input does, so also when the stage was killed.
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
SOURCE = Path(__file__).parents[2]  # where s2f_core lies


class BusyError(UserError):
    """Another process holds the store, or its server does not answer for now."""


class Process:
    """The stage's end of it: started when it is first needed, one for all stores."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()
        self._numbers = itertools.count()

    def start(self, store: str) -> subprocess.Popen[str]:
        """Start it and have it open this store, unless it runs."""
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", SERVER, store],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                cwd=SOURCE,  # this very copy of the code, also where another one is installed
                start_new_session=True,  # Ctrl-C is the stage's, which then has a run to end
            )
            atexit.register(self.close)
        return self._process

    def ask(self, store: str, method: str, *arguments: object) -> Any:
        """What the journal of a store answers.

        Raises BusyError where the store may be used again later, UserError where it cannot be used
        or the journal says what is wrong, and RuntimeError with the traceback of anything else.
        """
        with self._lock:
            process, number = self.start(store), next(self._numbers)
            request = json.dumps([number, store, method, arguments])
            answered, went, value = None, "", None
            while answered != number:  # a signal may have left an earlier answer unread
                line = _exchange(process, request)
                if not line:
                    raise RuntimeError(f"the process that writes to MLflow ended: {self.close()}")
                answered, went, value = json.loads(line)
                request = ""
        if went == "done":
            return value
        raise {"user": UserError, "busy": BusyError}.get(went, RuntimeError)(value)

    def close(self) -> int | None:
        """End it, if it runs; its exit status."""
        atexit.unregister(self.close)
        process, self._process = self._process, None
        if process is None:
            return None
        process.communicate()
        return process.returncode


def _exchange(process: subprocess.Popen[str], request: str) -> str:
    """Send a request, if there is one, and read an answer; empty where the process has ended."""
    if process.stdin is None or process.stdout is None:
        return ""
    with suppress(BrokenPipeError):
        if request:
            print(request, file=process.stdin, flush=True)
        return process.stdout.readline()
    return ""
