"""Why a request over the network got no answer, in one line."""

from __future__ import annotations

import re
from collections.abc import Mapping

from s2f_core.common.redact import redact

MAX_LENGTH = 200  # characters of a library's own message
ESCAPES = "in a user name or password write / as %2F, @ as %40, : as %3A, # as %23, ? as %3F"
PROXY_LOGIN = (
    "the proxy wants a user name and a password: "
    "set HTTPS_PROXY (or HTTP_PROXY) to http://USER:PASSWORD@HOST:PORT"
)
PROBLEMS = {  # by a pattern of the library's message, whose groups fill the {}
    # it quotes a part of the password
    "valid host or port": f"the address (or a proxy's) cannot be read: {ESCAPES}",
    "407 Proxy Authentication": PROXY_LOGIN,
    "certificate verify failed: ([^()]*[^() ])": "the server's certificate is not trusted: {}; "
    "if your network inspects TLS, set REQUESTS_CA_BUNDLE to a file with its certificate",
    "SOCKS support": "a SOCKS proxy needs a package: pip install pysocks",
    "WRONG_VERSION_NUMBER|UNEXPECTED_EOF|record layer failure": "the server does not speak TLS "
    "there: is it http:// instead of https://?",
    r"(?:Unable to|Cannot) connect to proxy.*[:'] ([^'\"()]+)": "the proxy of HTTPS_PROXY or "
    "HTTP_PROXY does not answer: {}",
    r"Failed to resolve '([^']+)' \((?:\[Errno -?\d+\] )?([^)]+)\)": "the host {} is unknown: {}",
    r"Failed to establish a new connection: (?:\[Errno -?\d+\] )?([^'\"()]+)": "{}",
    "timed out": "no answer in time",
    "Connection aborted|Connection reset|Remote end closed": "the connection broke off",
}


def connection_problem(error: BaseException) -> str:
    """Return why a request of ``requests`` failed, and what to do where that is known."""
    # The innermost part of urllib3's nested messages names the cause.
    inner = str(error).rsplit("): ", 1)[-1].rstrip("()'\" ")[:MAX_LENGTH]
    return match_problem(str(error), PROBLEMS) or redact(inner) or type(error).__name__


def match_problem(text: str, problems: Mapping[str, str]) -> str:
    """Return the first problem whose pattern is in a library's message, or ""."""
    matches = ((re.search(pattern, text), problem) for pattern, problem in problems.items())
    return next(
        (problem.format(*map(redact, match.groups())) for match, problem in matches if match), ""
    )
