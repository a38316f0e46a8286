"""Download over http and https, resuming an interrupted download."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from s2f_core.common.atomic import explain_disk_full, require_space
from s2f_core.common.errors import UserError
from s2f_core.common.network import PROXY_LOGIN, connection_problem
from s2f_core.common.redact import redact

if TYPE_CHECKING:
    from requests import Response

log = logging.getLogger(__name__)

TIMEOUTS = (4.0, 20.0)  # seconds: to connect, and between two pieces of the answer
ATTEMPTS = 4
CHUNK_BYTES = 2**16  # a broken connection loses at most this much
RETRY_STATUSES = {408, 425, 429}


class _TransientError(Exception):
    """The attempt failed with the reason in the message; another attempt may succeed."""


def download(
    url: str,
    part: Path,
    target: Path,
    *,
    limit: int,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Download ``url`` into ``part`` and rename that to ``target``; a failure leaves ``part``.

    There are at most ``ATTEMPTS`` attempts with 1, 2, 4 … seconds between them, each of which asks
    for the missing bytes only. Without a network, or after a final answer such as 404, there is no
    second attempt, so that the next source can be tried. Raises UserError with the reason, also if
    the answer is a web page or has more than ``limit`` bytes, and DiskFullError.
    """
    reason = ""
    for attempt in range(ATTEMPTS):
        if attempt:
            log.warning("download of %s: %s; trying again", redact(url), reason)
            sleep(2.0 ** (attempt - 1))
        try:
            _request(url, part, limit)
        except _TransientError as error:
            reason = str(error)
        else:
            _etag_file(part).unlink(missing_ok=True)
            part.replace(target)
            return
    raise UserError(f"{ATTEMPTS} attempts failed, the last one: {reason}")


def discard_partial(part: Path) -> None:
    """Delete a partial download."""
    part.unlink(missing_ok=True)
    _etag_file(part).unlink(missing_ok=True)


def _etag_file(part: Path) -> Path:
    """The file with the ETag of a partial download, so that two versions are never mixed."""
    return part.with_name(part.name + ".etag")


def _request(url: str, part: Path, limit: int) -> None:
    """Request the bytes that ``part`` lacks and append them."""
    import requests  # here, because it is slow to import and seldom needed

    size = part.stat().st_size if part.exists() else 0
    headers = {"Accept-Encoding": "identity"}  # sizes and ranges are then those of the file
    if size:
        headers["Range"] = f"bytes={size}-"
        if _etag_file(part).exists():
            headers["If-Range"] = _etag_file(part).read_text(encoding="latin-1")
    with (
        _network_errors(),
        requests.get(url, headers=headers, stream=True, timeout=TIMEOUTS) as response,
    ):
        start, total = _parse_range(response, size, part)
        _reject_html(response.headers.get("Content-Type", ""))
        require_space(part.parent, (total or start) - start)
        if not start:
            discard_partial(part)
            etag = response.headers.get("ETag", "")
            if etag.startswith('"'):  # a weak one (W/"…") does not promise the same bytes
                _etag_file(part).write_text(etag, encoding="latin-1")
        _write_body(response, part, start, total, limit)


@contextmanager
def _network_errors() -> Iterator[None]:
    """Turn the exceptions of requests into _TransientError or UserError."""
    import requests
    import urllib3

    try:
        yield
    except requests.exceptions.ConnectionError as error:
        cause = getattr(error.args[0], "reason", None) if error.args else None
        permanent = (
            requests.exceptions.ConnectTimeout,
            requests.exceptions.ProxyError,
            requests.exceptions.SSLError,
        )
        # NewConnectionError: no such host, no route, connection refused.
        if isinstance(error, permanent) or isinstance(cause, urllib3.exceptions.NewConnectionError):
            raise UserError(f"no connection: {connection_problem(error)}") from None
        raise _TransientError(f"the connection broke: {connection_problem(error)}") from None
    except (requests.exceptions.Timeout, requests.exceptions.ChunkedEncodingError) as error:
        raise _TransientError(f"the connection broke: {connection_problem(error)}") from None
    except requests.exceptions.RequestException as error:
        raise UserError(f"the request failed: {connection_problem(error)}") from None


def _parse_range(response: Response, size: int, part: Path) -> tuple[int, int | None]:
    """The offset in bytes at which the answer starts, and the length of the file if known.

    ``size`` is the offset that was asked for.
    """
    status = response.status_code
    if status == 200:  # also the answer of a server that ignores ranges: the whole file
        length = response.headers.get("Content-Length", "")
        return 0, int(length) if length.isdigit() else None
    if status == 206:
        header = response.headers.get("Content-Range", "")
        match = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", header)
        if match and int(match[1]) == size:
            return size, None if match[2] == "*" else int(match[2])
        discard_partial(part)
        raise _TransientError(f"asked for bytes from {size}, got Content-Range {header!r}")
    if status == 416:
        discard_partial(part)
        raise _TransientError("the partial download does not fit the file; starting again")
    if status == 407:
        raise UserError(PROXY_LOGIN)
    answer = f"the server answered {status} {response.reason}"
    if status in RETRY_STATUSES or status >= 500:
        raise _TransientError(answer)
    raise UserError(answer)


def _reject_html(content_type: str, start: bytes = b"") -> None:
    """Raise UserError for a login or error page that comes with status 200."""
    is_page = (
        start[:64].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith((b"<!doctype html", b"<html"))
    )
    if is_page or content_type.startswith("text/html"):
        raise UserError(
            "the server answered with a web page (HTML) instead of the file: "
            "open the address in a browser, the network may ask for a login"
        )


def _write_body(response: Response, part: Path, start: int, total: int | None, limit: int) -> None:
    """Write the answer to ``part`` from byte ``start`` on."""
    from tqdm import tqdm

    size = start
    with (
        explain_disk_full(part, (total or start) - start),
        part.open("ab" if start else "wb") as file,
        tqdm(
            total=total, initial=start, desc=part.name, unit="B", unit_scale=True, disable=None
        ) as progress,
    ):
        for chunk in response.iter_content(CHUNK_BYTES):
            if not size:
                _reject_html("", chunk)
            size += len(chunk)
            if size > limit:
                discard_partial(part)
                raise UserError(f"the server sent more than the {limit:,} bytes allowed")
            file.write(chunk)
            progress.update(len(chunk))
    if total is not None and size != total:
        raise _TransientError(f"the server sent {size:,} of {total:,} bytes")
