"""The pages and the leaderboard of translations from sketches to photos."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from faces_and_p1 import ASSISTED, NAMES, OVERVIEW, P1, P1_PAGE, PIX2PIX, pages, study, two
from made_up import GIVEN, Outline, Project, site, text

from s2f_core.common.errors import UserError
from s2f_core.report.site.build import build
from s2f_core.report.site.studies import Claim

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Two translations of 16-pixel faces: pix2pix, and the ResNet upscaled."""
    return two(tmp_path)


def test_everything_is_on_its_page(project: Project) -> None:
    """Translations on the overview, rows on the study's page, curves on the variants' own."""
    found = pages(project)
    assert {*NAMES, "resnet"} <= set(re.findall(r"[\w-]+", text(found[OVERVIEW])))
    words = text(found[P1_PAGE])
    for expected in [*(row.name for row in P1.rows), "142.44", "s2f evaluate resnet"]:
        assert expected in words
    for name in ("pix2pix-pencil", "resnet"):
        html = found[f"variants/{name}.html"]
        assert html.count('<svg class="chart"') == 8
        assert "variant.generator.depth" in html
        assert f"dvc repro -f -s train@{name}" in html
    rows = re.findall(r"<tr>.*?</tr>", found[P1_PAGE], flags=re.DOTALL)
    missing = next(row for row in rows if "CycleGAN" in row)
    assert "not trained" in missing
    assert text(missing).count("–") == 3


def test_verdicts_are_counted_and_told(project: Project) -> None:
    """Numbers on the overview, claims with their evidence and commands on the study's page."""
    project.translation("good", "resnet", project.photos // 4, {**ASSISTED, "ssim": 0.9})
    claims = (
        Claim(claim="One is best.", score="ssim", better=("good",), than=("resnet-sr",)),
        Claim(claim="Two is best.", score="ssim", better=("resnet-sr",), than=("good",)),
        Claim(claim="Three is.", command="dvc exp run -S lr=1"),
    )
    found = site(project, [*NAMES, "good"], {"P1": P1.model_copy(update={"claims": claims})})
    line = re.search(
        r"<tr><th scope=\"row\"><a href=\"studies/P1.html.*?</tr>", found[OVERVIEW], re.DOTALL
    )
    assert line
    assert text(line[0]).split()[-4:] == ["1", "1", "0", "1"]
    words = text(found[P1_PAGE])
    assert "1 holds 1 does not hold 0 not settled 1 not tested here" in words
    assert "holds One is best. good beats resnet-sr" in words
    assert "does not hold Two is best." in words
    assert "To test it with all else equal: dvc exp run -S lr=1" in words


def test_each_figure_says_how_it_was_made(project: Project) -> None:
    """On hover, and in what a button opens, which keys and fingers reach too."""
    for path in (OVERVIEW, P1_PAGE, "variants/resnet.html"):
        html = pages(project)[path]
        tags = Outline(html).tags
        opened = {a["popovertarget"] for tag, a in tags if tag == "button"}
        notes = {a["id"] for tag, a in tags if "popover" in a}
        assert opened
        assert opened == notes
        said = "Better: lower. Range: 0 to ∞. Meaning: What KID measures, in a sentence."
        assert f'title="{said} Library: made up 1.0."' in html
        assert "<dd>What KID measures, in a sentence.</dd>" in html


def test_summary_names_the_best_and_the_baselines(project: Project) -> None:
    """The lead and the list say what wins, what it beats and why a copied photo wins on KID."""
    words = text(pages(project)[OVERVIEW])
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
    pages(project)
    board = pd.read_csv(project.root / "board.csv")
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


def test_validation_images_have_a_board_of_their_own(project: Project) -> None:
    """Their figures are not compared with those of test images, and are called what they are."""
    project.translation("chosen", "pix2pix-pencil", project.photos, PIX2PIX, split="val")
    html = text(site(project, [*NAMES, "chosen"], {"P1": P1})[OVERVIEW])
    board = pd.read_csv(project.root / "board.csv").set_index("name")
    assert board.loc["chosen", "target"] == "faces/kept (validation)"
    assert board.loc["chosen", "input"] == "faces/kept-pencil (validation) 16px"
    assert "1 translation was scored on 12 validation images." in html


def test_names_are_escaped(project: Project) -> None:
    """A name with markup in it is shown, not run."""
    project.translation(HOSTILE, HOSTILE, project.photos, PIX2PIX)
    project.variant(HOSTILE, project.photos[0])
    hostile = study(Pix2Pix=HOSTILE).model_copy(update={"title": "<script>alert(1)</script>"})
    found = site(project, [*NAMES, HOSTILE], {HOSTILE: hostile})
    assert {path.partition("/")[2] for path in found if "/" in path} >= {
        "pix2pix-pencil.html",
        "img-src-x-onerror-alert-1-63b586b4.html",
    }
    for path, html in found.items():
        assert "&lt;img src=x onerror=alert(1)&gt;" in html or path == "variants/resnet.html"
        tags = Outline(html).tags
        assert not [attributes for _, attributes in tags if "onerror" in attributes]
        scripts = [a for tag, a in tags if tag == "script"]
        assert all("src" in a or a.get("type") == "application/json" for a in scripts)
        assert "<script>alert" not in html


def test_missing_evaluation_is_named(project: Project) -> None:
    """A translation that was not evaluated is an error that names the file."""
    with pytest.raises(UserError, match=r"evaluations.other.evaluation\.json is missing"):
        site(project, [*NAMES, "other"])
    assert not (project.root / "report").exists()


def test_broken_evaluation_is_named(project: Project) -> None:
    """A file that lacks a key is an error that names both."""
    path = project.root / "data" / "evaluations" / "resnet" / "resnet-sr" / "evaluation.json"
    path.write_text('{"name": "resnet-sr"}')
    with pytest.raises(UserError, match=r"evaluation\.json: variant: Field required"):
        pages(project)


def test_study_cannot_point_nowhere(project: Project) -> None:
    """A study row that names an unknown translation is an error that lists the known ones."""
    with pytest.raises(UserError, match=r"'typo'.*known: pix2pix-pencil, resnet-sr"):
        pages(project, {"P1": study(Pix2Pix="typo")})


def test_no_translation_is_an_error(tmp_path: Path) -> None:
    """There is nothing to report without a translation."""
    with pytest.raises(UserError, match="variants is empty"):
        build(tmp_path / "report", tmp_path / "board.csv", {}, {}, GIVEN, tmp_path)


def test_missing_sketches_are_left_out(project: Project) -> None:
    """A variant without a sketch (condition none) has a photo column and no sketch column."""
    for path in (project.root / "data" / "evaluations").glob("*/*/evaluation.json"):
        path.write_text(path.read_text().replace('"pencil"', '"none"'))
    assert "sketch of held-out image" not in pages(project, {})["pictures.html"]
