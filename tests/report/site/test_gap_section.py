"""The overview's section on computed and drawn sketches."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from report_project import Outline, Project, build_pages, figure_values, page_text

from s2f_core.common.errors import UserError
from s2f_core.common.images import save_png

KIDS = {"people": -0.001, "pencil": 0.3342, "edges": 0.2875, "edges-human": 0.1543}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """One translation, and the gap of two conditions, of which one is augmented."""
    noise = np.random.default_rng(0)
    photos = noise.integers(0, 256, (12, 16, 16, 3), dtype=np.uint8)
    project = Project(tmp_path, photos, {"pencil": photos[..., :1]})
    project.write_translation(
        "pix", "pix", photos // 2, figure_values(120.0, 0.09, 0.55, 15.0, 0.12)
    )
    project.write_variant("pix", photos[0])
    _gap(tmp_path, KIDS)
    return project


def _gap(root: Path, kids: dict[str, float], **changes: Any) -> None:
    kinds = {"people": "people", "edges-human": "augmented"}

    def figures(name: str, kid: float) -> dict[str, Any]:
        values = {"ink": 0.165, "stroke_width": 5.2, "kid": kid}
        bare = {"value": None, "low": None, "high": None, "n": 0}
        return {
            key: bare
            if (name, key) == ("pencil", "stroke_width")
            else {"value": value, "low": value - 0.01, "high": value + 0.01, "n": 100}
            for key, value in values.items()
        }

    report = {
        "role": "faces",
        "background": "kept",
        "conditions": ["pencil", "edges"],
        "people": "drawn-faces",
        "augmented": {"edges-human": {"condition": "edges", "sketch": {}}},
        "image_size": 16,
        "sets": {
            name: {"kind": kinds.get(name, "condition"), "n": 100, "figures": figures(name, kid)}
            for name, kid in kids.items()
        },
        "scores": {
            key: {"title": key.upper(), "describe": f"What {key} is.", "interval_by": "resamples"}
            for key in ("ink", "stroke_width", "kid")
        },
        "sheet": ["photos", *kids],
        **changes,
    }
    folder = root / "data" / "gap"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "gap.json").write_text(json.dumps(report))
    save_png(folder / "sheet.png", np.zeros((90, 214, 3), np.uint8))


def _page(project: Project) -> str:
    return build_pages(project, ["pix"])["index.html"]


def test_sets_are_sorted_by_their_distance_from_peoples_sketches(project: Project) -> None:
    """People's set is first; every figure has its interval, a dash if it is missing."""
    html = _page(project)
    Outline(html)
    part = html[html.index('<h2 id="gap">') : html.index('<h2 id="variants">')]
    names = re.findall(r'<th scope="row">([^<]*)<', part)
    assert names == ["people", "edges-human", "edges", "pencil"]
    words = page_text(part)
    assert "people drawn 0.165 0.155 – 0.175 5.20 5.19 – 5.21" in words
    assert "pencil computed 0.165 0.155 – 0.175 – 0.3342" in words
    assert "Meaning: What kid is. 95 % interval: resamples." in part
    assert "From the top: photos, people, pencil, edges and edges-human." in words
    assert '<a href="#gap">' in html


def test_sentences_follow_from_the_figures(project: Project) -> None:
    """People's strokes, the order of the conditions, the effect of augmentation."""
    words = page_text(_page(project))
    assert "People&#39;s strokes cover 16 % of the paper and are 5.2 pixels wide" in words
    assert "nearest first: edges (0.2875) and pencil (0.3342)" in words
    assert "Two halves of people&#39;s sketches have a KID of −0.0010." in words
    assert "The augmentation edges-human narrows the gap of edges from 0.2875 to 0.1543." in words
    _gap(project.root, {**KIDS, "edges-human": 0.3})
    words = page_text(_page(project))
    assert "widens the gap of edges from 0.2875 to 0.3000; the intervals overlap." in words


def test_a_page_without_a_gap_does_not_mention_it(project: Project) -> None:
    """A page without a gap does not mention it."""
    for file in (project.root / "data" / "gap").iterdir():
        file.unlink()
    (project.root / "data" / "gap").rmdir()
    assert "gap" not in _page(project)


def test_a_missing_or_malformed_file_is_an_error_that_names_it(project: Project) -> None:
    """A missing or malformed file is an error that names it."""
    _gap(project.root, KIDS, sheet=7)
    with pytest.raises(UserError, match=r"gap\.json: sheet: Input should be"):
        _page(project)
    _gap(project.root, KIDS)
    (project.root / "data" / "gap" / "sheet.png").unlink()
    with pytest.raises(UserError, match=r"sheet\.png is missing: run the stage that writes it"):
        _page(project)
