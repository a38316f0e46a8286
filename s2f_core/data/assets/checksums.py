"""What a file is known by: ``sha256:…``, ``md5:…`` or ``members:…`` of its bytes."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

from s2f_core.common.errors import UserError
from s2f_core.data.assets.archives import members

log = logging.getLogger(__name__)

KINDS = ("sha256", "md5", "members")


def checksum(path: Path, kind: str) -> str:
    """The checksum of a file, its kind before it.

    "members" is the sha256 of the bytes of all files in a zip joined in name order, which stays
    when the zip is made anew. Raises UserError where that zip is damaged.
    """
    if kind == "members":
        joined = hashlib.sha256()
        for member in members(path):
            for chunk in member.chunks:
                joined.update(chunk)
        return f"{kind}:{joined.hexdigest()}"
    with path.open("rb") as file:
        return f"{kind}:{hashlib.file_digest(file, kind).hexdigest()}"


def check(path: Path, expected: str) -> None:
    """Raise UserError, which tells both, where a file has another checksum than ``expected``."""
    got = checksum(path, expected.split(":", 1)[0])
    if got != expected:
        reason = f"wrong checksum: expected {expected}, got {got}"
        raise UserError(f"{reason}; the file is removed")


def is_whole(path: Path, expected: str) -> bool:
    """Whether a file is there with this checksum; the log says where it has another."""
    if not expected or not path.is_file():
        return False
    try:
        got = checksum(path, expected.split(":", 1)[0])
    except UserError as error:
        got = str(error)
    if got != expected:
        log.warning("%s is not what it was (expected %s, got %s)", path, expected, got)
    return got == expected
