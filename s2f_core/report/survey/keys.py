"""What a survey calls its pictures: names that do not say what they are, but can be told later."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from s2f_core.common.errors import UserError

NAME, VERSION = 12, 6  # hexadecimal digits of a key that name a picture, and its pixels
KEY = re.compile(rf"[0-9a-f]{{{NAME + VERSION}}}")
PAGE = re.compile(r"(\S.*) seed=(\d+) each=(\d+) limit=(\d+) ([0-9a-f]{8})")


@dataclass(frozen=True)
class Page:
    """How a page was made; its text is the page's id, which stands beside every answer.

    ``table`` holds the real pictures, as a path in the data folder; ``each`` counts the pictures of
    a translation, ``limit`` the milliseconds that one is shown (0: no limit), and ``digest`` tells
    pages apart that differ in their pictures alone.
    """

    table: str
    seed: int
    each: int
    limit: int
    digest: str

    def __str__(self) -> str:
        return f"{self.table} seed={self.seed} each={self.each} limit={self.limit} {self.digest}"

    @classmethod
    def parse(cls, text: str) -> Page:
        """The page of an id; raises UserError where the text is none."""
        found = PAGE.fullmatch(text)
        if found is None:
            form = "such as 'faces/kept seed=0 each=5 limit=0 0123abcd'"
            raise UserError(f"page {text!r} must be the id of a page of s2f survey, {form}")
        table, seed, each, limit, digest = found.groups()
        return cls(table, int(seed), int(each), int(limit), digest)


def named(seed: int, subject: str, image: str) -> str:
    """The first half of a key: which picture of which table, 12 hexadecimal digits.

    ``subject`` is a translation, or the table of the real pictures.
    """
    return hashlib.sha256(f"{seed}\0{subject}\0{image}".encode()).hexdigest()[:NAME]


def key(seed: int, subject: str, image: str, pixels: str) -> str:
    """The key of a picture whose pixels have this sha256: an answer is to these, and no others."""
    return named(seed, subject, image) + pixels[:VERSION]


def digest(keys: list[str]) -> str:
    """Eight digits that stand for a set of keys."""
    return hashlib.sha256("".join(sorted(keys)).encode()).hexdigest()[:8]


def place(seed: int, image: str) -> str:
    """What images are sorted by, to draw some of them: adding one leaves the others' order."""
    return hashlib.sha256(f"{seed}\0{image}".encode()).hexdigest()
