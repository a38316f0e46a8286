"""Who is served when: a few threads compute, more wait, and clients have turns."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class SupersededError(Exception):
    """A newer request of the same key came while this one waited."""


class BusyError(Exception):
    """As many wait as may."""


Turn = asyncio.Future[None]


class Desk:
    """Does work in ``threads``; ``most`` wait at most, and clients have turns.

    Who was served stands behind the others, whatever else it asked for. Of one client's key only
    the newest waits: it has the place of the older one, which is told so and never begun. Where as
    many wait as may, one of the client that has most waiting makes room for one that has fewer.
    All methods belong to one event loop.
    """

    def __init__(self, threads: int, most: int) -> None:
        self.most = most
        self._free = threads
        self._waiting: dict[Hashable, dict[Hashable, Turn]] = {}  # by client, who is next first
        self._pool = ThreadPoolExecutor(threads, "desk")

    async def do(self, client: Hashable, key: Hashable, work: Callable[[], T], seconds: float) -> T:
        """What ``work`` gives, or raises.

        Raises SupersededError, BusyError, and TimeoutError after ``seconds``, of which waiting is a
        part. Work that has begun is not ended by it; its thread serves nobody else before.
        """
        async with asyncio.timeout(seconds):
            await self._turn(client, key)
            running = asyncio.get_running_loop().run_in_executor(self._pool, work)
            running.add_done_callback(self._done)
            return await asyncio.shield(running)

    def close(self) -> None:
        """End the threads when they have nothing left to do."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _turn(self, client: Hashable, key: Hashable) -> None:
        """Wait for a free thread, which is then taken."""
        if self._free:
            self._free -= 1
            return
        own = self._waiting.get(client, {})
        if (older := own.get(key)) is None:
            self._make_room(len(own))
        elif not older.done():
            older.set_exception(SupersededError)
        turn: Turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(client, own)[key] = turn
        try:
            await turn
        except asyncio.CancelledError:
            if own.get(key) is turn:
                self._leave(client, key)
            elif turn.done() and not turn.cancelled() and turn.exception() is None:
                self._next()  # it was given a thread and does not want it any more
            raise

    def _make_room(self, own: int) -> None:
        """For one more of a client of which ``own`` wait; raises BusyError."""
        if sum(map(len, self._waiting.values())) < self.most:
            return
        client = max(self._waiting, key=lambda each: len(self._waiting[each]), default=None)
        if client is None or len(self._waiting[client]) <= own + 1:
            raise BusyError
        turn = self._leave(client, next(reversed(self._waiting[client])))
        if not turn.done():
            turn.set_exception(BusyError)

    def _leave(self, client: Hashable, key: Hashable) -> Turn:
        turn = self._waiting[client].pop(key)
        if not self._waiting[client]:
            del self._waiting[client]
        return turn

    def _done(self, running: asyncio.Future[T]) -> None:
        if not running.cancelled():
            running.exception()  # looked at, also where nobody waits for it any more
        self._next()

    def _next(self) -> None:
        """Give a free thread to the first of who is next."""
        while self._waiting:
            client = next(iter(self._waiting))
            turn = self._leave(client, next(iter(self._waiting[client])))
            if client in self._waiting:
                self._waiting[client] = self._waiting.pop(client)  # behind the others
            if not turn.done():  # else its time is over, or its client has gone
                turn.set_result(None)
                return
        self._free += 1
