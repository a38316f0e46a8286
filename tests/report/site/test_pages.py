"""The pages and the leaderboard of translations from sketches to photos."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from report_of_p1 import (
    ASSISTED,
    NAMES,
    OVERVIEW,
    P1,
    P1_PAGE,
    PIX2PIX,
    build_p1_pages,
    p1_study,
    two_translations,
)
from report_project import DATA_PARAMS, Outline, Project, build_pages, page_text

from s2f_core.common.errors import UserError
from s2f_core.report.site.build import build
from s2f_core.report.site.studies import Claim

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Two translations of 16-pixel faces: pix2pix, and the ResNet upscaled."""
    return two_translations(tmp_path)


def test_each_page_has_its_content(project: Project) -> None:
    """Translations are on the overview, rows on the study's page, curves on the variants' pages."""
    site_pages = build_p1_pages(project)
    assert {*NAMES, "resnet"} <= set(re.findall(r"[\w-]+", page_text(site_pages[OVERVIEW])))
    words = page_text(site_pages[P1_PAGE])
    for expected in [*(row.name for row in P1.rows), "142.44", "s2f evaluate resnet"]:
        assert expected in words
    for name in ("pix2pix-pencil", "resnet"):
        html = site_pages[f"variants/{name}.html"]
        assert html.count('<svg class="chart"') == 8
        assert "variant.generator.depth" in html
        assert f"dvc repro -f -s train@{name}" in html
    rows = re.findall(r"<tr>.*?</tr>", site_pages[P1_PAGE], flags=re.DOTALL)
    missing = next(row for row in rows if "CycleGAN" in row)
    assert "not trained" in missing
    assert page_text(missing).count("–") == 3


