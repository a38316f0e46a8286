"""What people answered: CSV files of the survey's page, and what their keys stand for."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from s2f_core.common.errors import UserError
from s2f_core.report.survey.keys import KEY, NAME, VERSION, Page, named

FOLDER = Path("data/survey")
COLUMNS = ("person", "image", "answer", "milliseconds", "page")
WORDS = ("real", "generated")


class Truth(NamedTuple):
    """What a key stands for; ``translation`` is empty for a real picture."""

    translation: str
    table: str
    image: str
    pixels: str


@dataclass(frozen=True)
class Answers:
    """``frame`` has a row an answer: person, image, answer, milliseconds, page, translation.

    ``translation`` is empty for a real picture. ``stale`` counts, by translation, the answers to
    pictures that were made anew since; they are not in the frame.
    """

    frame: pd.DataFrame
    stale: dict[str, int]


def read(folder: Path, data: Path) -> Answers | None:
    """The answers in all CSV files of a folder; None where it has no such file.

    Their keys are looked up in the tables under ``data``. Raises UserError, with file and line,
    where a file is not as the page writes it, has a key of no picture, or an answer that stands
    there twice.
    """
    files = sorted(folder.glob("*.csv"))
    if not files:
        return None
    known = _Known(data)
    seen: dict[tuple[str, ...], str] = {}
    rows: list[dict[str, object]] = []
    stale: dict[str, int] = {}
    for here, line in (pair for file in files for pair in _lines(file)):
        try:
            page, truth = _checked(line, known)
        except UserError as error:
            raise UserError(f"{here}: {error}") from None
        one = (line["person"], line["image"], line["page"])
        if one in seen:
            raise UserError(f"{here}: {one[0]} answered {one[1]} before, in {seen[one]}")
        seen[one] = here
        if truth.pixels[:VERSION] == line["image"][NAME:]:
            milliseconds = int(line["milliseconds"])
            rows.append({**line, "milliseconds": milliseconds, "translation": truth.translation})
        else:
            name = truth.translation or page.table
            stale[name] = stale.get(name, 0) + 1
    return Answers(pd.DataFrame(rows, columns=[*COLUMNS, "translation"]), stale)


def _lines(file: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Every line of a file as a mapping, with its place."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            lines = csv.DictReader(text)
            given = ",".join(lines.fieldnames or ())
            if given != ",".join(COLUMNS):
                raise UserError(f"{file}:1: columns are {given!r}, must be {','.join(COLUMNS)!r}")
            for line in lines:
                here = f"{file}:{lines.line_num}"
                if None in line or None in line.values():
                    raise UserError(f"{here}: must have {len(COLUMNS)} values: {given}")
                yield here, {name: value.strip() for name, value in line.items()}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{file} cannot be read: {error}") from None


def _checked(line: dict[str, str], known: _Known) -> tuple[Page, Truth]:
    if not line["person"]:
        raise UserError("person is empty: a name, or any word that tells people apart")
    if line["answer"] not in WORDS:
        raise UserError(f"answer {line['answer']!r} must be {' or '.join(WORDS)}")
    if not (line["milliseconds"].isascii() and line["milliseconds"].isdigit()):
        raise UserError(f"milliseconds {line['milliseconds']!r} must be a whole number")
    page = Page.parse(line["page"])
    truth = known.truths(page).get(line["image"][:NAME]) if KEY.fullmatch(line["image"]) else None
    if truth is None:
        raise UserError(
            f"no picture has the key {line['image']!r}: it must be of one of the "
            f"{len(known.truths(page)):,} in {page.table} and the translations, by seed {page.seed}"
        )
    return page, truth


class _Known:
    """The keys of every picture that a page can show."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self._pictures: dict[str, list[Truth]] = {}
        self._truths: dict[tuple[str, int], dict[str, Truth]] = {}

    def truths(self, page: Page) -> dict[str, Truth]:
        """By the first half of its key, each real picture of a page's table and each output."""
        chosen = page.table, page.seed
        if chosen not in self._truths:
            self._truths[chosen] = {
                named(page.seed, truth.table, truth.image): truth
                for truth in [*self._real(page.table), *self._generated()]
            }
        return self._truths[chosen]

    def _real(self, table: str) -> list[Truth]:
        if table not in self._pictures:
            folder = self.data / table
            outside = Path(table).is_absolute() or ".." in Path(table).parts
            if outside or not (folder / "index.parquet").is_file():
                raise UserError(f"the page's table {table!r} is no image table in {self.data}")
            self._pictures[table] = _pictures(folder, "", table)
        return self._pictures[table]

    def _generated(self) -> list[Truth]:
        if "" not in self._pictures:
            self._pictures[""] = [
                truth
                for index in sorted((self.data / "translations").glob("*/index.parquet"))
                for truth in _pictures(index.parent, index.parent.name, index.parent.name)
            ]
        return self._pictures[""]


def _pictures(folder: Path, translation: str, table: str) -> list[Truth]:
    index = pd.read_parquet(folder / "index.parquet", columns=["id", "sha256", "rejected"])
    rows = index[index["rejected"].isna()]
    pairs = zip(rows["id"], rows["sha256"], strict=True)
    return [Truth(translation, table, name, pixels) for name, pixels in pairs]
