"""The report as a folder of pages: all is gathered, rendered and put in its place at once."""

from __future__ import annotations

import hashlib
import logging
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from s2f_core.common.atomic import atomic_folder
from s2f_core.report.site import (
    compare_page,
    gallery,
    gap_section,
    leaderboard_view,
    sentences,
    sources,
    study_page,
    survey_section,
    variant_page,
)
from s2f_core.report.site.cards import Data
from s2f_core.report.site.footnotes import Notes
from s2f_core.report.site.leaderboard import Board, save
from s2f_core.report.site.leaderboard import boards as boards_of
from s2f_core.report.site.pictures import Pictures
from s2f_core.report.site.sources import Sources
from s2f_core.report.site.studies import Study, check
from s2f_core.report.theme.templates import environment, styles

log = logging.getLogger(__name__)

View = Callable[[Notes], dict[str, Any]]

HERE = Path(__file__).parent
MOST = 15_000_000  # bytes of pictures
EDGES = (256, 192, 128, 96)  # image sizes tried until the site is small enough


def build(
    out: Path,
    leaderboard: Path,
    studies: dict[str, Study],
    translations: list[str],
    given: Data,
    root: Path = Path(),
) -> None:
    """Write the site to the folder ``out`` and the leaderboard's CSV file to ``leaderboard``.

    ``root`` holds ``data/`` and ``metrics/``. The folder is replaced as a whole, once all of it is
    written; equal inputs give equal bytes. Raises UserError where a translation has not been
    evaluated or a study names one that does not exist.
    """
    check(studies, translations)
    found = sources.read(root, translations)
    tables = boards_of(found.evaluations)
    with atomic_folder(out) as unfinished:
        for edge in EDGES:
            shutil.rmtree(unfinished)
            unfinished.mkdir()
            site = _Site(unfinished, root, found, tables, studies, given, edge)
            site.write()
            if site.pictures.size <= MOST:
                break
            log.warning("%s: %.1f MB of pictures at %d px", out, site.pictures.size / 1e6, edge)
        save(leaderboard, tables)


@dataclass
class _Site:
    """The site while it is written to ``folder``."""

    folder: Path
    root: Path
    found: Sources
    tables: list[Board]
    studies: dict[str, Study]
    given: Data
    edge: int
    pictures: Pictures = field(init=False)
    variants: dict[str, str] = field(init=False)
    papers: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.pictures = Pictures(self.folder, self.edge)
        self.variants = {name: f"variants/{file(name)}.html" for name in self.found.variants}
        self.papers = {key: f"studies/{file(key)}.html" for key in self.studies}

    def write(self) -> None:
        """Write every page, and the files that they share."""
        (self.folder / "style.css").write_text(
            styles(HERE / "style.css", ["document.css"]), encoding="utf-8"
        )
        shutil.copyfile(HERE / "script.js", self.folder / "script.js")
        templates = environment(HERE)
        pages = self._pages()
        for path, (template, view) in pages.items():
            notes = Notes()
            shown = view(notes)
            text = templates.get_template(template).render(
                here=path,
                up="../" * path.count("/"),
                variants=self.variants,
                papers=self.papers,
                comparable="compare.html" in pages,
                notes=notes.all,
                **shown,
            )
            (self.folder / path).parent.mkdir(exist_ok=True)
            (self.folder / path).write_text(text, encoding="utf-8", newline="\n")

    def _pages(self) -> dict[str, tuple[str, View]]:
        """The template of each page, by its path, and what the page shows."""
        pages: dict[str, tuple[str, View]] = {
            "index.html": ("index.html", self._overview),
            "pictures.html": ("pictures.html", self._galleries),
        }
        if any(len(board.evaluations) > 1 for board in self.tables):
            pages["compare.html"] = ("compare.html", self._compared)
        for key, path in self.papers.items():
            pages[path] = ("study.html", partial(self._study, key))
        for name, path in self.variants.items():
            pages[path] = ("variant.html", partial(self._variant, name))
        return pages

    def _overview(self, notes: Notes) -> dict[str, Any]:
        found = self.found
        return {
            "overview": sentences.overview(found.evaluations, len(self.tables)),
            "boards": [
                leaderboard_view.view(
                    f"board-{number}",
                    board,
                    gallery.thumbs(board, found, self.pictures),
                    found.comparisons,
                    notes,
                )
                for number, board in enumerate(self.tables, 1)
            ],
            "studies": [
                study_page.view(key, study, found, Notes()) for key, study in self.studies.items()
            ],
            "gap": gap_section.section(self.root, self.pictures, notes),
            "survey": survey_section.section(self.root),
            "trained": [variant_page.line(name, found) for name in found.variants],
        }

    def _galleries(self, _notes: Notes) -> dict[str, Any]:
        views = [
            {
                "title": leaderboard_view.title(board),
                **gallery.view(board, self.found, self.pictures),
            }
            for board in self.tables
        ]
        return {"galleries": views}

    def _compared(self, notes: Notes) -> dict[str, Any]:
        return compare_page.view(self.found, self.tables, self.pictures, notes)

    def _study(self, key: str, notes: Notes) -> dict[str, Any]:
        return study_page.view(key, self.studies[key], self.found, notes)

    def _variant(self, name: str, notes: Notes) -> dict[str, Any]:
        return variant_page.variant(
            self.root, name, self.found, self.tables, self.given, self.pictures, notes
        )


def file(name: str) -> str:
    """A name as a file's, the same where it is plain letters, digits, dots and hyphens."""
    plain = re.sub(r"[^\w.-]+", "-", name, flags=re.ASCII).strip(".-")
    if plain == name:
        return name
    return f"{plain}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
