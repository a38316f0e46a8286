"""Clients of the demo for the load drill: honest, greedy, rejected, slow and endless ones."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import urlencode

TIMEOUT = 30.0  # seconds to wait for a response
RETRY = (0.5, 1.0)  # the page retries after a random part of Retry-After between these
RAW = "application/octet-stream"
BUFFER = 2**20  # bytes that a client buffers unread

Address = tuple[str, int]
Drawing = bytes  # RGB of a square, as the page sends it
Expected = Mapping[tuple[str, int], bytes]  # the picture by model and number of the drawing
Response = tuple[int, dict[str, str], bytes]  # status, headers, content


class ConnectionClosed(Exception):
    """The server closed the connection without a response."""


@dataclass
class Results:
    """``responses``: kind of client, outcome and seconds of each; ``pictures``: seconds by client.

    An outcome is an HTTP status, "closed" (by the server), "none" (timeout) or "open" (at the end).
    ``wrong``: pictures other than expected.
    """

    responses: list[tuple[str, str, float]] = field(default_factory=list)
    pictures: dict[str, list[float]] = field(default_factory=dict)
    wrong: int = 0

    def add(self, kind: str, outcome: object, start: float) -> None:
        """Add the outcome of an action that began at ``start`` on the monotonic clock."""
        self.responses.append((kind, str(outcome), time.monotonic() - start))


class Connection:
    """A kept-alive connection, opened again if the server closed it, as browsers do."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._writer: asyncio.StreamWriter | None = None

    async def send(self, request: bytes, seconds: float = TIMEOUT) -> Response:
        """Send a request and return the response.

        Raises ConnectionClosed if a new connection gets no response either, and TimeoutError.
        """
        async with asyncio.timeout(seconds):
            if self._writer is not None:
                with suppress(ConnectionClosed):
                    return await self._send(request)
            self.close()
            self._reader, self._writer = await asyncio.open_connection(*self.address, limit=BUFFER)
            return await self._send(request)

    async def _send(self, request: bytes) -> Response:
        assert self._writer is not None
        try:
            self._writer.write(request)
            await self._writer.drain()
            return await read_response(self._reader)
        except (OSError, asyncio.IncompleteReadError):
            self.close()
            raise ConnectionClosed from None

    def close(self) -> None:
        """Close the connection."""
        if self._writer is not None:
            self._writer.transport.abort()
            self._writer = None


