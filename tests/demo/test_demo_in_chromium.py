"""The demo in a real browser: drawn on with mouse and pen, answered while it is."""

from __future__ import annotations

import asyncio
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser import Browser, browser
from PIL import Image
from tiny_demo import served, trained

from benchmarks.sketch import FACE, placed
from s2f_core.demo.queue import BusyError, Desk

SUPERSEDED = "status of 409"  # what a browser says of a drawing that a newer one overtook
RUNTIME = Path(__file__).parents[2] / "data" / "assets" / "onnxruntime-web"
PICTURES = "[...document.querySelectorAll('.card canvas')].map((one) => one.toDataURL())"
SHEET = "document.getElementById('board').toDataURL()"
SETTLED = (
    "document.querySelectorAll('.card').length && "
    "[...document.querySelectorAll('.card')].every((one) => /in all/.test(one.textContent)) && "
    "!document.querySelector('.card[aria-busy=true]')"
)
INK = (
    "(() => { const data = document.getElementById('board').getContext('2d')"
    ".getImageData(0, 0, 512, 512).data; let ink = 0;"
    "for (let at = 0; at < data.length; at += 4) ink += data[at] < 128; return ink; })()"
)
PIXELS = (
    "[...document.querySelectorAll('.card canvas')].map((one) => "
    "[...one.getContext('2d').getImageData(0, 0, one.width, one.height).data])"
)
SUM = "(a, b) => a + +b"
SECONDS = 20.0

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a demo of three tiny models."""
    root = trained(tmp_path_factory.mktemp("demo"))
    if RUNTIME.is_dir():
        shutil.copytree(RUNTIME, root / "assets" / RUNTIME.name)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("S2F_CACHE", str(tmp_path_factory.mktemp("cache")))
        with served(root) as address:
            yield address


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One browser for all tests."""
    with browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture
def page(server: str, chromium: Browser) -> Browser:
    """The demo, freshly opened in a window of a desk."""
    return _opened(chromium, server)


def _opened(chromium: Browser, address: str) -> Browser:
    chromium.visit("about:blank")  # what the page before still did is heard of by then
    chromium.errors.clear()
    chromium.requests.clear()
    chromium.look(1280, 1100)
    chromium.visit(address)
    chromium.until(
        "!document.querySelector('main').hidden && !document.querySelector('#examples').hidden"
    )
    return chromium


def _place(page: Browser) -> tuple[float, float, float]:
    left, top, side = page.run(
        "(() => { const box = document.getElementById('board').getBoundingClientRect();"
        "return [box.left, box.top, box.width]; })()"
    )
    return left, top, side


def _across(page: Browser, height: float, pen: str = "mouse") -> None:
    """A line over the sheet."""
    points = [(0.1 + 0.08 * at, height) for at in range(11)]
    page.stroke(placed(points, *_place(page)), pen)


def _pictures(page: Browser, other: object = None) -> object:
    """The models' pictures, as soon as they are there, and are others than these."""
    page.until(SETTLED)
    until = time.monotonic() + SECONDS
    while (found := page.run(PICTURES)) == other:
        assert time.monotonic() < until, "the pictures do not change"
        page.until(SETTLED)
    return found


def _click(page: Browser, name: str) -> None:
    page.run(f"document.getElementById({name!r}).click()")


def test_a_face_is_answered_stroke_by_stroke(page: Browser) -> None:
    """Every model's picture changes with the drawing; its milliseconds are told."""
    seen: list[object] = []
    for _, _, points in FACE[-8:]:
        page.stroke(placed(points, *_place(page)))
        seen.append(_pictures(page, seen[-1] if seen else None))
    assert len({str(one) for one in seen}) == len(seen)
    names = "[...document.querySelectorAll('.card h3')].map((one) => one.textContent)"
    assert page.run(names) == ["lines", "noisy"]
    page.until("document.querySelectorAll('#hints tr').length === 8")
    summary = page.run("document.getElementById('summary').textContent")
    assert "Unlike what lines learned from" in summary
    assert [error for error in page.errors if SUPERSEDED not in error] == []


def test_what_was_done_is_undone(page: Browser) -> None:
    """By button and by keys, and done again; the sheet and the pictures are as they were."""
    _across(page, 0.3)
    one, drawn = _pictures(page), page.run(SHEET)
    _across(page, 0.7)
    both = _pictures(page, one)
    page.chord("z")
    assert _pictures(page, both) == one
    assert page.run(SHEET) == drawn
    page.chord("y")
    assert _pictures(page, one) == both
    _click(page, "clear")
    page.until("document.querySelectorAll('.card.blank').length === 2")
    assert page.run(INK) == 0
    _click(page, "undo")
    assert _pictures(page) == both


def test_the_eraser_leaves_paper(page: Browser) -> None:
    """Over the whole line with a wide one."""
    _across(page, 0.5)
    before = page.run(INK)
    assert before > 512
    page.run("document.querySelector('[value=eraser]').click()")
    page.run("document.getElementById('width').value = 16")
    page.run("document.getElementById('width').dispatchEvent(new Event('input'))")
    _across(page, 0.5)
    assert page.run(INK) < before / 20


