"""Limits on HTTP connections: timeouts for slow clients and a maximum number of connections."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

MAX_CONNECTIONS = 256  # at once: fifty pages with several models each
CLIENT_TIMEOUT = 15.0  # seconds to send a whole request, or to read more of a response
LINGER = 2.0  # seconds to read a response that was sent before the whole request had arrived


class LimitedConnection(H11Protocol):
    """uvicorn's HTTP protocol with a timeout whenever the server waits for the client.

    uvicorn itself limits only the time between two requests. Here a connection is closed after
    ``CLIENT_TIMEOUT`` if the client sends headers or a body too slowly, sends no request, or does
    not read the response. Beyond ``MAX_CONNECTIONS`` the connection whose client has kept the
    server waiting longest is closed, so a deliberately slow client takes no place from others.
    """

    waiting_since: float | None = None  # loop time; None while the server owes a response
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the timeout of the first request; make room if there are too many connections."""
        super().connection_made(transport)
        self._start_timer(CLIENT_TIMEOUT)
        if len(self.connections) > MAX_CONNECTIONS:
            self._close_slowest()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timeout."""
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Handle a part of a request; stop the timeout once the request is whole."""
        super().data_received(data)
        self._stop_timer_if_served()

    def on_response_complete(self) -> None:
        """Start the timeout of reading this response and sending the next request."""
        request_is_whole = not self.cycle.more_body
        self._start_timer(CLIENT_TIMEOUT if request_is_whole else LINGER)
        super().on_response_complete()  # starts the next request if it has already arrived
        self._stop_timer_if_served()

    def pause_writing(self) -> None:
        """Start the timeout of reading a long response."""
        super().pause_writing()
        self._start_timer(CLIENT_TIMEOUT)

    def resume_writing(self) -> None:
        """Stop the timeout: the client has read more of the response."""
        super().resume_writing()
        self._stop_timer_if_served()

    def _stop_timer_if_served(self) -> None:
        cycle = self.cycle
        if cycle and not (cycle.more_body or cycle.response_complete or self.flow.write_paused):
            self._stop_timer()

    def _start_timer(self, seconds: float) -> None:
        self._stop_timer()
        self.waiting_since = self.loop.time()
        self._timer = self.loop.call_later(seconds, self.transport.abort)

    def _stop_timer(self) -> None:
        self.waiting_since = None
        if self._timer is not None:
            self._timer.cancel()

    def _close_slowest(self) -> None:
        """Close the connection that keeps the server waiting longest.

        If all connections are being served, none is closed and uvicorn answers the new one 503.
        """
        others = (each for each in self.connections if isinstance(each, LimitedConnection))
        waiting = {
            each: each.waiting_since for each in others if each.waiting_since and each is not self
        }
        if waiting:
            slowest = min(waiting, key=waiting.__getitem__)
            self.connections.discard(slowest)
            slowest.transport.abort()
