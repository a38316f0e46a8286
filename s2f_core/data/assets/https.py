"""Download over https, going on where an earlier attempt was cut off."""

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

if TYPE_CHECKING:
    from requests import Response

log = logging.getLogger(__name__)

TIMEOUTS = (4.0, 20.0)  # seconds: to connect, and between two pieces of the answer
ATTEMPTS = 4
CHUNK = 2**16  # bytes; at most this much is lost when a connection breaks
_LATER = {408, 425, 429}


class _PassingError(Exception):
    """The attempt failed in a way that another may not; the message says how."""


def download(
    url: str,
    part: Path,
    target: Path,
    *,
    limit: int,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Download ``url`` to ``target`` by way of ``part``, which stays to be resumed if cut off.

    At most ``ATTEMPTS`` attempts with 1, 2, 4 … seconds between them; each asks for what is
    missing. No second attempt is made where there is plainly no network or the answer is final
    (404), so that another source has its turn. Raises UserError with the reason, also where more
    than ``limit`` bytes or a web page come, and DiskFullError.
    """
    reason = ""
    for attempt in range(ATTEMPTS):
        if attempt:
            log.warning("%s: %s; trying again", url, reason)
            sleep(2.0 ** (attempt - 1))
        try:
            _attempt(url, part, limit)
        except _PassingError as error:
            reason = str(error)
        else:
            _validator(part).unlink(missing_ok=True)
            part.replace(target)
            return
    raise UserError(f"{ATTEMPTS} attempts failed, the last one: {reason}")


def discard(part: Path) -> None:
    """Remove what a download left to be resumed."""
    part.unlink(missing_ok=True)
    _validator(part).unlink(missing_ok=True)


def _validator(part: Path) -> Path:
    """Beside a part: the ETag of what it is a part of, so that two versions are never mixed."""
    return part.with_name(part.name + ".etag")


def _attempt(url: str, part: Path, limit: int) -> None:
    import requests  # here, because it is slow to import and seldom needed

    have = part.stat().st_size if part.exists() else 0
    headers = {"Accept-Encoding": "identity"}  # sizes and ranges are then those of the file
    if have:
        headers["Range"] = f"bytes={have}-"
        if _validator(part).exists():
            headers["If-Range"] = _validator(part).read_text(encoding="latin-1")
    with (
        _network_errors(),
        requests.get(url, headers=headers, stream=True, timeout=TIMEOUTS) as response,
    ):
        start, total = _place(response, have, part)
        _refuse_page(response.headers.get("Content-Type", ""))
        require_space(part.parent, (total or start) - start)
        if not start:
            discard(part)
            etag = response.headers.get("ETag", "")
            if etag.startswith('"'):  # a weak one (W/"…") does not promise the same bytes
                _validator(part).write_text(etag, encoding="latin-1")
        _save(response, part, start, total, limit)


@contextmanager
def _network_errors() -> Iterator[None]:
    """Sort what requests raises into what may pass and what will not."""
    import requests
    import urllib3

    try:
        yield
    except requests.exceptions.ConnectionError as error:
        cause = getattr(error.args[0], "reason", None) if error.args else None
        lasting = (
            requests.exceptions.ConnectTimeout,
            requests.exceptions.ProxyError,
            requests.exceptions.SSLError,
        )
        # NewConnectionError: no such host, no route, connection refused.
        if isinstance(error, lasting) or isinstance(cause, urllib3.exceptions.NewConnectionError):
            raise UserError(f"no connection: {_brief(cause or error)}") from None
        raise _PassingError(f"the connection broke: {_brief(cause or error)}") from None
    except (requests.exceptions.Timeout, requests.exceptions.ChunkedEncodingError) as error:
        raise _PassingError(f"the connection broke: {_brief(error)}") from None
    except requests.exceptions.RequestException as error:
        raise UserError(f"the request failed: {_brief(error)}") from None


def _brief(error: BaseException) -> str:
    """The end of urllib3's nested messages, where what went wrong stands."""
    return str(error).rsplit("): ", 1)[-1].rstrip("()'\" ")[:200] or type(error).__name__


def _place(response: Response, have: int, part: Path) -> tuple[int, int | None]:
    """Where in the file the answer starts and how long the file is, in bytes."""
    status = response.status_code
    if status == 200:  # also the answer of a server that does not know ranges: all from the start
        length = response.headers.get("Content-Length", "")
        return 0, int(length) if length.isdigit() else None
    if status == 206:
        given = response.headers.get("Content-Range", "")
        match = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", given)
        if match and int(match[1]) == have:
            return have, None if match[2] == "*" else int(match[2])
        discard(part)
        raise _PassingError(f"asked for bytes from {have}, answered with Content-Range {given!r}")
    if status == 416:
        discard(part)
        raise _PassingError("the part already here is no part of the file: starting again")
    answer = f"the server answered {status} {response.reason}"
    if status in _LATER or status >= 500:
        raise _PassingError(answer)
    raise UserError(answer)


def _refuse_page(content_type: str, start: bytes = b"") -> None:
    """A login or error page answered with 200 is no file of ours."""
    page = start[:64].lstrip().lower().startswith((b"<!doctype html", b"<html"))
    if page or content_type.startswith("text/html"):
        raise UserError("the server answered with a web page (HTML) instead of the file")


def _save(response: Response, part: Path, start: int, total: int | None, limit: int) -> None:
    from tqdm import tqdm

    done = start
    with (
        explain_disk_full(part, (total or start) - start),
        part.open("ab" if start else "wb") as file,
        tqdm(
            total=total, initial=start, desc=part.name, unit="B", unit_scale=True, disable=None
        ) as progress,
    ):
        for chunk in response.iter_content(CHUNK):
            if not done:
                _refuse_page("", chunk)
            done += len(chunk)
            if done > limit:
                discard(part)
                raise UserError(f"more than the {limit:,} bytes that are allowed came")
            file.write(chunk)
            progress.update(len(chunk))
    if total is not None and done != total:
        raise _PassingError(f"{done:,} of {total:,} bytes came")
