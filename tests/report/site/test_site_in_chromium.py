"""The site in a real browser: keys, widths, colours, and nothing asked of anybody else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from browser import Browser, browser
from report_project import Project, build_pages, figure_values

from s2f_core.report.site.studies import Study, StudyRow

NAMES = {"plain": 0.55, "sharp": 0.7, "third": 0.4}
WIDTHS = (1280, 320)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site of three translations of the same faces, one study, names that ask for escaping."""
    noise = np.random.default_rng(0)
    photos = noise.integers(0, 256, (12, 16, 16, 3), dtype=np.uint8)
    project = Project(tmp_path_factory.mktemp("site"), photos, {"pencil": photos[..., :1]})
    for place, (name, ssim) in enumerate(NAMES.items(), 1):
        kid = 0.1 - 0.02 * place
        project.write_translation(
            name, name, photos // (place + 1), figure_values(120.0, kid, ssim, 15.0, 0.12)
        )
        project.write_variant(name, np.concatenate(photos[:4], axis=1))
    rows = (StudyRow(name="Pix2Pix", published={"fid": 142.44}, ours="plain"),)
    study = Study(title="</script><b>", citation="2020", setting="CelebA", rows=rows)
    build_pages(project, list(NAMES), {"P1": study})
    return project.root / "report"


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One browser for all tests."""
    with browser(tmp_path_factory.mktemp("profile")) as page:
        yield page


def test_pages_load_nothing_from_outside(folder: Path, chromium: Browser) -> None:
    """There is no error in the console and no sideways scrolling at any width."""
    chromium.errors.clear()
    chromium.requests.clear()
    for page in sorted(folder.rglob("*.html")):
        chromium.open(page)
        for width in WIDTHS:
            chromium.look(width)
            wide = chromium.run("document.documentElement.scrollWidth")
            assert wide <= width, (page.name, width)
        broken = "[...document.images].filter((i) => i.complete && i.src && !i.naturalWidth).length"
        assert chromium.run(broken) == 0
    assert chromium.errors == []
    base = folder.as_uri()
    requests = {one for one in chromium.requests if not one.startswith(("about:", "data:"))}
    assert len(requests) > 8
    assert [one for one in requests if not one.startswith(base)] == []


def test_a_phone_shows_a_face_on_the_first_screen(folder: Path, chromium: Browser) -> None:
    """Whole and loaded, three in a row; a desktop shows all."""
    boxes = "[...document.querySelectorAll('.triples img')].map((i) => i.getBoundingClientRect())"
    for width, height, shown in ((390, 844, 9), (1280, 800, 18)):
        chromium.look(width, height)
        chromium.open(folder / "index.html")
        ends = chromium.run(f"{boxes}.map((box) => [box.top, box.bottom, box.left, box.width])")
        inside = [box for box in ends if box[0] >= 0 and box[1] <= height]
        assert len(ends) == 18
        assert len(inside) >= shown
        assert len({box[0] for box in ends[:3]}) == (1 if width == 390 else 3)
        assert min(box[3] for box in ends) > 100
        loaded = "[...document.querySelectorAll('.triples img')].every((i) => i.naturalWidth)"
        assert chromium.run(loaded)


def test_colours_follow_the_system(folder: Path, chromium: Browser) -> None:
    """Colours follow the system."""
    colour = "getComputedStyle(document.body).{}.match(/\\d+/g).reduce((a, b) => a + +b, 0)"
    for scheme, darker in (("light", "color"), ("dark", "backgroundColor")):
        chromium.look(1280, scheme=scheme)
        chromium.open(folder / "index.html")
        sums = {one: chromium.run(colour.format(one)) for one in ("color", "backgroundColor")}
        assert min(sums, key=lambda one: sums[one]) == darker
        assert abs(sums["color"] - sums["backgroundColor"]) > 500


def test_keys_sort_a_leaderboard(folder: Path, chromium: Browser) -> None:
    """Best first, then the other way; baselines stay below, and the heading has the order."""
    chromium.open(folder / "index.html")
    table = "document.querySelector('table.board')"
    names = f"[...{table}.querySelectorAll('.translation tr:not(.group) th a')].map((a) => a.text)"
    assert chromium.run(names) == ["third", "sharp", "plain"]
    heads = f"[...{table}.querySelectorAll('th[data-sort]')]"
    ssim = f"{heads}.find((head) => head.textContent.includes('SSIM'))"
    chromium.run(f"{ssim}.querySelector('button.sort').focus()")
    chromium.press("Enter")
    assert chromium.run(names) == ["sharp", "plain", "third"]
    assert chromium.run(f"{ssim}.getAttribute('aria-sort')") == "descending"
    chromium.press(" ")
    assert chromium.run(names) == ["third", "plain", "sharp"]
    assert chromium.run(f"{table}.querySelectorAll('th[aria-sort]').length") == 1
    bodies = f"[...{table}.tBodies].map((body) => body.className)"
    assert chromium.run(bodies) == ["translation", "baseline", "floor"]
    firsts = f"[...{table}.tBodies].every((body) => body.rows[0].className === 'group')"
    assert chromium.run(firsts)


def test_keys_open_and_close_a_footnote(folder: Path, chromium: Browser) -> None:
    """Keys open and close a footnote."""
    chromium.open(folder / "variants" / "plain.html")
    chromium.run("document.querySelector('button.info').focus()")
    state = "document.querySelector('.how:popover-open')?.textContent ?? ''"
    assert chromium.run(state) == ""
    chromium.press("Enter")
    assert "What KID measures" in chromium.run(state)
    chromium.press("Enter")
    assert chromium.run(state) == ""


def test_keys_move_the_slider(folder: Path, chromium: Browser) -> None:
    """At its ends one image covers the other; a step is a hundredth, and is announced."""
    chromium.look(375)
    chromium.open(folder / "compare.html", "#plain&third")
    names = "[$('one').value, $('other').value, $('image-one').alt]"
    assert chromium.run(names) == ["plain", "third", "plain of held-out image face-00000"]
    chromium.run("$('divide').focus()")
    state = "[getComputedStyle($('image-one')).clipPath, $('divide').ariaValueText]"
    chromium.press("ArrowRight", "ArrowRight")
    assert chromium.run(state) == ["inset(0px 48% 0px 0px)", "52 % plain"]
    chromium.press("Home")
    assert chromium.run(state)[0] == "inset(0px 100% 0px 0px)"
    chromium.press("End")
    assert chromium.run(state) == ["inset(0px 0% 0px 0px)", "100 % plain"]


def test_another_choice_shows_another_pair(folder: Path, chromium: Browser) -> None:
    """Images, figures, difference and address follow; no translation is compared with itself."""
    chromium.open(folder / "compare.html", "#plain&third")
    row = "[...$('scores').tBodies[0].rows].find((row) => row.textContent.includes('SSIM'))"
    cells = f"[...{row}.cells].map((cell) => cell.textContent)"
    before = chromium.run(cells)
    assert before[4] == "better"
    chromium.run("$('one').value = 'sharp'; $('one').dispatchEvent(new Event('change'))")
    after = chromium.run(cells)
    assert after[1] != before[1]
    assert after[4] == "better"
    assert chromium.run("location.hash") == "#sharp&third"
    chromium.run("$('one').value = 'third'; $('one').dispatchEvent(new Event('change'))")
    assert chromium.run("$('other').value") != "third"
    assert "third" not in chromium.run("[...$('other').options].map((one) => one.value)")
    source = chromium.run("$('image-one').getAttribute('src')")
    chromium.run("$('face').value = '3'; $('face').dispatchEvent(new Event('change'))")
    assert chromium.run("$('image-one').getAttribute('src')") != source
    assert chromium.errors == []
