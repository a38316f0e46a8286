"""Checks of each request's origin, and the security headers of each response."""

from __future__ import annotations

import ipaddress

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' blob: data:; "
    "worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "cross-origin-embedder-policy": "require-corp",  # this and the next allow WebAssembly threads
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


class SecurityMiddleware:
    """Rejects requests to other hosts and from other sites; adds ``HEADERS`` to every response.

    The ``Host`` header has to be an IP address, ``localhost`` or ``hostname``. This stops DNS
    rebinding: a foreign page can make its own domain resolve to 127.0.0.1, but its requests then
    carry that domain as ``Host``. Only pages of this server may send other methods than GET and
    HEAD.
    """

    def __init__(self, app: ASGIApp, hostname: str) -> None:
        self.app, self.hostnames = app, {"localhost", hostname.lower()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 421 or 403, or call the application; see the class."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("cache-control", "no-store")
            await send(message)

        headers = Headers(scope=scope)
        error = self._check(scope["method"], headers)
        if error is None:
            await self.app(scope, receive, send_with_headers)
        else:
            status, message = error
            response = JSONResponse({"error": message}, status)
            await response(scope, receive, send_with_headers)

    def _check(self, method: str, headers: Headers) -> tuple[int, str] | None:
        """Return the status and message of a request that is not allowed, else None."""
        host = headers.get("host", "")
        if not self._is_own(host):
            return 421, f"this server is not {host!r}: open it by its IP address or as localhost"
        if method in {"GET", "HEAD"}:
            return None
        origin = headers.get("origin")
        if origin is not None and origin != f"http://{host}":
            return 403, f"pages of {origin} may not send requests to this server"
        if headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            return 403, "pages of other sites may not send requests to this server"
        return None

    def _is_own(self, host: str) -> bool:
        name = host.rpartition(":")[0] if host[-1:].isdigit() and ":" in host else host
        name = name.lower()
        if name in self.hostnames:
            return True
        try:
            ipaddress.ip_address(name.removeprefix("[").removesuffix("]"))
        except ValueError:
            return False
        return True
