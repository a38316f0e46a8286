"""The first pictures of the report: of the translation that its ranking puts first."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from report_of_p1 import OVERVIEW, build_p1_pages, two_translations
from report_project import Outline, Project, Values, build_pages, figure_values, page_text

from s2f_core.report.site.best_pictures import claims_sentences


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Two translations of 16-pixel faces: pix2pix, and the ResNet with the better KID."""
    return two_translations(tmp_path)


def _figure(html: str) -> str:
    figure = re.search(r'<figure class="best">.*?</figure>', html, re.DOTALL)
    return figure[0] if figure else ""


def test_a_face_comes_before_a_number(project: Project) -> None:
    """After the heading come six rows of sketch, output and photo, at once and with their sizes."""
    html = build_p1_pages(project)[OVERVIEW]
    main = html[html.index("<main") :]
    words = page_text(main[: main.index("<img")])
    title = "Sketch to face: the studies rebuilt"
    assert " ".join(words.split()) == f"{title} pencil sketch resnet-sr photo"
    pictures = [attributes for tag, attributes in Outline(_figure(html)).tags if tag == "img"]
    assert [each["alt"] for each in pictures[:3]] == [
        "pencil sketch of faces image face-00001",
        "resnet-sr of faces image face-00001",
        "photo of faces image face-00001",
    ]
    assert len(pictures) == 18
    assert {each["loading"] for each in pictures} == {"eager"}
    assert {each["width"] for each in pictures} == {"16"}
    caption = page_text(_figure(html))
    assert "with the outputs of resnet-sr, which has the best KID of 2 translations." in caption


def test_claims_come_before_tables(project: Project) -> None:
    """First those of the papers, then what is said of the pictures."""
    html = build_p1_pages(project)[OVERVIEW]
    said = page_text(html[html.index('class="lead"') : html.index("<table")])
    assert "By KID, resnet-sr beats the sketch itself" in said
    studies = [
        {"counts": [{"kind": "yes", "count": 1}, {"kind": "no", "count": 0}]},
        {"counts": [{"kind": "yes", "count": 2}, {"kind": "none", "count": 4}]},
    ]
    (sentence,) = claims_sentences(studies)
    assert sentence == "Of 7 claims by the papers, 3 hold here and 4 are not tested here."
    assert claims_sentences([]) == []


@pytest.mark.parametrize(
    ("figures", "subject", "best"),
    [
        (figure_values(9.0, 0.02, 0.5, 15.0, 0.2), {}, "other"),
        (figure_values(9.0, 0.06, 0.9, 25.0, 0.1), {}, "resnet-sr"),
        (figure_values(9.0, 0.02, 0.5, 15.0, 0.2), {"split": "val"}, "resnet-sr"),
        (figure_values(9.0, 0.02, 0.5, 15.0, 0.2), {"background": "removed"}, "resnet-sr"),
        (figure_values(9.0, 0.02, 0.5, 15.0, 0.2), {"direction": "b-to-a"}, "resnet-sr"),
    ],
)
def test_the_ranking_chooses(
    project: Project, figures: Values, subject: dict[str, Any], best: str
) -> None:
    """By KID, of test images with their background."""
    project.write_table("faces/removed", project.photos)
    project.write_table("faces/removed-pencil", project.sketches["pencil"])
    project.write_translation("other", "other", project.photos // 4, figures, **subject)
    project.write_variant("other", np.concatenate(project.photos[:4], axis=1))
    html = build_pages(project, ["other", "pix2pix-pencil", "resnet-sr"], {})[OVERVIEW]
    assert f"outputs of {best}, which has the best" in page_text(_figure(html))


def test_a_report_without_pairs_has_no_first_pictures(tmp_path: Path) -> None:
    """And of a single translation it has no rank."""
    project = two_translations(tmp_path)
    html = build_pages(project, ["resnet-sr"], {})[OVERVIEW]
    assert page_text(_figure(html)).strip().endswith("with the outputs of resnet-sr.")
    samples = {"kid": 0.1, "fid": 90.0, "diversity": 0.8}
    project.write_translation("set", "resnet", project.photos // 4, samples, {}, kind="samples")
    assert not _figure(build_pages(project, ["set"], {})[OVERVIEW])
