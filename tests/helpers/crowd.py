"""Clients of the demo as a load drill needs them: honest, greedy, slow, and out of order."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlencode

HANG = 30.0  # seconds after which an answer is not waited for any more
AGAIN = (0.5, 1.0)  # parts of Retry-After until the page asks again
RAW = "application/octet-stream"
LIMIT = 2**20  # of what a client keeps that was not read

Address = tuple[str, int]
Drawing = bytes  # RGB of a square, as the page sends it
Expected = Mapping[tuple[str, int], bytes]  # the picture by model and number of the drawing


class Gone(Exception):
    """The server closed the connection instead of an answer."""


@dataclass
class Seen:
    """What a crowd was answered: ``(kind, what, seconds)`` each, and pictures by client."""

    answers: list[tuple[str, str, float]] = field(default_factory=list)
    drawn: dict[str, list[float]] = field(default_factory=dict)
    wrong: int = 0

    def add(self, kind: str, what: object, began: float) -> None:
        """Note an answer to something that was sent, or a connection that was opened, then."""
        self.answers.append((kind, str(what), time.monotonic() - began))


class Caller:
    """One connection, opened again when the server has closed it meanwhile, as browsers do."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, request: bytes, seconds: float = HANG) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and content. Raises Gone where there is no answer, also not anew."""
        async with asyncio.timeout(seconds):
            if self._writer is not None:
                with suppress(Gone):
                    return await self._ask(request)
            self.close()
            self._reader, self._writer = await asyncio.open_connection(*self.address, limit=LIMIT)
            return await self._ask(request)

    async def _ask(self, request: bytes) -> tuple[int, dict[str, str], bytes]:
        assert self._writer is not None
        try:
            self._writer.write(request)
            await self._writer.drain()
            return await answer(self._reader)
        except (OSError, asyncio.IncompleteReadError):
            self.close()
            raise Gone from None

    def close(self) -> None:
        """Let go of the connection."""
        if self._writer is not None:
            self._writer.transport.abort()
            self._writer = None


