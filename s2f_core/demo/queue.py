"""A work queue for many clients: few threads, bounded waiting, and turns by client."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class SupersededError(Exception):
    """A newer job of the same client and key replaced this one while it waited."""


class QueueFullError(Exception):
    """The queue is full."""


Ticket = asyncio.Future[None]  # done when its job gets a thread


class FairQueue:
    """Runs jobs in ``threads`` threads; at most ``capacity`` jobs wait.

    Clients take turns: after each job a client goes behind the others, however many jobs it has
    waiting. A new job of the same client and key replaces the one that waits, which is never run
    and fails with SupersededError. When the queue is full, the client with the most waiting jobs
    loses its newest one to a client with fewer. All methods run in one event loop.
    """

    def __init__(self, threads: int, capacity: int) -> None:
        self.capacity = capacity
        self._idle_threads = threads
        self._waiting: dict[Hashable, dict[Hashable, Ticket]] = {}  # by client, in order of turns
        self._pool = ThreadPoolExecutor(threads, "demo-queue")

    async def run(
        self, client: Hashable, key: Hashable, job: Callable[[], T], time_limit: float
    ) -> T:
        """Wait for a turn, run ``job`` in a thread and return its result.

        Raises what the job raises, SupersededError, QueueFullError, and TimeoutError after
        ``time_limit`` seconds of waiting and running. Cancelling takes a waiting job out of the
        queue. A job that has started always finishes, and keeps its thread until then.
        """
        async with asyncio.timeout(time_limit):
            await self._acquire_thread(client, key)
            running = asyncio.get_running_loop().run_in_executor(self._pool, job)
            running.add_done_callback(self._on_job_done)
            return await asyncio.shield(running)

    def close(self) -> None:
        """Stop the threads after their current jobs."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _acquire_thread(self, client: Hashable, key: Hashable) -> None:
        if self._idle_threads:
            self._idle_threads -= 1
            return
        own = self._waiting.get(client, {})
        if (older := own.get(key)) is None:
            self._make_room(len(own))
        elif not older.done():
            older.set_exception(SupersededError)
        ticket: Ticket = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(client, own)[key] = ticket
        try:
            await ticket
        except asyncio.CancelledError:
            if own.get(key) is ticket:
                self._remove(client, key)
            elif ticket.done() and not ticket.cancelled() and ticket.exception() is None:
                self._release_thread()  # it got a thread in the same moment and does not need it
            raise

    def _make_room(self, own: int) -> None:
        """Make room for a job of a client that has ``own`` waiting; raises QueueFullError."""
        if sum(map(len, self._waiting.values())) < self.capacity:
            return
        client = max(self._waiting, key=lambda each: len(self._waiting[each]), default=None)
        if client is None or len(self._waiting[client]) <= own + 1:
            raise QueueFullError
        ticket = self._remove(client, next(reversed(self._waiting[client])))
        if not ticket.done():
            ticket.set_exception(QueueFullError)

    def _remove(self, client: Hashable, key: Hashable) -> Ticket:
        ticket = self._waiting[client].pop(key)
        if not self._waiting[client]:
            del self._waiting[client]
        return ticket

    def _on_job_done(self, running: asyncio.Future[T]) -> None:
        if not running.cancelled():
            running.exception()  # retrieved, so that asyncio does not warn if nobody waits for it
        self._release_thread()

    def _release_thread(self) -> None:
        """Give the thread to the next client's first job, or count it as idle."""
        while self._waiting:
            client = next(iter(self._waiting))
            ticket = self._remove(client, next(iter(self._waiting[client])))
            if client in self._waiting:
                self._waiting[client] = self._waiting.pop(client)  # behind the others
            if not ticket.done():  # done: timed out or cancelled
                ticket.set_result(None)
                return
        self._idle_threads += 1
