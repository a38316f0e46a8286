"""Where the data stages' work runs: threads of this machine, or a Dask cluster."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import joblib

from s2f_core.common.errors import UserError


@contextmanager
def workers(shared: Any) -> Iterator[joblib.Parallel]:
    """What runs joblib tasks, given back in the order in which they end.

    Threads here, ``S2F_WORKERS`` of them, by default one a core; with ``S2F_DASK`` the workers of
    that scheduler (``tcp://host:8786``), which need this environment and the project's folder
    under the same path. ``shared``, an argument of every task, then travels once to each of them.
    Raises UserError where the scheduler cannot be reached or a variable is wrong.
    """
    scheduler = os.environ.get("S2F_DASK")
    with ExitStack() as stack:
        if scheduler:
            stack.enter_context(_client(scheduler))
            stack.enter_context(joblib.parallel_config("dask", scatter=[shared]))
        else:
            stack.enter_context(joblib.parallel_config("threading", n_jobs=_count()))
        yield joblib.Parallel(return_as="generator_unordered")


def _count() -> int:
    given = os.environ.get("S2F_WORKERS", "-1")
    try:
        count = int(given)
    except ValueError:
        count = 0
    if count != -1 and count < 1:
        raise UserError(f"S2F_WORKERS={given} is no number of threads: 1 or more, -1 for all cores")
    return count


def _client(scheduler: str) -> Any:
    try:
        from distributed import Client
    except ImportError:
        raise UserError("S2F_DASK needs Dask: pip install 's2f[dask]'") from None
    try:
        return Client(scheduler, timeout="10s")
    except (OSError, ValueError) as error:
        raise UserError(f"S2F_DASK={scheduler} cannot be reached: {error}") from None
