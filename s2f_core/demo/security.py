"""What stands before the pages: whose requests are answered, and what a browser is told."""

from __future__ import annotations

import ipaddress

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' blob: data:; "
    "worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "cross-origin-embedder-policy": "require-corp",  # with the next: threads of WebAssembly
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


class Guard:
    """Answers requests only that name this machine, and change something only from its own pages.

    A page elsewhere can have its own name resolve to 127.0.0.1 (DNS rebinding), and then read what
    this server says: its requests still carry that name as ``Host``. So the host has to be a
    number, ``localhost`` or the ``name`` that the server was told to listen on.
    """

    def __init__(self, app: ASGIApp, name: str) -> None:
        self.app, self.names = app, {"localhost", name.lower()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse the request, or hand it on and add the headers to its answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("cache-control", "no-store")
            await send(message)

        headers = Headers(scope=scope)
        refused = self._refused(scope["method"], headers)
        if refused is None:
            await self.app(scope, receive, told)
        else:
            status, why = refused
            await JSONResponse({"error": why}, status)(scope, receive, told)

    def _refused(self, method: str, headers: Headers) -> tuple[int, str] | None:
        host = headers.get("host", "")
        if not self._known(host):
            return 421, f"this server is not {host!r}: open it by its number, or as localhost"
        if method in {"GET", "HEAD"}:
            return None
        origin = headers.get("origin")
        if origin is not None and origin != f"http://{host}":
            return 403, f"a page of {origin} may not ask this server for anything"
        if headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            return 403, "a page from elsewhere may not ask this server for anything"
        return None

    def _known(self, host: str) -> bool:
        name = host.rpartition(":")[0] if host[-1:].isdigit() and ":" in host else host
        name = name.lower()
        if name in self.names:
            return True
        try:
            ipaddress.ip_address(name.removeprefix("[").removesuffix("]"))
        except ValueError:
            return False
        return True
