"""Connections that nobody can keep: a client that the server waits for has a time, and a place."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

MOST = 256  # connections at once: fifty pages with several models each
PATIENCE = 15.0  # seconds until a request has come whole, or more of an answer was taken
LINGER = 2.0  # seconds to read an answer that was given before the request had come whole


class Connection(H11Protocol):
    """uvicorn's HTTP, which by itself bounds the time between two requests and no other.

    Headers and body that come a byte at a time, a client that asks for nothing or does not read
    what it asked for: the connection is closed after ``PATIENCE``. Of more than ``MOST``
    connections that one is closed which has kept the server waiting longest. So whoever is slow on
    purpose takes no place from those who are not.
    """

    since: float | None = None  # when the server began to wait for the client, where it does
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first request, and make room for it."""
        super().connection_made(transport)
        self._wait(PATIENCE)
        if len(self.connections) > MOST:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._stop()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take a part of a request; whoever sent all of it is waited for no longer."""
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        """Wait for the next request, and until this answer is taken."""
        came_whole = not self.cycle.more_body
        self._wait(PATIENCE if came_whole else LINGER)
        super().on_response_complete()  # which begins a request that came along with this one
        self._look()

    def pause_writing(self) -> None:
        """Wait for a client that has much to read."""
        super().pause_writing()
        self._wait(PATIENCE)

    def resume_writing(self) -> None:
        """It has read some of it."""
        super().resume_writing()
        self._look()

    def _look(self) -> None:
        cycle = self.cycle
        if cycle and not (cycle.more_body or cycle.response_complete or self.flow.write_paused):
            self._stop()

    def _wait(self, seconds: float) -> None:
        self._stop()
        self.since = self.loop.time()
        self._timer = self.loop.call_later(seconds, self.transport.abort)

    def _stop(self) -> None:
        self.since = None
        if self._timer is not None:
            self._timer.cancel()

    def _make_room(self) -> None:
        """Close the one that is waited for longest; where there is none, uvicorn answers 503."""
        others = (each for each in self.connections if isinstance(each, Connection))
        waited = {each: each.since for each in others if each.since and each is not self}
        if waited:
            slowest = min(waited, key=waited.__getitem__)
            self.connections.discard(slowest)
            slowest.transport.abort()
