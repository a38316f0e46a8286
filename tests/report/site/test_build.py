"""The report's folder: its pages, their links, and its replacement as a whole."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
from report_of_p1 import build_p1_pages, two_translations
from report_project import Outline, Project

from s2f_core.common.errors import UserError
from s2f_core.report.site import build as site_module


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Two translations of 16-pixel faces: pix2pix, and the ResNet upscaled."""
    return two_translations(tmp_path)


def test_the_site_has_every_kind_of_page(project: Project) -> None:
    """Overview, pictures, comparison, one per study and variant, and the shared files."""
    assert list(build_p1_pages(project)) == [
        "compare.html",
        "index.html",
        "pictures.html",
        "studies/P1.html",
        "variants/pix2pix-pencil.html",
        "variants/resnet.html",
    ]
    out = project.root / "report"
    others = [path.name for path in out.iterdir() if path.suffix != ".html"]
    assert sorted(others) == ["images", "script.js", "studies", "style.css", "variants"]


def test_pages_load_nothing_outside_their_folder(project: Project) -> None:
    """Every address that a browser loads or follows is a file of the site."""
    out = project.root / "report"
    for path, html in build_p1_pages(project).items():
        ids = {a["id"] for _, a in Outline(html).tags if "id" in a}
        for tag, attributes in Outline(html).tags:
            for name in ("src", "srcset", "href", "xlink:href", "poster", "action"):
                address = attributes.get(name)
                if address is None or address == "data:,":
                    continue
                if tag == "a" and attributes.get("rel") == "external noreferrer":
                    continue
                file, _, fragment = address.partition("#")
                target = (out / path).parent / file if file else out / path
                assert target.is_file(), (path, tag, address)
                assert target.resolve().is_relative_to(out.resolve())
                if fragment and target.suffix == ".html" and target.name != "compare.html":
                    ids = {a.get("id") for _, a in Outline(target.read_text()).tags}
                    assert fragment in ids, (path, address)
    for name in ("style.css", "script.js"):
        content = (out / name).read_text()
        assert not re.search(r"url\(|@import|https?:|fetch\(|XMLHttp|import\(|innerHTML", content)


def test_a_picture_is_written_once(project: Project) -> None:
    """Every picture file is shown on a page, and no two have equal bytes."""
    sources = set(
        re.findall(r"images/[0-9a-f]{16}\.webp", "".join(build_p1_pages(project).values()))
    )
    files = list((project.root / "report" / "images").iterdir())
    assert {f"images/{file.name}" for file in files} == sources
    assert len({file.read_bytes() for file in files}) == len(files)


def test_pages_are_accessible(project: Project) -> None:
    """Headings skip no level, images have text and size, tables captions, ids are unique."""
    for path, html in build_p1_pages(project).items():
        tags = Outline(html).tags
        levels = [int(tag[1]) for tag, _ in tags if re.fullmatch(r"h[1-6]", tag)]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in pairwise(levels)), path
        for _, attributes in [item for item in tags if item[0] == "img" and "src" in item[1]]:
            assert attributes["alt"]
            assert attributes["width"]
            assert attributes["height"]
        ids = [attributes["id"] for _, attributes in tags if "id" in attributes]
        assert len(ids) == len(set(ids))
        links = ("aria-labelledby", "for", "popovertarget", "aria-describedby")
        pointed = {one for _, a in tags for name in links for one in (a.get(name) or "").split()}
        assert pointed <= set(ids), path
        kinds = [tag for tag, _ in tags]
        assert kinds.count("table") == kinds.count("caption")
        assert kinds.count("main") == 1
        assert all("scope" in a for tag, a in tags if tag == "th")


def contents(folder: Path) -> dict[str, bytes]:
    """The bytes of every file, by its path."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_two_builds_are_equal(project: Project) -> None:
    """Equal inputs give equal bytes, and old pages are gone."""
    build_p1_pages(project)
    first, table = contents(project.root / "report"), (project.root / "board.csv").read_bytes()
    (project.root / "report" / "old.html").write_text("of a study that is no more")
    build_p1_pages(project)
    assert contents(project.root / "report") == first
    assert (project.root / "board.csv").read_bytes() == table
    assert {path.name for path in project.root.iterdir()} == {
        "board.csv",
        "data",
        "metrics",
        "report",
    }


def test_a_failed_build_leaves_the_old_site(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All pages are of one build."""
    build_p1_pages(project)
    before = contents(project.root)
    (project.root / "data" / "models" / "resnet" / "progress.png").write_bytes(b"no image")
    with pytest.raises(UserError, match=r"progress\.png is not an image"):
        build_p1_pages(project, {})
    after = contents(project.root)
    assert {key: after[key] for key in before if key.startswith("report")} == {
        key: value for key, value in before.items() if key.startswith("report")
    }
    assert not [key for key in after if "unfinished" in key]


def test_a_site_that_is_too_large_gets_smaller_pictures(
    project: Project, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The log names the size that did not fit."""
    monkeypatch.setattr(site_module, "EDGES", (16, 4))
    monkeypatch.setattr(site_module, "MAX_BYTES", 5000)
    html = build_p1_pages(project)["pictures.html"]
    assert set(re.findall(r'webp" width="(\d+)"', html)) == {"4"}
    assert "MB of pictures at 16 px" in caplog.text
