"""Checksums of files, written ``sha256:…``, ``md5:…`` or ``members:…``."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

from s2f_core.common.errors import UserError
from s2f_core.data.assets.archives import read_members

log = logging.getLogger(__name__)


def file_checksum(path: Path, kind: str) -> str:
    """Return ``kind:…`` of a file.

    "members" is the sha256 of the bytes of all files in a zip joined in name order; it stays the
    same when the zip is written again. Raises UserError if that zip is damaged.
    """
    if kind == "members":
        joined = hashlib.sha256()
        for member in read_members(path):
            for chunk in member.chunks:
                joined.update(chunk)
        return f"{kind}:{joined.hexdigest()}"
    with path.open("rb") as file:
        return f"{kind}:{hashlib.file_digest(file, kind).hexdigest()}"


def verify_checksum(path: Path, expected: str) -> None:
    """Raise UserError if a file's checksum is not ``expected``."""
    actual = file_checksum(path, expected.split(":", 1)[0])
    if actual != expected:
        raise UserError(
            f"wrong checksum: expected {expected}, got {actual} of {path.stat().st_size:,} bytes"
        )


def has_checksum(path: Path, expected: str) -> bool:
    """Whether the file exists and has this checksum; logs a warning if it has another one."""
    if not expected or not path.is_file():
        return False
    try:
        actual = file_checksum(path, expected.split(":", 1)[0])
    except UserError as error:
        actual = str(error)
    if actual != expected:
        log.warning("%s has changed: expected checksum %s, got %s", path, expected, actual)
    return actual == expected
