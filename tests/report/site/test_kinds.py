"""Photos, sketches, samples and surfaces on one site, each with its own sections."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from report_project import LOSSES, Project, Values, build_pages, figure_values, page_text

from s2f_core.common.images import Pixels
from s2f_core.data.datasets.gaussian_surfaces import GaussianSurfaces
from s2f_core.report.site.studies import PrintedTable, Study, StudyRow
from s2f_core.report.site.surface_plots import is_mesh, mesh_plot, point_plot

PAIRS = figure_values(120.0, 0.09, 0.55, 15.0, 0.12)
BACK = {
    "photo": figure_values(250.0, 0.31, 0.30, 8.1, 0.33),
    "mean-sketch": figure_values(310.0, 0.42, 0.40, 12.2, 0.19),
    "nearest-sketch": figure_values(88.0, 0.3, 0.28, 9.9, 0.26),
    "real": {"fid": 80.0, "kid": 0.001},
}
TWICE = {
    **{f"{name}{side}": ends for name, ends in LOSSES.items() for side in ("", "_back")},
    "g_cycle": (0.5, 0.1),
    "d_penalty": (0.5, 0.1),
}
WARNING = "the discriminator has won at step 310 (its loss stayed low): go-on"
NAMES = ["there", "back", "dcgan", "meshes", "points"]


def _surfaces(form: str, count: int = 12) -> Pixels:
    path, size = Path("none"), 1 if form == "points" else 5
    dataset = GaussianSurfaces.model_validate(
        {"source": "surfaces", "path": path, "format": form, "size": size, "examples": count}
    )
    make = dataset.open(path, 0, path).images.make
    return np.stack([make(row) for row in range(count)])


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A CycleGAN both ways, a DCGAN, and two GANs of surfaces."""
    noise = np.random.default_rng(0)
    photos = noise.integers(0, 256, (12, 16, 16, 3), dtype=np.uint8)
    project = Project(tmp_path, photos, {"pencil": photos[..., :1]})
    project.write_translation("there", "cyclegan", photos // 2, PAIRS)
    project.write_translation("back", "cyclegan", photos // 3, PAIRS, BACK, direction="b-to-a")
    classes = [f"alpha-{row % 3 + 1}" for row in range(12)]
    sets: list[tuple[str, str, Pixels, Values]] = [
        ("dcgan", "doodles", photos[..., :1], {"fid": 90.0, "kid": 0.1, "diversity": 0.8}),
        ("meshes", "grids", _surfaces("grids"), {"surface_error": 0.01, "energy_distance": 0.2}),
        ("points", "points", _surfaces("points"), {"surface_error": 0.1, "energy_distance": 1}),
    ]
    for name, role, images, model in sets:
        kind = "samples" if name == "dcgan" else "surfaces"
        project.write_table(f"{role}/kept", images, classes)
        project.write_table(
            f"{role}/kept-noise", noise.integers(0, 256, (12, 1, 1, 7), dtype=np.uint8)
        )
        floor = {"real": dict.fromkeys(model, 0.001)}
        project.write_translation(
            name, name, images, model, floor, role=role, condition="noise", kind=kind
        )
        project.write_variant(name, photos[0], health=[WARNING] if name == "dcgan" else [])
    project.write_variant("cyclegan", photos[0], TWICE)
    return project


def test_only_comparable_translations_share_a_board(project: Project) -> None:
    """Five boards with a floor each; a board has only the scores of its kind."""
    site_pages = build_pages(project, NAMES)
    html = site_pages["index.html"]
    for title in (
        "Photos from sketches · faces/kept",
        "Sketches from photos · faces/kept-pencil",
        "Images from noise · doodles/kept",
        "Surfaces from noise · grids/kept",
        "Surfaces from noise · points/kept",
    ):
        assert html.count(f">{title}</h3>") == 1
        assert site_pages["pictures.html"].count(f">{title}</h2>") == 1
    tables = re.findall(r'<table class="board sortable">.*?</table>', html, flags=re.DOTALL)
    assert len(tables) == 5
    assert all("Floor: other real" in table for table in tables)
    assert ["SSIM" in table for table in tables] == [True, True, False, False, False]
    assert "the photo itself" in tables[1]
    assert "the sketch itself" not in tables[1]
    board = pd.read_csv(project.root / "board.csv")
    assert board["target"].nunique() == 5
    assert set(board["scores"]) == {"pairs", "samples", "surfaces"}


def test_samples_are_shown_on_sheets_and_pairs_in_rows(project: Project) -> None:
    """Noise has no column; only pairs have best and worst images."""
    site_pages = build_pages(project, NAMES)
    html = site_pages["pictures.html"]
    assert html.count('<table class="pictures">') == 2
    assert html.count('<svg class="space"') == 4
    assert 'alt="Sheet of dcgan"' in html
    assert "noise sketch" not in html
    assert "photo of held-out image" in html
    words = page_text(site_pages["variants/cyclegan.html"])
    assert "Translation there" in words
    assert "Translation back" in words
    assert words.count("Best and worst by SSIM") == 2
    assert words.count("Best and worst by Pixel difference") == 2
    assert "From left to right: photo, back, sketch." in words
    for name in ("dcgan", "meshes", "points"):
        alone = site_pages[f"variants/{name}.html"]
        assert "Best and worst" not in alone
        assert 'class="pictures' not in alone
        assert alone.count("<figcaption>real ") == 1
        assert "A row is one noise vector" in page_text(alone)


def test_the_compare_page_has_boards_of_two_and_more(project: Project) -> None:
    """Differences are given both ways; there is no page without such a board."""
    assert "compare.html" not in build_pages(project, NAMES)
    project.write_translation("other", "cyclegan", project.photos // 4, {**PAIRS, "ssim": 0.4})
    site_pages = build_pages(project, [*NAMES, "other"])
    html = site_pages["compare.html"]
    start = html.index('id="data">') + len('id="data">')
    (board,) = json.loads(html[start : html.index("</script>", start)])
    assert [item["name"] for item in board["translations"]] == ["there", "other"]
    pairs = ("there\nother", "other\nthere")
    assert set(board["differences"]) == set(pairs)
    one, other = (board["differences"][pair]["ssim"] for pair in pairs)
    assert other[0] == f"\N{MINUS SIGN}{one[0]}"
    assert [one[2], other[2]] == ["better", "worse"]
    assert one[1].count("\N{EN DASH}") == 1
    assert one[3] == 12
    images = board["translations"][0]["images"]
    assert set(images) == {"sketch", "output", "photo"}
    assert len(images["output"]) == len(board["faces"]) == 8
    assert 'href="../compare.html#there"' in site_pages["variants/cyclegan.html"]
    assert "compare.html#" not in site_pages["variants/dcgan.html"]


def test_a_board_of_one_translation_gives_its_figures(project: Project) -> None:
    """It names no best one."""
    words = page_text(build_pages(project, NAMES)["index.html"])
    assert "dcgan has a KID of 0.1000, 95 % interval 0.0900 – 0.1100 and a diversity" in words
    assert "meshes has an energy distance of 0.20000" in words
    assert "5 translations of 4 variants were scored on images not seen in training." in words


def test_all_curves_of_two_discriminators_are_drawn(project: Project) -> None:
    """Losses, outputs and gradient norms of both, the penalty and the rate."""
    html = build_pages(project, NAMES)["variants/cyclegan.html"]
    legends = re.findall(r'class="key"[^>]*>([^<]*)<', html)
    for side in ("", ", B to A"):
        for label in ("adversarial", "real", "generated", "generator", "discriminator"):
            assert f"{label}{side}" in legends
    assert {"cycle", "penalty", "rate"} <= set(legends)


def test_warnings_of_a_training_are_on_its_page(project: Project) -> None:
    """Warnings of a training are on its page."""
    site_pages = build_pages(project, NAMES)
    warned = [path for path, html in site_pages.items() if '<ul class="warnings"' in html]
    assert warned == ["variants/dcgan.html"]
    assert WARNING in page_text(site_pages[warned[0]])


def test_a_study_without_numbers_has_its_findings_and_its_printed_table(project: Project) -> None:
    """With all decimals of the paper, and a dash for a missing number."""
    ssims = PrintedTable(
        caption="SSIM by class",
        score="ssim",
        columns=("pix2pix", "CycleGAN"),
        rows={"pizza": (0.083, 0.09), "trees": (None, 0.272)},
    )
    rows = (
        StudyRow(name="CycleGAN", ours="there"),
        StudyRow(name="DCGAN", ours="dcgan"),
        StudyRow(name="FC-GAN", ours="points"),
        StudyRow(name="DC-GAN on grids", ours="meshes"),
    )
    findings = ("Noise is cleaner.",)
    study = Study(
        title="P", citation="c", setting="Sketchy", found=findings, printed=ssims, rows=rows
    )
    html = build_pages(project, NAMES, {"P3": study})["studies/P3.html"]
    words = page_text(html)
    assert "The paper's findings Noise is cleaner." in words
    assert "pizza 0.083 0.090 trees – 0.272" in words
    assert "The printed SSIM is of the paper" in words
    (table,) = re.findall(r'<table class="study">.*?</table>', html, flags=re.DOTALL)
    lines = [page_text(line) for line in re.findall(r"<tr>.*?</tr>", table, flags=re.DOTALL)]
    assert "0.550" in next(line for line in lines if "CycleGAN" in line)
    assert "–" in next(line for line in lines if "FC-GAN" in line)
    with pytest.raises(ValueError, match="row 'pizza' has 1 numbers for 2 columns"):
        PrintedTable(caption="", score="ssim", columns=("a", "b"), rows={"pizza": (1.0,)})


def test_our_order_is_given_if_the_paper_printed_none(project: Project) -> None:
    """Best first, within a board."""
    photos = project.photos
    project.write_translation("other", "cyclegan", photos // 4, {**PAIRS, "kid": 0.05})
    rows = tuple(StudyRow(name=name, ours=name) for name in ("there", "other", "back"))
    study = Study(title="P", citation="c", setting="s", rows=rows)
    words = page_text(build_pages(project, [*NAMES, "other"], {"P": study})["studies/P.html"])
    assert "Here, by KID on faces/kept, best first: other (0.0500) and there (0.0900)." in words
    assert "on faces/kept-pencil, best first" not in words


def test_a_mesh_has_x_and_y_that_grow_along_its_sides() -> None:
    """A cloud and a single point are no meshes."""
    grids, clouds = _surfaces("grids", 3), _surfaces("clouds", 3)
    assert all(is_mesh(grid) for grid in grids)
    assert not any(is_mesh(each) for each in clouds)
    assert not is_mesh(_surfaces("points", 1)[0])


def test_surfaces_are_drawn_within_their_picture() -> None:
    """Every quad and every point, the corners of the box and the peak among them."""
    grids = _surfaces("grids", 6)
    meshes = mesh_plot(grids, "real <b>")
    assert meshes.count("fill=") == 6 * 4 * 4
    assert "&lt;b&gt;" in meshes
    points = np.zeros((9, 1, 1, 3), np.uint8)
    points[:8, 0, 0] = [[x, y, z] for x in (0, 255) for y in (0, 255) for z in (0, 255)]
    spots = point_plot(points, ["alpha-1"], "corners")
    assert spots.count("<circle") == 9
    for svg in (meshes, spots):
        width, height = map(float, re.findall(r'viewBox="0 0 (\d+) (\d+)"', svg)[0])
        places = re.findall(r'[ML"](-?\d+\.\d) (-?\d+\.\d)', svg)
        places += re.findall(r'cx="(-?[\d.]+)" cy="(-?[\d.]+)"', svg)
        assert len(places) > 9
        assert all(0 <= float(x) <= width and 0 <= float(y) <= height for x, y in places)


def test_unpaired_images_have_no_target(project: Project) -> None:
    """Input is beside output, real images are on a sheet."""
    photos, drawings = project.photos, [f"drawing-{row}" for row in range(12)]
    project.write_table("drawn/kept", photos)
    project.write_table("drawn/kept-given", 255 - photos, ids=drawings)
    model = {"fid": 90.0, "kid": 0.1, "diversity": 0.8}
    floor = {"sketch": dict.fromkeys(model, 0.5), "real": dict.fromkeys(model, 0.001)}
    where = {"role": "drawn", "condition": "given", "kind": "samples", "drawn": True}
    project.write_translation("wild", "wild", photos // 2, model, floor, **where, transfer=True)
    project.write_table("translations/wild/wild", photos // 2, ids=drawings)
    recipe = {"variant": {"recipe": {"best": "last"}}}
    project.write_variant("wild", photos[0], paired=False, training_inputs=70, settings=recipe)
    site_pages = build_pages(project, ["wild"])
    html = site_pages["pictures.html"]
    words = page_text(site_pages["index.html"] + site_pages["variants/wild.html"])
    assert html.count(">Images from other images · drawn/kept</h2>") == 1
    (table,) = re.findall(r'<table class="pictures">.*?</table>', html, flags=re.DOTALL)
    heads = re.findall(r"<th scope=\"col\"[^>]*>(\w+)", table)
    assert heads == ["input", "wild"]
    assert 'alt="input of held-out image drawing-0"' in table
    assert 'alt="Sheet of real images"' in html
    assert 'alt="Sheet of wild"' not in html
    assert "70 inputs and 800 training images, unpaired, 700 steps" in words
    assert "The last weights are used." in words
    assert "There is no target" in words
    assert "By KID, wild beats the sketch itself." in words
    assert "By diversity, wild" not in words
    assert "drawn/kept-given 16px, trained on other data" in words


def test_selected_classes_have_their_own_board(project: Project) -> None:
    """Selected classes have their own board."""
    project.write_translation("pizza", "cyclegan", project.photos // 2, PAIRS, classes=["pizza"])
    build_pages(project, ["there", "pizza"])
    assert set(pd.read_csv(project.root / "board.csv")["target"]) == {
        "faces/kept",
        "faces/kept (pizza)",
    }