def test_a_pen_that_presses_draws_wider(page: Browser) -> None:
    """Than the mouse, which knows no pressure."""
    _across(page, 0.3)
    mouse = page.run(INK)
    _across(page, 0.7, "pen")
    assert page.run(INK) - mouse > 1.4 * mouse


def test_colours_and_widths_are_drawn_with(page: Browser) -> None:
    """A light grey line is no dark one."""
    page.run("document.querySelectorAll('#palette input')[3].click()")
    _across(page, 0.5)
    assert page.run(INK) == 0
    assert page.run("document.getElementById('clear').disabled") is False


def test_drawing_and_picture_are_saved(page: Browser, tmp_path: Path) -> None:
    """As PNG files, of the sheet's and of the model's size."""
    page.send("Page.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    _across(page, 0.5)
    _pictures(page)
    page.run("document.getElementById('save').click()")
    page.run("document.querySelector('.card button').click()")
    for name, side in (("drawing.png", 512), ("lines.png", 16)):
        until = time.monotonic() + SECONDS
        while not (tmp_path / name).exists():
            assert time.monotonic() < until, f"{name} is not saved"
            page.run("1")
        with Image.open(tmp_path / name) as saved:
            assert saved.size == (side, side)
            assert np.asarray(saved.convert("L")).std() > 1


def test_an_example_is_a_drawing_to_go_on_from(page: Browser) -> None:
    """It lies on the sheet, is answered, and can be undone."""
    page.run("document.querySelector('#examples button').click()")
    page.until(f"{INK} > 1000")
    _pictures(page)
    page.chord("z")
    assert page.run(INK) == 0


def test_another_sample_is_another_picture(page: Browser) -> None:
    """Of a model that takes noise alone, without a sheet."""
    page.run("document.querySelector('[name=kind][value=noise]').click()")
    first = _pictures(page)
    assert page.run("document.getElementById('drawing').hidden")
    page.press("n")
    _pictures(page, first)
    assert page.run("document.getElementById('seed').value") == "1"


NOTE = "document.querySelector('.card .ms').textContent"
SILENT = (
    "(() => { const real = window.fetch; let left = 1;"
    "window.fetch = (path, ...rest) => path.startsWith('/api/picture') && left-- > 0"
    " ? Promise.reject(new TypeError('gone')) : real(path, ...rest); })()"
)


def test_a_page_that_is_refused_asks_again(page: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the server says so, with what it said on the card; also where nobody answered."""
    _across(page, 0.3)
    before = _pictures(page)
    do, left, done = Desk.do, [4], threading.Event()

    async def busy(self: Desk, client: str, key: Any, *rest: Any) -> Any:
        if len(key) == 2 and left[0]:
            left[0] -= 1
            raise BusyError
        if not done.is_set() and len(key) == 2:
            await asyncio.to_thread(done.wait, 10)
        return await do(self, client, key, *rest)

    monkeypatch.setattr(Desk, "do", busy)
    _across(page, 0.6)
    page.until(f"/drawings are waiting already/.test({NOTE})")
    done.set()
    drawn = _pictures(page, before)
    assert left == [0]
    page.run(SILENT)
    _across(page, 0.9)
    page.until(f"/does not answer; asking again/.test({NOTE})")
    _pictures(page, drawn)
    page.errors[:] = [error for error in page.errors if "status of 503" not in error]
    assert page.errors == []


def test_a_browser_computes_what_the_server_does(server: str, chromium: Browser) -> None:
    """Within the rounding of 8 bits, noise included; no drawing is sent."""
    if not RUNTIME.is_dir():
        pytest.skip("no onnxruntime-web here: s2f fetch onnxruntime-web")
    found = []
    for address in (server, f"{server}/browser"):
        page = _opened(chromium, address)
        _across(page, 0.4)
        _pictures(page)
        found.append(np.asarray(page.run(PIXELS), dtype=int))
        posted = [one for one in page.requests if "/api/picture" in one]
        assert bool(posted) == (address == server)
        assert page.errors == []
    assert found[0].shape == (2, 16 * 16 * 4)
    assert np.abs(found[0] - found[1]).max() <= 1
    assert found[0].std() > 5


def test_nothing_from_elsewhere_and_nothing_to_the_side(server: str, chromium: Browser) -> None:
    """Every request is to the server; a phone scrolls down alone; both schemes have contrast."""
    page = _opened(chromium, server)
    _across(page, 0.5)
    _pictures(page)
    for width in (1280, 360):
        page.look(width)
        assert page.run("document.documentElement.scrollWidth") <= width
    for scheme in ("light", "dark"):
        page.look(1280, scheme=scheme)
        colours = [
            page.run(f"getComputedStyle(document.body).{one}.match(/\\d+/g).reduce({SUM}, 0)")
            for one in ("color", "backgroundColor")
        ]
        assert abs(colours[0] - colours[1]) > 500
    assert [one for one in page.requests if not one.startswith((server, "data:", "blob:"))] == []
    assert page.errors == []
