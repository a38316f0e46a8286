"""The demo's page with a model for people's drawings: on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from browser import Browser
from demo_page import INK, canvas_box, open_page, wait_for_pictures
from tiny_demo import PALETTES, add_drawing_model, make_data_folder, running_server

from benchmarks.sketch import placed, read_strokes

NAMES = "[...document.querySelectorAll('.card h3')].map((title) => title.textContent)"
EXAMPLES = "document.getElementById('examples-source').textContent"
COLOURS = "[...document.querySelectorAll('#colours [type=color]')].map((input) => input.value)"
PICTURE_BOX = (
    "(() => { const box = document.querySelector('.picture').getBoundingClientRect();"
    " return [box.left, box.top, box.width]; })()"
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a demo of four tiny models, of which one is for people's drawings."""
    root = make_data_folder(tmp_path_factory.mktemp("demo") / "data")
    add_drawing_model(root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("S2F_CACHE", str(tmp_path_factory.mktemp("cache")))
        with running_server(root) as address:
            yield address


def test_the_page_opens_on_the_model_for_peoples_drawings(address: str, chromium: Browser) -> None:
    """It is alone; its picture is as large as the canvas and beside it; others can be ticked."""
    page = open_page(chromium, address)
    page.look(1280, 800)
    assert page.run(NAMES) == ["mixed"]
    names = "[...document.querySelectorAll('[name=model]')].map((one) => one.value)"
    assert page.run(names) == ["mixed", "lines", "noisy"]
    assert page.run(EXAMPLES) == "Drawings by people"
    (left, top, side), (x, y, width) = canvas_box(page), page.run(PICTURE_BOX)
    assert x > left + side
    assert max(top + side, y + width) <= 800
    assert min(side, width) > 450
    page.run("document.querySelector('[name=model][value=lines]').click()")
    assert page.run(NAMES) == ["mixed", "lines"]
    page.run("document.querySelector('[name=model][value=mixed]').click()")
    page.until(f"{EXAMPLES}.startsWith('Test images')")


def test_the_colours_are_those_of_the_seed_until_a_person_chooses(
    address: str, chromium: Browser
) -> None:
    """Picture and colours change together; models without colours do not show them."""
    page = open_page(chromium, address)
    page.stroke(placed(read_strokes()[0][1], *canvas_box(page)))
    pictures = [wait_for_pictures(page)]
    assert page.run(COLOURS) == PALETTES[0].split(",")
    for selector, value in (("#seed", 4), ("#colours [title=hair]", "#ff0000")):
        page.run(
            f"(() => {{ const one = document.querySelector('{selector}'); one.value = '{value}';"
            " one.dispatchEvent(new Event('input', { bubbles: true })); })()"
        )
        pictures.append(wait_for_pictures(page, pictures[-1]))
    assert page.run(COLOURS) == ["#f0e0d0", "#ff0000", "#f0e0d0", "#f0e0d0"]
    assert len({str(picture) for picture in pictures}) == 3
    page.run("document.querySelector('[name=model][value=lines]').click()")
    page.run("document.querySelector('[name=model][value=mixed]').click()")
    page.until("document.getElementById('colours').hidden")
    assert page.errors == []


def test_a_face_drawn_with_a_finger_on_a_phone_changes_the_picture(
    address: str, chromium: Browser
) -> None:
    """With every stroke; the page does not scroll, and canvas and picture are in the window."""
    page = open_page(chromium, address)
    page.look(390, 844)
    page.run("window.scrollTo(0, 0)")
    picture = None
    for _, points in read_strokes():
        page.touch(placed(points, *canvas_box(page)))
        picture = wait_for_pictures(page, picture)
    assert page.run("window.scrollY") == 0
    assert page.run("document.documentElement.scrollWidth") <= 390
    assert page.run(INK) > 3000
    (_, top, side), (_, y, width) = canvas_box(page), page.run(PICTURE_BOX)
    assert top + side < y
    assert y + width <= 844
    assert min(side, width) > 190
    assert page.errors == []
