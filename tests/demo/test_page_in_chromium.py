"""The demo's page in a real browser: drawing, tools, pictures, hints."""

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
from browser import Browser
from demo_page import (
    DRAWING,
    INK,
    TIMEOUT,
    canvas_box,
    click,
    open_page,
    wait_for_pictures,
)
from PIL import Image
from tiny_demo import make_data_folder, running_server

from benchmarks.sketch import placed, read_strokes
from s2f_core.demo.queue import FairQueue, QueueFullError

SUPERSEDED = "status of 409"  # the console message when a newer drawing replaced one
RUNTIME = Path(__file__).parents[2] / "data" / "assets" / "onnxruntime-web"
PIXELS = (
    "[...document.querySelectorAll('.card canvas')].map((canvas) => "
    "[...canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data])"
)
SUM = "(a, b) => a + +b"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a demo of three tiny models."""
    root = make_data_folder(tmp_path_factory.mktemp("demo"))
    if RUNTIME.is_dir():
        shutil.copytree(RUNTIME, root / "assets" / RUNTIME.name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("S2F_CACHE", str(tmp_path_factory.mktemp("cache")))
        with running_server(root) as address:
            yield address


@pytest.fixture
def page(server: str, chromium: Browser) -> Browser:
    """The demo, freshly opened in a desktop window."""
    return open_page(chromium, server)


def _draw_line(page: Browser, height: float, pen: str = "mouse") -> None:
    """Draw a horizontal line across the canvas."""
    points = [(0.1 + 0.08 * step, height) for step in range(11)]
    page.stroke(placed(points, *canvas_box(page)), pen)


def test_each_stroke_of_a_face_changes_the_pictures(page: Browser) -> None:
    """The hints and the cards' times follow."""
    pictures: list[object] = []
    for _, points in read_strokes()[:6]:
        page.stroke(placed(points, *canvas_box(page)))
        pictures.append(wait_for_pictures(page, pictures[-1] if pictures else None))
    assert len({str(picture) for picture in pictures}) == len(pictures)
    names = "[...document.querySelectorAll('.card h3')].map((title) => title.textContent)"
    assert page.run(names) == ["lines", "noisy"]
    summary = "document.getElementById('summary').textContent"
    page.until(f"{summary}.includes('differs from the training drawings of lines')")
    assert page.run("document.querySelectorAll('#hints tr').length") == 8
    assert [error for error in page.errors if SUPERSEDED not in error] == []


def test_undo_and_redo_restore_drawing_and_pictures(page: Browser) -> None:
    """By keys and by button, a cleared canvas included."""
    _draw_line(page, 0.3)
    one, drawing = wait_for_pictures(page), page.run(DRAWING)
    _draw_line(page, 0.7)
    both = wait_for_pictures(page, one)
    page.chord("z")
    assert wait_for_pictures(page, both) == one
    assert page.run(DRAWING) == drawing
    page.chord("y")
    assert wait_for_pictures(page, one) == both
    click(page, "clear")
    page.until("document.querySelectorAll('.card.blank').length === 2")
    assert page.run(INK) == 0
    click(page, "undo")
    assert wait_for_pictures(page) == both


def test_eraser_removes_ink(page: Browser) -> None:
    """A wide eraser along the whole line."""
    _draw_line(page, 0.5)
    before = page.run(INK)
    assert before > 512
    page.run("document.querySelector('[value=eraser]').click()")
    page.run("document.getElementById('width').value = 16")
    page.run("document.getElementById('width').dispatchEvent(new Event('input'))")
    _draw_line(page, 0.5)
    assert page.run(INK) < before / 20


def test_pen_pressure_widens_the_line(page: Browser) -> None:
    """Compared with the mouse, which has no pressure."""
    _draw_line(page, 0.3)
    mouse = page.run(INK)
    _draw_line(page, 0.7, "pen")
    assert page.run(INK) - mouse > 1.4 * mouse


def test_palette_colour_is_used(page: Browser) -> None:
    """A light grey line has no dark pixels."""
    page.run("document.querySelectorAll('#palette input')[3].click()")
    _draw_line(page, 0.5)
    assert page.run(INK) == 0
    assert page.run("document.getElementById('clear').disabled") is False


