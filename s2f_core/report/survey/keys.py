"""Keys of a survey's pictures: they hide what a picture is, and can be resolved later."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from s2f_core.common.errors import UserError

NAME_DIGITS, PIXEL_DIGITS = 12, 6  # hexadecimal digits of a key: of the picture and of its pixels
KEY = re.compile(rf"[0-9a-f]{{{NAME_DIGITS + PIXEL_DIGITS}}}")
PAGE_ID = re.compile(r"(\S.*) seed=(\d+) each=(\d+) limit=(\d+) ([0-9a-f]{8})")


@dataclass(frozen=True)
class PageId:
    """How a page was made; its text stands beside every answer.

    ``table`` is the image table of the real pictures, a path in the data folder. ``each`` is the
    number of pictures of a translation. ``limit`` is the time in milliseconds that a picture stays
    visible (0: no limit). ``digest`` is a hash of the keys on the page.
    """

    table: str
    seed: int
    each: int
    limit: int
    digest: str

    def __str__(self) -> str:
        return f"{self.table} seed={self.seed} each={self.each} limit={self.limit} {self.digest}"

    @classmethod
    def parse(cls, text: str) -> PageId:
        """Parse the text of an id; raises UserError if it is malformed."""
        match = PAGE_ID.fullmatch(text)
        if match is None:
            form = "such as 'faces/kept seed=0 each=5 limit=0 0123abcd'"
            raise UserError(f"page {text!r} must be the id of a page of s2f survey, {form}")
        table, seed, each, limit, digest = match.groups()
        return cls(table, int(seed), int(each), int(limit), digest)


def picture_name(seed: int, subject: str, image: str) -> str:
    """Return the first half of a key, 12 hexadecimal digits: which image of which table.

    ``subject`` is a translation, or the table of the real pictures.
    """
    return hashlib.sha256(f"{seed}\0{subject}\0{image}".encode()).hexdigest()[:NAME_DIGITS]


def picture_key(seed: int, subject: str, image: str, pixels: str) -> str:
    """Return a picture's key. ``pixels`` is the sha256 of its pixels: new pixels, another key."""
    return picture_name(seed, subject, image) + pixels[:PIXEL_DIGITS]


def key_digest(keys: list[str]) -> str:
    """Return eight hexadecimal digits that stand for a set of keys."""
    return hashlib.sha256("".join(sorted(keys)).encode()).hexdigest()[:8]


def sort_key(seed: int, image: str) -> str:
    """Return a pseudo-random sort key; an added image leaves the order of the others."""
    return hashlib.sha256(f"{seed}\0{image}".encode()).hexdigest()