async def answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    """Read one answer; raises IncompleteReadError where the connection ends before it does."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {
        name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])
    }
    status = int(head[0].split()[1])
    if "content-length" in headers:
        return status, headers, await reader.readexactly(int(headers["content-length"]))
    return status, headers, await reader.read(LIMIT)


def post(path: str, body: bytes = b"", kind: str = RAW, **parameters: str | int) -> bytes:
    """A request as the page sends it."""
    query = f"?{urlencode(parameters)}" if parameters else ""
    head = (
        f"POST /api/{path}{query} HTTP/1.1\r\nHost: localhost\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


@dataclass
class Crowd:
    """Clients of one server; each goes on until its task is cancelled."""

    address: Address
    drawings: list[Drawing]
    expected: Expected
    models: list[str]
    seed: int
    seen: Seen = field(default_factory=Seen)

    async def honest(self, number: int, cards: int) -> None:
        """A page with so many models: of each one drawing under way, then the next."""
        name = f"honest-{number}"
        self.seen.drawn[name] = []
        first = number * cards
        cards = min(cards, len(self.models))
        chosen = [self.models[(first + at) % len(self.models)] for at in range(cards)]
        async with asyncio.TaskGroup() as group:
            for at, model in enumerate(chosen):
                group.create_task(
                    self._draw(name, model, random.Random(f"{self.seed} {name} {at}"))
                )

    async def _draw(self, name: str, model: str, draw: random.Random) -> None:
        caller = Caller(self.address)
        try:
            while True:
                which = draw.randrange(len(self.drawings))
                request = post("picture", self.drawings[which], model=model, client=name)
                began = time.monotonic()
                while not await self._answered(caller, request, (model, which), draw):
                    pass
                self.seen.drawn[name].append(time.monotonic() - began)
        finally:
            caller.close()

    async def _answered(
        self, caller: Caller, request: bytes, key: tuple[str, int], draw: random.Random
    ) -> bool:
        began = time.monotonic()
        try:
            status, headers, content = await caller.ask(request)
        except (Gone, OSError) as error:
            hung = isinstance(error, TimeoutError)  # which is an OSError
            self.seen.add("honest", "none" if hung else "closed", began)
            await asyncio.sleep(draw.uniform(*AGAIN))
            return False
        self.seen.add("honest", status, began)
        if status == 200:
            self.seen.wrong += content != self.expected[key]
            return True
        await asyncio.sleep(float(headers.get("retry-after", 0.3)) * draw.uniform(*AGAIN))
        return False

    async def greedy(self, kind: str, name: Callable[[], str]) -> None:
        """One of several connections that ask again at once, whatever they are told."""
        caller = Caller(self.address)
        body = self.drawings[0]
        for turn in _for_ever():
            model = self.models[turn % len(self.models)]
            await self._told(kind, caller, post("picture", body, model=model, client=name()))

    async def refused(self, kind: str, request: Callable[[], bytes], pause: float) -> None:
        """Something that gets no picture, again and again, each on a connection of its own."""
        for _ in _for_ever():
            caller = Caller(self.address)
            await self._told(kind, caller, request())
            caller.close()
            await asyncio.sleep(pause)

    async def _told(self, kind: str, caller: Caller, request: bytes) -> None:
        began = time.monotonic()
        try:
            status, _, _ = await caller.ask(request)
        except TimeoutError:
            self.seen.add(kind, "none", began)
            caller.close()
        except (Gone, OSError):
            self.seen.add(kind, "closed", began)
            await asyncio.sleep(0.01)
        else:
            self.seen.add(kind, status, began)

    async def slow(self, kind: str, begin: bytes, drip: bytes, *, reads: bool = True) -> None:
        """Keep a connection: send ``begin``, then a byte of ``drip`` a second, and ask no more.

        Noted is how long the server keeps it.
        """
        for _ in _for_ever():
            began, how, writer = time.monotonic(), "open", None
            try:
                with suppress(OSError):
                    reader, writer = await asyncio.open_connection(*self.address, limit=2**16)
                    writer.write(begin)
                    await _keep(reader, writer, drip, reads)
                how = "closed"
            finally:
                self.seen.add(kind, how, began)
                if writer is not None:
                    writer.transport.abort()
            await asyncio.sleep(0.1)

    async def endless(self, kind: str, head: bytes, piece: bytes) -> None:
        """A body that does not end, as fast as it is taken; noted is what is said, and when."""
        for _ in _for_ever():
            began = time.monotonic()
            with suppress(OSError):
                reader, writer = await asyncio.open_connection(*self.address, limit=LIMIT)
                sending = asyncio.create_task(_send(writer, head, piece))
                try:
                    async with asyncio.timeout(HANG):
                        status, _, _ = await answer(reader)
                        self.seen.add(kind, status, began)
                        with suppress(OSError):
                            await reader.read()  # until the server has closed
                    self.seen.add(f"{kind}: kept", "closed", began)
                except TimeoutError:
                    self.seen.add(f"{kind}: kept", "none", began)
                except asyncio.IncompleteReadError:
                    self.seen.add(kind, "closed", began)
                finally:
                    sending.cancel()
                    writer.transport.abort()
            await asyncio.sleep(0.2)


async def _keep(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, drip: bytes, reads: bool
) -> None:
    at = 0
    while not (reader.at_eof() or writer.transport.is_closing()):
        until = asyncio.get_running_loop().time() + 1
        with suppress(TimeoutError):
            async with asyncio.timeout_at(until):
                while reads and await reader.read(2**16):
                    pass
                if not reads:
                    await asyncio.sleep(1)
        writer.write(drip[at : at + 1])
        at += 1


async def _send(writer: asyncio.StreamWriter, head: bytes, piece: bytes) -> None:
    writer.write(head)
    with suppress(OSError):
        while True:
            writer.write(piece)
            await writer.drain()


def _for_ever() -> Iterator[int]:
    turn = 0
    while True:
        yield turn
        turn += 1
