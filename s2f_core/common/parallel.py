"""Parallel work: threads of this machine, or a Dask cluster for the data stages."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar

import joblib

from s2f_core.common.errors import UserError
from s2f_core.common.redact import redact

MAX_THREADS = 1024

Item = TypeVar("Item")
Result = TypeVar("Result")


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


def map_on_cores(function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """Return the results of ``function``, which computes with torch on the CPU, for all items.

    Each item is computed on one core. Where the maps of a network are small, cores that share an
    image wait for each other, up to five times as long as they compute.
    """
    import torch

    count = torch.get_num_threads()
    with ThreadPoolExecutor(count, initializer=torch.set_num_threads, initargs=(1,)) as threads:
        try:
            return list(threads.map(function, items))
        finally:
            torch.set_num_threads(count)


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