def test_verdicts_are_counted_and_explained(project: Project) -> None:
    """The overview has the counts, the study's page the claims, evidence and commands."""
    project.write_translation("good", "resnet", project.photos // 4, {**ASSISTED, "ssim": 0.9})
    claims = (
        Claim(claim="One is best.", score="ssim", better=("good",), than=("resnet-sr",)),
        Claim(claim="Two is best.", score="ssim", better=("resnet-sr",), than=("good",)),
        Claim(claim="Three is.", command="dvc exp run -S lr=1"),
    )
    site_pages = build_pages(
        project, [*NAMES, "good"], {"P1": P1.model_copy(update={"claims": claims})}
    )
    line = re.search(
        r"<tr><th scope=\"row\"><a href=\"studies/P1.html.*?</tr>", site_pages[OVERVIEW], re.DOTALL
    )
    assert line
    assert page_text(line[0]).split()[-4:] == ["1", "1", "0", "1"]
    words = page_text(site_pages[P1_PAGE])
    assert "1 holds 1 does not hold 0 not settled 1 not tested here" in words
    assert "holds One is best. good beats resnet-sr" in words
    assert "does not hold Two is best." in words
    assert "To test it with all else equal: dvc exp run -S lr=1" in words


def test_a_translation_that_can_be_added_has_its_command(project: Project) -> None:
    """In its row, and beside a claim about it; with the translation both are judged."""
    claim = Claim(claim="So.", score="ssim", better=("resnet-sr",), than=("cycle",))
    rows = p1_study(CycleGAN="cycle", Pix2Pix="pix2pix-pencil").rows
    studies = {"P1": P1.model_copy(update={"rows": rows, "claims": (claim,)})}
    addable = {"cycle": "cyclegan"}
    page = build_pages(project, NAMES, studies, addable)[P1_PAGE]
    row = next(each for each in re.findall(r"<tr>.*?</tr>", page, re.DOTALL) if "CycleGAN" in each)
    assert "not trained s2f add cyclegan &amp;&amp; dvc repro" in page_text(row)
    words = page_text(page)
    assert "1 not tested here" in words
    assert "So. Not trained here: cycle. To train what is missing: s2f add cyclegan" in words
    with pytest.raises(UserError, match="points to 'cycle', which is not a translation"):
        build_pages(project, NAMES, studies)

    project.write_translation("cycle", "cyclegan", project.photos // 4, PIX2PIX)
    project.write_variant("cyclegan", project.photos[0])
    words = page_text(build_pages(project, [*NAMES, "cycle"], studies, addable)[P1_PAGE])
    assert "0 not tested here" in words
    assert "s2f add" not in words


def test_each_score_has_a_footnote(project: Project) -> None:
    """On hover, and in a popover that keys and fingers can open."""
    for path in (OVERVIEW, P1_PAGE, "variants/resnet.html"):
        html = build_p1_pages(project)[path]
        tags = Outline(html).tags
        targets = {a["popovertarget"] for tag, a in tags if tag == "button"}
        notes = {a["id"] for tag, a in tags if "popover" in a}
        assert targets
        assert targets == notes
        note = "Better: lower. Range: 0 to ∞. Meaning: What KID measures, in a sentence."
        assert f'title="{note} Library: made up 1.0."' in html
        assert "<dd>What KID measures, in a sentence.</dd>" in html


def test_summary_names_the_best_and_the_baselines(project: Project) -> None:
    """And explains why a copied photo wins on KID."""
    words = page_text(build_p1_pages(project)[OVERVIEW])
    assert "2 translations were scored on 12 test images." in words
    interval = r"95 % interval 0\.0371 – 0\.0453"
    best = (
        rf"The best by KID \(0\.0412, {interval}\) and by pixel difference \([^)]*\) is resnet-sr\."
    )
    assert re.search(best, words)
    assert (
        "By KID, resnet-sr and pix2pix-pencil beat the sketch itself and the mean training photo, "
        "but not the nearest training photo." in words
    )
    assert "wins on KID (0.0020, against 0.0010 for other real photos) because" in words
    assert "By pixel difference, resnet-sr and pix2pix-pencil beat every trivial baseline" in words


def test_leaderboard_has_translations_then_baselines_then_the_floor(project: Project) -> None:
    """Each kind is sorted by KID; baselines that two translations share appear once."""
    build_p1_pages(project)
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


def test_validation_images_have_their_own_board(project: Project) -> None:
    """Their figures are never beside those of test images."""
    project.write_translation("chosen", "pix2pix-pencil", project.photos, PIX2PIX, split="val")
    html = page_text(build_pages(project, [*NAMES, "chosen"], {"P1": P1})[OVERVIEW])
    board = pd.read_csv(project.root / "board.csv").set_index("name")
    assert board.loc["chosen", "target"] == "faces/kept (validation)"
    assert board.loc["chosen", "input"] == "faces/kept-pencil (validation) 16px"
    assert "1 translation was scored on 12 validation images." in html


def test_names_are_escaped(project: Project) -> None:
    """A name with markup in it is shown as text."""
    project.write_translation(HOSTILE, HOSTILE, project.photos, PIX2PIX)
    project.write_variant(HOSTILE, project.photos[0])
    hostile = p1_study(Pix2Pix=HOSTILE).model_copy(update={"title": "<script>alert(1)</script>"})
    site_pages = build_pages(project, [*NAMES, HOSTILE], {HOSTILE: hostile})
    assert {path.partition("/")[2] for path in site_pages if "/" in path} >= {
        "pix2pix-pencil.html",
        "img-src-x-onerror-alert-1-63b586b4.html",
    }
    for path, html in site_pages.items():
        assert "&lt;img src=x onerror=alert(1)&gt;" in html or path == "variants/resnet.html"
        tags = Outline(html).tags
        assert not [attributes for _, attributes in tags if "onerror" in attributes]
        scripts = [a for tag, a in tags if tag == "script"]
        assert all("src" in a or a.get("type") == "application/json" for a in scripts)
        assert "<script>alert" not in html


def test_a_missing_evaluation_is_an_error_that_names_the_file(project: Project) -> None:
    """A missing evaluation is an error that names the file."""
    with pytest.raises(UserError, match=r"evaluations.other.evaluation\.json is missing"):
        build_pages(project, [*NAMES, "other"])
    assert not (project.root / "report").exists()


def test_a_malformed_evaluation_is_an_error_that_names_file_and_key(project: Project) -> None:
    """A malformed evaluation is an error that names file and key."""
    path = project.root / "data" / "evaluations" / "resnet" / "resnet-sr" / "evaluation.json"
    path.write_text('{"name": "resnet-sr"}')
    with pytest.raises(UserError, match=r"evaluation\.json: variant: Field required"):
        build_p1_pages(project)


def test_a_study_row_of_an_unknown_translation_is_an_error(project: Project) -> None:
    """The error lists the known translations."""
    with pytest.raises(UserError, match=r"'typo'.*known: pix2pix-pencil, resnet-sr"):
        build_p1_pages(project, {"P1": p1_study(Pix2Pix="typo")})


def test_a_report_without_translations_is_an_error(tmp_path: Path) -> None:
    """A report without translations is an error."""
    with pytest.raises(UserError, match="variants is empty"):
        build(tmp_path / "report", tmp_path / "board.csv", {}, {}, DATA_PARAMS, tmp_path)


def test_condition_none_has_no_sketch_column(project: Project) -> None:
    """Condition none has no sketch column."""
    for path in (project.root / "data" / "evaluations").glob("*/*/evaluation.json"):
        path.write_text(path.read_text().replace('"pencil"', '"none"'))
    assert "sketch of held-out image" not in build_p1_pages(project, {})["pictures.html"]
