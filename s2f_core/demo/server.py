"""The demo's server: a page, and what it asks for while somebody draws."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Sequence
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from s2f_core.common.errors import UserError
from s2f_core.demo import api, http_errors, pages
from s2f_core.demo.connection_limits import MOST, Connection
from s2f_core.demo.models import Model, opened
from s2f_core.demo.security import Guard
from s2f_core.demo.training_data import Learned

log = logging.getLogger(__name__)

IDLE = 5  # seconds until a connection that asks for nothing more is closed
BACKLOG = 128  # connections that wait to be accepted


def serve(
    names: Sequence[str],
    root: Path,
    host: str = "127.0.0.1",
    port: int = 8000,
    say: Callable[[str], None] = log.info,
) -> None:
    """Show the models of these names (see :func:`.models.opened`) until the process is ended.

    ``root`` is the data folder; ``port`` 0 is any free one. Only this machine is listened to,
    unless ``host`` is another of its addresses. ``say`` is told where the page is. Raises UserError
    where the models cannot be opened, or nobody can listen there.
    """
    models = opened(names, root)
    with _listening(host, port) as listening:
        free = listening.getsockname()[1]
        shown = f"[{host}]" if ":" in host else host
        say(f"http://{shown}:{free}/")
        uvicorn.Server(configured(made(models, root, host))).run(sockets=[listening])


def made(models: dict[str, Model], root: Path, host: str) -> FastAPI:
    """The application; ``host`` is the name it is reached by, beside this machine's numbers."""
    app = FastAPI(title="s2f", docs_url=None, redoc_url=None, openapi_url=None)
    api.add(app, models, Learned(root))
    pages.add(app, models, root)
    http_errors.add(app)
    app.add_middleware(Guard, name=host)
    return app


def configured(app: FastAPI) -> uvicorn.Config:
    """How it is served: bounded, and quiet about what strangers send."""
    return uvicorn.Config(
        app,
        http=Connection,
        ws="none",
        log_level="error",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=BACKLOG,
        limit_concurrency=MOST + 1,  # where none of them keeps the server waiting
        timeout_keep_alive=IDLE,
        timeout_graceful_shutdown=1,
    )


def _listening(host: str, port: int) -> socket.socket:
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # Where the protocol is not named, asyncio leaves Nagle's delay on: 40 ms an answer.
        listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(address)
            listening.listen(BACKLOG)  # who is told where the page is may ask at once
        except OSError:
            listening.close()
            raise
    except (OSError, OverflowError) as error:
        raise UserError(
            f"{host}:{port} cannot be listened to: {error}; --port chooses another, 0 any"
        ) from None
    return listening
