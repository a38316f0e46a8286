"""Run a request's job in the queue."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable, Hashable
from typing import TypeVar

from fastapi import Request

from s2f_core.demo.http_errors import ApiError
from s2f_core.demo.queue import FairQueue, QueueFullError, SupersededError

T = TypeVar("T")

TIMEOUT = 10.0  # seconds to wait and run


async def run_job(
    queue: FairQueue,
    request: Request,
    client: str,
    key: Hashable,
    job: Callable[[], T],
    time_limit: float = TIMEOUT,
) -> T:
    """Run a job in the queue; drop it if the client closes the connection while it waits."""
    owner = _owner(request, client)
    running = asyncio.ensure_future(queue.run(owner, key, job, time_limit))
    disconnect = asyncio.ensure_future(_wait_for_disconnect(request))
    try:
        await asyncio.wait({running, disconnect}, return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            raise ApiError(400, "the client closed the connection")
        return running.result()
    except SupersededError:
        raise ApiError(409, "a newer drawing replaced this one") from None
    except QueueFullError:
        raise ApiError(503, f"{queue.capacity} requests are waiting; try again") from None
    except TimeoutError:
        raise ApiError(504, f"not done within {time_limit:g} seconds") from None
    finally:
        running.cancel()
        disconnect.cancel()


async def _wait_for_disconnect(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _owner(request: Request, client: str) -> str:
    """Return whose turn it is: on this machine the client's name, else the machine's address."""
    address = request.client.host if request.client else ""
    return client if ipaddress.ip_address(address).is_loopback else address
