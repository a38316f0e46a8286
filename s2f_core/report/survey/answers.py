"""Read people's answers: CSV files of the survey's page, joined with the pictures' truth."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from s2f_core.common.errors import UserError
from s2f_core.report.survey.keys import KEY, NAME_DIGITS, PIXEL_DIGITS, PageId, picture_name

FOLDER = Path("data/survey")
COLUMNS = ("person", "image", "answer", "milliseconds", "page")
WORDS = ("real", "generated")


class Truth(NamedTuple):
    """The picture behind a key; ``translation`` is empty for a real one."""

    translation: str
    table: str
    image: str
    pixels: str


@dataclass(frozen=True)
class Answers:
    """The answers that count, and the number of those that do not.

    ``frame`` has a row per answer: person, image, answer, milliseconds, page and translation, which
    is empty for a real picture. ``stale`` counts, by translation, the answers to pictures whose
    pixels have changed since; the frame leaves them out.
    """

    frame: pd.DataFrame
    stale: dict[str, int]


def read_answers(folder: Path, data: Path) -> Answers | None:
    """Read all CSV files of a folder; None if it has no such file.

    The image tables under ``data`` resolve the keys. Raises UserError with file and line if a file
    is malformed, a key belongs to no picture or an answer is given twice.
    """
    files = sorted(folder.glob("*.csv"))
    if not files:
        return None
    known = _KnownPictures(data)
    places: dict[tuple[str, ...], str] = {}
    rows: list[dict[str, object]] = []
    stale: dict[str, int] = {}
    for place, line in (pair for file in files for pair in _lines(file)):
        try:
            page, truth = _check_line(line, known)
        except UserError as error:
            raise UserError(f"{place}: {error}") from None
        answer = (line["person"], line["image"], line["page"])
        if answer in places:
            raise UserError(
                f"{place}: {answer[0]} answered {answer[1]} before, in {places[answer]}"
            )
        places[answer] = place
        if truth.pixels[:PIXEL_DIGITS] == line["image"][NAME_DIGITS:]:
            milliseconds = int(line["milliseconds"])
            rows.append({**line, "milliseconds": milliseconds, "translation": truth.translation})
        else:
            name = truth.translation or page.table
            stale[name] = stale.get(name, 0) + 1
    return Answers(pd.DataFrame(rows, columns=[*COLUMNS, "translation"]), stale)


def _lines(file: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield every line of a file as a mapping, with its place as FILE:LINE."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            lines = csv.DictReader(text)
            header = ",".join(lines.fieldnames or ())
            if header != ",".join(COLUMNS):
                raise UserError(f"{file}:1: columns are {header!r}, must be {','.join(COLUMNS)!r}")
            for line in lines:
                place = f"{file}:{lines.line_num}"
                if None in line or None in line.values():
                    raise UserError(f"{place}: must have {len(COLUMNS)} values: {header}")
                yield place, {name: value.strip() for name, value in line.items()}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{file} cannot be read: {error}") from None


def _check_line(line: dict[str, str], known: _KnownPictures) -> tuple[PageId, Truth]:
    if not line["person"]:
        raise UserError("person is empty: give a name, or any word that only this person uses")
    if line["answer"] not in WORDS:
        raise UserError(f"answer {line['answer']!r} must be {' or '.join(WORDS)}")
    if not (line["milliseconds"].isascii() and line["milliseconds"].isdigit()):
        raise UserError(f"milliseconds {line['milliseconds']!r} must be a whole number")
    page = PageId.parse(line["page"])
    truths = known.truths(page)
    truth = truths.get(line["image"][:NAME_DIGITS]) if KEY.fullmatch(line["image"]) else None
    if truth is None:
        raise UserError(
            f"no picture has the key {line['image']!r}: seed {page.seed} gives keys to the "
            f"{len(truths):,} pictures of {page.table} and of the translations"
        )
    return page, truth


class _KnownPictures:
    """Every picture that a page can show, by the first half of its key."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self._pictures: dict[str, list[Truth]] = {}
        self._truths: dict[tuple[str, int], dict[str, Truth]] = {}

    def truths(self, page: PageId) -> dict[str, Truth]:
        """Return every real picture of the page's table and every output of a translation."""
        table_and_seed = page.table, page.seed
        if table_and_seed not in self._truths:
            self._truths[table_and_seed] = {
                picture_name(page.seed, truth.table, truth.image): truth
                for truth in [*self._real(page.table), *self._generated()]
            }
        return self._truths[table_and_seed]

    def _real(self, table: str) -> list[Truth]:
        if table not in self._pictures:
            folder = self.data / table
            outside = Path(table).is_absolute() or ".." in Path(table).parts
            if outside or not (folder / "index.parquet").is_file():
                raise UserError(f"the page's table {table!r} is no image table in {self.data}")
            self._pictures[table] = _read_truths(folder, "", table)
        return self._pictures[table]

    def _generated(self) -> list[Truth]:
        if "" not in self._pictures:
            self._pictures[""] = [
                truth
                for index in sorted((self.data / "translations").glob("*/*/index.parquet"))
                for truth in _read_truths(index.parent, index.parent.name, index.parent.name)
            ]
        return self._pictures[""]


def _read_truths(folder: Path, translation: str, table: str) -> list[Truth]:
    index = pd.read_parquet(folder / "index.parquet", columns=["id", "sha256", "rejected"])
    rows = index[index["rejected"].isna()]
    pairs = zip(rows["id"], rows["sha256"], strict=True)
    return [Truth(translation, table, image, pixels) for image, pixels in pairs]
