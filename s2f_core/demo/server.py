"""The demo's server: build the application and run it with uvicorn."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Sequence
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from s2f_core.common.errors import UserError
from s2f_core.demo import api, http_errors, pages
from s2f_core.demo.connection_limits import MAX_CONNECTIONS, LimitedConnection
from s2f_core.demo.models import DemoModel, open_models
from s2f_core.demo.security import SecurityMiddleware
from s2f_core.demo.training_data import TrainingData

log = logging.getLogger(__name__)

KEEP_ALIVE = 5  # seconds until a connection without a new request is closed
BACKLOG = 128  # connections that wait to be accepted


def serve(
    names: Sequence[str],
    root: Path,
    host: str = "127.0.0.1",
    port: int = 8000,
    announce: Callable[[str], None] = log.info,
) -> None:
    """Serve models until the process ends; ``names`` as in :func:`.models.open_models`.

    ``root`` is the data folder, ``host`` the address to listen on, ``port`` 0 any free port.
    ``announce`` is called with the page's URL. Raises UserError if a model cannot be opened or the
    address cannot be listened on.
    """
    models = open_models(names, root)
    with _listen(host, port) as listener:
        actual_port = listener.getsockname()[1]
        url_host = f"[{host}]" if ":" in host else host
        announce(f"http://{url_host}:{actual_port}/")
        config = server_config(build_app(models, root, host))
        uvicorn.Server(config).run(sockets=[listener])


def build_app(models: dict[str, DemoModel], root: Path, hostname: str) -> FastAPI:
    """Build the application; requests may name ``hostname``, an IP address or localhost."""
    app = FastAPI(title="s2f", docs_url=None, redoc_url=None, openapi_url=None)
    api.add_routes(app, models, TrainingData(root))
    pages.add_routes(app, models, root)
    http_errors.add_handlers(app)
    app.add_middleware(SecurityMiddleware, hostname=hostname)
    return app


def server_config(app: FastAPI) -> uvicorn.Config:
    """Return uvicorn's settings: limited connections, and no logs of client errors."""
    return uvicorn.Config(
        app,
        http=LimitedConnection,
        ws="none",
        log_level="error",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=BACKLOG,
        limit_concurrency=MAX_CONNECTIONS + 1,  # reached if every connection is being served
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=1,
    )


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # asyncio turns Nagle's algorithm off, 40 ms a response, only if the protocol is given.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
            listener.listen(BACKLOG)  # before the announcement: requests may follow at once
        except OSError:
            listener.close()
            raise
    except (OSError, OverflowError) as error:
        raise UserError(
            f"cannot listen on {host}:{port}: {error}; choose another port with --port, 0 for any"
        ) from None
    return listener
