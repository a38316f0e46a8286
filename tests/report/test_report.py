"""The page and the leaderboard of translations from sketches to photos."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from made_up import Outline, Project, of, text

from s2f_core.errors import UserError
from s2f_core.report import Study, StudyRow, build

HOSTILE = "<img src=x onerror=alert(1)>"
PIX2PIX = of(120.0, 0.09, 0.55, 15.0, 0.12)
ASSISTED = of(101.2, 0.0412, 0.60, 16.1, 0.11)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Two translations of 16-pixel faces: pix2pix, and the ResNet upscaled."""
    noise = np.random.default_rng(0)
    photos = noise.integers(0, 256, (12, 16, 16, 3), dtype=np.uint8)
    made = Project(tmp_path, photos, {"pencil": photos[..., :1]})
    made.translation("pix2pix-pencil", "pix2pix-pencil", photos // 2, PIX2PIX)
    made.translation("resnet-sr", "resnet", photos // 3, ASSISTED, upscaler="dat-x2")
    for name in ("pix2pix-pencil", "resnet"):
        made.variant(name, np.concatenate(photos[:4], axis=1))
    return made


def study(**ours: str | None) -> Study:
    """P1's table with our translations put in by row."""
    published = {
        "Pix2Pix": (142.44, 0.90),
        "CycleGAN": (143.18, 0.96),
        "ResNet + super-resolution": (139.07, 0.91),
    }
    rows = tuple(
        StudyRow(name=name, published={"fid": fid, "pixel_difference": pd_}, ours=ours.get(name))
        for name, (fid, pd_) in published.items()
    )
    return Study(title="Sketch to Face", citation="2020", setting="CelebA, 2,000", rows=rows)


P1 = study(**{"Pix2Pix": "pix2pix-pencil", "ResNet + super-resolution": "resnet-sr"})
NAMES = ["pix2pix-pencil", "resnet-sr"]


def page(project: Project, studies: dict[str, Study] | None = None) -> str:
    """Build and return the page."""
    out = project.root / "report" / "index.html"
    board = project.root / "metrics" / "leaderboard.csv"
    build(out, board, {"P1": P1} if studies is None else studies, NAMES, project.root)
    return out.read_text(encoding="utf-8")


def test_page_loads_nothing(project: Project) -> None:
    """The page is one file: no link, no script and no address that a browser would fetch."""
    html = page(project)
    tags = Outline(html).tags
    assert not [tag for tag, _ in tags if tag in {"link", "script", "iframe", "object"}]
    for tag, attributes in tags:
        for name in ("src", "srcset", "href", "xlink:href", "poster"):
            address = attributes.get(name) or "#"
            assert address.startswith(("data:image/", "#")), (tag, address[:80])
    style = html[html.index("<style>") : html.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style


def test_page_structure_is_accessible(project: Project) -> None:
    """Headings do not skip a level, images have words and a size, ids are unique."""
    tags = Outline(page(project)).tags
    levels = [int(tag[1]) for tag, _ in tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    for _, attributes in [item for item in tags if item[0] == "img"]:
        assert attributes["alt"]
        assert attributes["width"]
        assert attributes["height"]
    ids = [attributes["id"] for _, attributes in tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    targets = {(a.get("href") or "")[1:] for tag, a in tags if tag == "a"}
    described = {one for _, a in tags for one in (a.get("aria-labelledby") or "").split()}
    assert targets | described <= set(ids)


def test_everything_is_on_the_page(project: Project) -> None:
    """Translations, variants, study rows, parameters and curves are all shown."""
    html = page(project)
    words = text(html)
    for expected in [
        *NAMES,
        "resnet",
        *(row.name for row in P1.rows),
        "142.44",
        "variant.generator.depth",
    ]:
        assert expected in words
    assert html.count('<svg class="chart"') == 2 * 8
    rows = re.findall(r"<tr>.*?</tr>", html, flags=re.DOTALL)
    missing = next(row for row in rows if "CycleGAN" in row)
    assert "not trained" in missing
    assert text(missing).count("–") == 3


def test_summary_names_the_best_and_the_baselines(project: Project) -> None:
    """The lead and the list say what wins, what it beats and why a copied photo wins on KID."""
    words = text(page(project))
    assert "2 translations were scored on 12 test images." in words
    assert (
        "The best is resnet-sr by KID (0.0412, 95 % interval 0.0371 – 0.0453) and by pixel" in words
    )
    assert (
        "By KID, resnet-sr and pix2pix-pencil beat the sketch itself and the mean training photo, "
        "but not the nearest training photo." in words
    )
    assert "wins on KID (0.0020, against 0.0010 for other real photos) because" in words
    assert "By pixel difference, resnet-sr and pix2pix-pencil beat every trivial baseline" in words


def test_leaderboard_holds_translations_then_baselines_then_the_floor(project: Project) -> None:
    """Sorted by KID within each kind; the baselines that two translations share appear once."""
    page(project)
    board = pd.read_csv(project.root / "metrics" / "leaderboard.csv")
    assert list(board)[:5] == ["target", "scores", "name", "kind", "input"]
    assert set(board["target"]) == {"faces/kept"}
    assert board["energy_distance"].isna().all()
    order = ["resnet-sr", "pix2pix-pencil", "nearest-face", "sketch", "mean-face", "real"]
    assert board["name"].tolist() == order
    assert board["kind"].tolist() == ["translation"] * 2 + ["baseline"] * 3 + ["floor"]
    assert board["kid"].tolist() == [0.0412, 0.09, 0.002, 0.31, 0.42, 0.001]
    assert board.loc[0, "input"] == "faces/kept-pencil 16px"
    assert board.loc[5, "input"] == "faces/kept 16px"
    assert board["ssim"].isna().tolist() == [False] * 5 + [True]
    assert board["n"].tolist() == [98] * 6


def test_two_builds_are_equal(project: Project) -> None:
    """The same inputs give the same bytes, and nothing unfinished is left behind."""
    board = project.root / "metrics" / "leaderboard.csv"
    first, table = page(project), board.read_bytes()
    assert page(project) == first
    assert board.read_bytes() == table
    assert [path.name for path in (project.root / "report").iterdir()] == ["index.html"]


def test_names_are_escaped(project: Project) -> None:
    """A name with markup in it is shown, not run."""
    project.translation(HOSTILE, HOSTILE, project.photos, PIX2PIX)
    project.variant(HOSTILE, project.photos[0])
    hostile = study(Pix2Pix=HOSTILE).model_copy(update={"title": "<script>alert(1)</script>"})
    out = project.root / "page.html"
    names = [*NAMES, HOSTILE]
    build(out, project.root / "board.csv", {HOSTILE: hostile}, names, project.root)
    html = out.read_text(encoding="utf-8")
    assert "&lt;img src=x onerror=alert(1)&gt;" in html
    tags = Outline(html).tags
    assert "script" not in [tag for tag, _ in tags]
    assert not [attributes for _, attributes in tags if "onerror" in attributes]


def test_missing_evaluation_is_named(project: Project) -> None:
    """A translation that was not evaluated is an error that names the file."""
    out = project.root / "page.html"
    with pytest.raises(UserError, match=r"evaluations.other.evaluation\.json is missing"):
        build(out, project.root / "board.csv", {}, [*NAMES, "other"], project.root)
    assert not out.exists()


def test_broken_evaluation_is_named(project: Project) -> None:
    """A file that lacks a key is an error that names both."""
    path = project.root / "data" / "evaluations" / "resnet-sr" / "evaluation.json"
    path.write_text('{"name": "resnet-sr"}')
    with pytest.raises(UserError, match=r"evaluation\.json: variant: Field required"):
        page(project)


def test_study_cannot_point_nowhere(project: Project) -> None:
    """A study row that names an unknown translation is an error that lists the known ones."""
    with pytest.raises(UserError, match=r"'typo'.*known: pix2pix-pencil, resnet-sr"):
        page(project, {"P1": study(Pix2Pix="typo")})


def test_no_translation_is_an_error(tmp_path: Path) -> None:
    """There is nothing to report without a translation."""
    with pytest.raises(UserError, match="translations is empty"):
        build(tmp_path / "page.html", tmp_path / "board.csv", {}, [], tmp_path)


def test_missing_sketches_are_left_out(project: Project) -> None:
    """A variant without a sketch (condition none) has a photo column and no sketch column."""
    for name in NAMES:
        path = project.root / "data" / "evaluations" / name / "evaluation.json"
        path.write_text(path.read_text().replace('"pencil"', '"none"'))
    assert "sketch of test image" not in page(project, {})