def test_drawing_and_picture_are_saved(page: Browser, tmp_path: Path) -> None:
    """As PNG files of the canvas's and of the model's size."""
    page.send("Page.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    _draw_line(page, 0.5)
    wait_for_pictures(page)
    page.run("document.getElementById('save').click()")
    page.run("document.querySelector('.card button').click()")
    for name, side in (("drawing.png", 512), ("lines.png", 16)):
        until = time.monotonic() + TIMEOUT
        while not (tmp_path / name).exists():
            assert time.monotonic() < until, f"{name} is not saved"
            page.run("1")
        with Image.open(tmp_path / name) as saved:
            assert saved.size == (side, side)
            assert np.asarray(saved.convert("L")).std() > 1


def test_example_is_placed_on_the_canvas(page: Browser) -> None:
    """The models translate it, and it can be undone."""
    page.run("document.querySelector('#examples button').click()")
    page.until(f"{INK} > 1000")
    wait_for_pictures(page)
    page.chord("z")
    assert page.run(INK) == 0


@pytest.mark.parametrize(
    ("paper", "ink", "note"),
    [
        ("#f0d65c", "#333", ""),
        ("transparent", "white", "drop.png: light ink on dark paper was inverted."),
    ],
)
def test_a_dropped_drawing_loses_its_paper(page: Browser, paper: str, ink: str, note: str) -> None:
    """Yellow paper becomes white; white ink on a transparent page becomes dark, and is told."""
    page.run(
        "(async () => { const sheet = new OffscreenCanvas(800, 600), pen = sheet.getContext('2d');"
        f"pen.fillStyle = '{paper}'; if ('{paper}' !== 'transparent') pen.fillRect(0, 0, 800, 600);"
        f"pen.fillStyle = '{ink}'; pen.fillRect(200, 290, 400, 20);"
        "const files = new DataTransfer();"
        "files.items.add(new File([await sheet.convertToBlob()], 'drop.png', {type: 'image/png'}));"
        "document.getElementById('canvas-frame').dispatchEvent("
        "new DragEvent('drop', {dataTransfer: files, bubbles: true})); })()"
    )
    page.until(f"{INK} > 1000")
    assert page.run(INK) == pytest.approx(256 * 13, rel=0.2)
    summary = "document.getElementById('summary').textContent"
    page.until(f"{summary}.includes('differs')")
    assert page.run(summary).startswith(note or "Your drawing differs")


def test_next_sample_is_another_picture(page: Browser) -> None:
    """Of a model that takes noise alone and shows no canvas."""
    page.run("document.querySelector('[name=canvas][value=noise]').click()")
    first = wait_for_pictures(page)
    assert page.run("document.getElementById('drawing').hidden")
    page.press("n")
    wait_for_pictures(page, first)
    assert page.run("document.getElementById('seed').value") == "1"


STATUS = "document.querySelector('.card .status').textContent"
FAIL_ONE_REQUEST = (
    "(() => { const real = window.fetch; let left = 1;"
    "window.fetch = (path, ...rest) => path.startsWith('/api/picture') && left-- > 0"
    " ? Promise.reject(new TypeError('gone')) : real(path, ...rest); })()"
)


def test_page_retries_failed_requests(page: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a 503, with its message on the card, and after a lost connection."""
    _draw_line(page, 0.3)
    before = wait_for_pictures(page)
    run, remaining, resume = FairQueue.run, [4], threading.Event()

    async def busy(self: FairQueue, client: str, key: Any, *rest: Any) -> Any:
        if len(key) == 2 and remaining[0]:
            remaining[0] -= 1
            raise QueueFullError
        if not resume.is_set() and len(key) == 2:
            await asyncio.to_thread(resume.wait, 10)
        return await run(self, client, key, *rest)

    monkeypatch.setattr(FairQueue, "run", busy)
    _draw_line(page, 0.6)
    page.until(f"/requests are waiting/.test({STATUS})")
    resume.set()
    after = wait_for_pictures(page, before)
    assert remaining == [0]
    page.run(FAIL_ONE_REQUEST)
    _draw_line(page, 0.9)
    page.until(f"/does not answer; trying again/.test({STATUS})")
    wait_for_pictures(page, after)
    page.errors[:] = [error for error in page.errors if "status of 503" not in error]
    assert page.errors == []


@pytest.mark.parametrize("mirror", [False, True])
def test_browser_and_server_give_the_same_pictures(
    server: str, chromium: Browser, mirror: bool
) -> None:
    """Within the rounding of 8 bits, noise included; the browser sends no drawing."""
    if not RUNTIME.is_dir():
        pytest.skip("onnxruntime-web is not installed: s2f fetch onnxruntime-web")
    pictures = []
    for address in (server, f"{server}/browser"):
        page = open_page(chromium, address)
        if mirror:
            page.run("document.getElementById('mirror').click()")
        _draw_line(page, 0.4)
        wait_for_pictures(page)
        pictures.append(np.asarray(page.run(PIXELS), dtype=int))
        posted = [url for url in page.requests if "/api/picture" in url]
        assert bool(posted) == (address == server)
        assert page.errors == []
    assert pictures[0].shape == (2, 16 * 16 * 4)
    assert np.abs(pictures[0] - pictures[1]).max() <= 1
    assert pictures[0].std() > 5


def test_page_is_self_contained_and_fits_any_window(server: str, chromium: Browser) -> None:
    """Only requests to the server, no horizontal scrolling, contrast in light and dark."""
    page = open_page(chromium, server)
    _draw_line(page, 0.5)
    wait_for_pictures(page)
    for width in (1280, 360):
        page.look(width)
        assert page.run("document.documentElement.scrollWidth") <= width
    for scheme in ("light", "dark"):
        page.look(1280, scheme=scheme)
        colours = [
            page.run(f"getComputedStyle(document.body).{name}.match(/\\d+/g).reduce({SUM}, 0)")
            for name in ("color", "backgroundColor")
        ]
        assert abs(colours[0] - colours[1]) > 500
    own = (server, "data:", "blob:")
    assert [url for url in page.requests if not url.startswith(own)] == []
    assert page.errors == []
