"""Build the report as a folder of pages.

1. ``sources`` reads data/ and metrics/ into :class:`Sources`; ``records`` has its file formats.
2. ``leaderboard`` groups the translations into boards of comparable lines, also written as CSV.
3. A page has a module that returns its view, a dict: ``best_pictures``, ``leaderboard_view``,
   ``gallery``, ``gap_section`` and ``survey_section`` for the overview, then ``*_page``.
4. ``sentences``, ``cards``, ``charts``, ``pictures`` and ``footnotes`` make the parts of a view.
5. A template of the same folder renders the view; the finished folder replaces the old one.
"""

from __future__ import annotations

import hashlib
import logging
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from s2f_core.common.atomic import atomic_folder
from s2f_core.report.site.best_pictures import best_pictures_view, claims_sentences
from s2f_core.report.site.cards import DataParams
from s2f_core.report.site.compare_page import compare_view
from s2f_core.report.site.footnotes import Footnotes
from s2f_core.report.site.gallery import board_thumbnails, gallery_view
from s2f_core.report.site.gap_section import gap_view
from s2f_core.report.site.leaderboard import Board, build_boards, write_csv
from s2f_core.report.site.leaderboard_view import board_title, board_view
from s2f_core.report.site.pictures import PictureStore
from s2f_core.report.site.sentences import overview
from s2f_core.report.site.sources import Sources, read_sources
from s2f_core.report.site.studies import Study, check_references
from s2f_core.report.site.study_page import study_view
from s2f_core.report.site.survey_section import survey_view
from s2f_core.report.site.variant_page import variant_row, variant_view
from s2f_core.report.theme.templates import environment, styles

log = logging.getLogger(__name__)

View = Callable[[Footnotes], dict[str, Any]]

HERE = Path(__file__).parent
MAX_BYTES = 15_000_000  # of all pictures
EDGES = (256, 192, 128, 96)  # picture sizes, tried in this order until the site is small enough


def build(
    out: Path,
    leaderboard: Path,
    studies: dict[str, Study],
    translations: Mapping[str, str],
    params: DataParams,
    root: Path = Path(),
    addable: Mapping[str, str] | None = None,
) -> None:
    """Write the site to the folder ``out`` and the leaderboard's CSV file to ``leaderboard``.

    ``translations`` maps each name to its variant. ``root`` holds ``data/`` and ``metrics/``.
    ``addable`` maps translations that ``s2f add`` can add to their variants. The finished folder
    replaces the old one as a whole; equal inputs give equal bytes. Raises UserError if a
    translation has no evaluation or a study names one that does not exist.
    """
    check_references(studies, {**translations, **(addable or {})})
    sources = read_sources(root, translations, addable)
    boards = build_boards(sources.evaluations)
    with atomic_folder(out) as unfinished:
        for edge in EDGES:
            shutil.rmtree(unfinished)
            unfinished.mkdir()
            site = _Site(unfinished, root, sources, boards, studies, params, edge)
            site.write()
            if site.pictures.size <= MAX_BYTES:
                break
            log.warning("%s: %.1f MB of pictures at %d px", out, site.pictures.size / 1e6, edge)
        write_csv(leaderboard, boards)


@dataclass
class _Site:
    """The site being written to ``folder``."""

    folder: Path
    root: Path
    sources: Sources
    boards: list[Board]
    studies: dict[str, Study]
    params: DataParams
    edge: int
    pictures: PictureStore = field(init=False)
    variant_paths: dict[str, str] = field(init=False)
    study_paths: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.pictures = PictureStore(self.folder, self.edge)
        self.variant_paths = {
            name: f"variants/{file_stem(name)}.html" for name in self.sources.variants
        }
        self.study_paths = {key: f"studies/{file_stem(key)}.html" for key in self.studies}

    def write(self) -> None:
        """Write every page, the style sheet and the script."""
        style = styles(HERE / "style.css", ["document.css"])
        (self.folder / "style.css").write_text(style, encoding="utf-8")
        shutil.copyfile(HERE / "script.js", self.folder / "script.js")
        templates = environment(HERE)
        pages = self._pages()
        for path, (template, view) in pages.items():
            footnotes = Footnotes()
            content = view(footnotes)
            text = templates.get_template(template).render(
                here=path,
                up="../" * path.count("/"),
                variant_paths=self.variant_paths,
                study_paths=self.study_paths,
                comparable="compare.html" in pages,
                footnotes=footnotes.all,
                **content,
            )
            (self.folder / path).parent.mkdir(exist_ok=True)
            (self.folder / path).write_text(text, encoding="utf-8", newline="\n")

    def _pages(self) -> dict[str, tuple[str, View]]:
        """Return template and view of every page, by its path."""
        pages: dict[str, tuple[str, View]] = {
            "index.html": ("index.html", self._overview),
            "pictures.html": ("pictures.html", self._pictures),
        }
        if any(len(board.evaluations) > 1 for board in self.boards):
            pages["compare.html"] = ("compare.html", self._compare)
        for key, path in self.study_paths.items():
            pages[path] = ("study.html", partial(self._study, key))
        for name, path in self.variant_paths.items():
            pages[path] = ("variant.html", partial(self._variant, name))
        return pages

    def _overview(self, footnotes: Footnotes) -> dict[str, Any]:
        sources = self.sources
        studies = [
            study_view(key, study, sources, Footnotes()) for key, study in self.studies.items()
        ]
        best = best_pictures_view(self.boards, sources, self.pictures)
        return {
            "best": best,
            "findings": [*claims_sentences(studies), *(best["sentences"] if best else [])],
            "overview": overview(sources.evaluations, len(self.boards)),
            "boards": [
                board_view(
                    f"board-{number}",
                    board,
                    board_thumbnails(board, sources, self.pictures),
                    sources.comparisons,
                    footnotes,
                )
                for number, board in enumerate(self.boards, 1)
            ],
            "studies": studies,
            "gap": gap_view(self.root, self.pictures, footnotes),
            "survey": survey_view(self.root),
            "variant_rows": [variant_row(name, sources) for name in sources.variants],
        }

    def _pictures(self, _footnotes: Footnotes) -> dict[str, Any]:
        return {
            "galleries": [
                {
                    "title": board_title(board),
                    **gallery_view(board, self.sources, self.pictures),
                }
                for board in self.boards
            ]
        }

    def _compare(self, footnotes: Footnotes) -> dict[str, Any]:
        return compare_view(self.sources, self.boards, self.pictures, footnotes)

    def _study(self, key: str, footnotes: Footnotes) -> dict[str, Any]:
        return study_view(key, self.studies[key], self.sources, footnotes)

    def _variant(self, name: str, footnotes: Footnotes) -> dict[str, Any]:
        return variant_view(
            self.root, name, self.sources, self.boards, self.params, self.pictures, footnotes
        )


def file_stem(name: str) -> str:
    """Return ``name`` as a file name, unchanged if it is ASCII letters, digits, _, . and -."""
    plain = re.sub(r"[^\w.-]+", "-", name, flags=re.ASCII).strip(".-")
    if plain == name:
        return name
    return f"{plain}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
