"""Parallel work of the data stages: threads of this machine, or a Dask cluster."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import joblib

from s2f_core.common.errors import UserError
from s2f_core.common.redact import redact

MAX_THREADS = 1024


@contextmanager
def workers(shared: Any) -> Iterator[joblib.Parallel]:
    """Yield a runner of joblib tasks that returns results as they finish.

    It uses ``S2F_WORKERS`` threads, by default one per core. With ``S2F_DASK``, the address of a
    scheduler (``tcp://host:8786``), it uses that cluster's workers, which need this environment and
    the project's folder under the same path. ``shared``, an argument of every task, is then sent
    once to each worker. Raises UserError if the scheduler cannot be reached or a variable is wrong.
    """
    scheduler = os.environ.get("S2F_DASK")
    with ExitStack() as stack:
        if scheduler:
            stack.enter_context(_connect(scheduler))
            stack.enter_context(joblib.parallel_config("dask", scatter=[shared]))
        else:
            stack.enter_context(joblib.parallel_config("threading", n_jobs=_thread_count()))
        yield joblib.Parallel(return_as="generator_unordered")


def _thread_count() -> int:
    value = os.environ.get("S2F_WORKERS", "-1")
    try:
        count = int(value)
    except ValueError:
        count = 0
    if count != -1 and not 1 <= count <= MAX_THREADS:
        raise UserError(
            f"S2F_WORKERS={value} is not a number of threads (allowed: 1 to {MAX_THREADS:,}, or -1 "
            "for all cores)"
        )
    return count


def _connect(scheduler: str) -> Any:
    try:
        from distributed import Client
    except ImportError:
        raise UserError("S2F_DASK needs Dask: pip install 's2f[dask]'") from None
    try:
        return Client(scheduler, timeout="10s")
    except (OSError, ValueError) as error:
        reason = f"S2F_DASK={scheduler}: the scheduler cannot be reached: {error}"
        raise UserError(redact(reason)) from None