async def read_response(reader: asyncio.StreamReader) -> Response:
    """Read one response; raises IncompleteReadError if the connection ends before it does."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {
        name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])
    }
    status = int(head[0].split()[1])
    if "content-length" in headers:
        return status, headers, await reader.readexactly(int(headers["content-length"]))
    return status, headers, await reader.read(BUFFER)


def post(path: str, body: bytes = b"", content_type: str = RAW, **parameters: str | int) -> bytes:
    """A POST request as the page sends it."""
    query = f"?{urlencode(parameters)}" if parameters else ""
    head = (
        f"POST /api/{path}{query} HTTP/1.1\r\nHost: localhost\r\n"
        f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


@dataclass
class Clients:
    """Clients of one server. Each method is one client, which runs until its task is cancelled."""

    address: Address
    drawings: list[Drawing]
    expected: Expected
    models: list[str]
    seed: int
    results: Results = field(default_factory=Results)

    async def honest(self, number: int, cards: int) -> None:
        """A page with so many models, with one drawing under way for each."""
        name = f"honest-{number}"
        self.results.pictures[name] = []
        first = number * cards
        cards = min(cards, len(self.models))
        models = [self.models[(first + card) % len(self.models)] for card in range(cards)]
        async with asyncio.TaskGroup() as group:
            for card, model in enumerate(models):
                stream = random.Random(f"{self.seed} {name} {card}")
                group.create_task(self._honest_card(name, model, stream))

    async def _honest_card(self, name: str, model: str, stream: random.Random) -> None:
        connection = Connection(self.address)
        try:
            while True:
                number = stream.randrange(len(self.drawings))
                request = post("picture", self.drawings[number], model=model, client=name)
                start = time.monotonic()
                while not await self._try_picture(connection, request, (model, number), stream):
                    pass
                self.results.pictures[name].append(time.monotonic() - start)
        finally:
            connection.close()

    async def _try_picture(
        self, connection: Connection, request: bytes, key: tuple[str, int], stream: random.Random
    ) -> bool:
        """Return whether a picture came; if not, wait as the page does."""
        start = time.monotonic()
        try:
            status, headers, content = await connection.send(request)
        except (ConnectionClosed, OSError) as error:
            timed_out = isinstance(error, TimeoutError)  # a subclass of OSError
            self.results.add("honest", "none" if timed_out else "closed", start)
            await asyncio.sleep(stream.uniform(*RETRY))
            return False
        self.results.add("honest", status, start)
        if status == 200:
            self.results.wrong += content != self.expected[key]
            return True
        await asyncio.sleep(float(headers.get("retry-after", 0.3)) * stream.uniform(*RETRY))
        return False

    async def greedy(self, kind: str, name: Callable[[], str]) -> None:
        """A connection that sends the next request at once, whatever the response."""
        connection = Connection(self.address)
        body = self.drawings[0]
        for turn in count():
            model = self.models[turn % len(self.models)]
            request = post("picture", body, model=model, client=name())
            await self._send(kind, connection, request)

    async def rejected(self, kind: str, request: Callable[[], bytes], pause: float) -> None:
        """Bad requests, each on a new connection."""
        while True:
            connection = Connection(self.address)
            await self._send(kind, connection, request())
            connection.close()
            await asyncio.sleep(pause)

    async def _send(self, kind: str, connection: Connection, request: bytes) -> None:
        start = time.monotonic()
        try:
            status, _, _ = await connection.send(request)
        except TimeoutError:
            self.results.add(kind, "none", start)
            connection.close()
        except (ConnectionClosed, OSError):
            self.results.add(kind, "closed", start)
            await asyncio.sleep(0.01)
        else:
            self.results.add(kind, status, start)

    async def slow(self, kind: str, start: bytes, drip: bytes, *, reads: bool = True) -> None:
        """Connections that send ``start``, then a byte of ``drip`` a second.

        The result is how long the server keeps the connection.
        """
        while True:
            opened_at, outcome, writer = time.monotonic(), "open", None
            try:
                with suppress(OSError):
                    reader, writer = await asyncio.open_connection(*self.address, limit=2**16)
                    writer.write(start)
                    await _drip(reader, writer, drip, reads)
                outcome = "closed"
            finally:
                self.results.add(kind, outcome, opened_at)
                if writer is not None:
                    writer.transport.abort()
            await asyncio.sleep(0.1)

    async def endless(self, kind: str, head: bytes, chunk: bytes) -> None:
        """Bodies that never end, sent as fast as the server reads.

        The results are the response, and as kind "…: kept" when the connection was closed.
        """
        while True:
            start = time.monotonic()
            with suppress(OSError):
                reader, writer = await asyncio.open_connection(*self.address, limit=BUFFER)
                sending = asyncio.create_task(_send_forever(writer, head, chunk))
                try:
                    async with asyncio.timeout(TIMEOUT):
                        status, _, _ = await read_response(reader)
                        self.results.add(kind, status, start)
                        with suppress(OSError):
                            await reader.read()  # until the server closes the connection
                    self.results.add(f"{kind}: kept", "closed", start)
                except TimeoutError:
                    self.results.add(f"{kind}: kept", "none", start)
                except asyncio.IncompleteReadError:
                    self.results.add(kind, "closed", start)
                finally:
                    sending.cancel()
                    writer.transport.abort()
            await asyncio.sleep(0.2)


async def _drip(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, drip: bytes, reads: bool
) -> None:
    """Send a byte a second until the server closes the connection."""
    index = 0
    while not (reader.at_eof() or writer.transport.is_closing()):
        next_second = asyncio.get_running_loop().time() + 1
        with suppress(TimeoutError):
            async with asyncio.timeout_at(next_second):
                while reads and await reader.read(2**16):
                    pass
                if not reads:
                    await asyncio.sleep(1)
        writer.write(drip[index : index + 1])
        index += 1


async def _send_forever(writer: asyncio.StreamWriter, head: bytes, chunk: bytes) -> None:
    writer.write(head)
    with suppress(OSError):
        while True:
            writer.write(chunk)
            await writer.drain()
