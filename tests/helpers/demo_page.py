"""The demo's page in a browser: open it, find its canvas, wait for its pictures."""

from __future__ import annotations

import time

from browser import Browser

PICTURES = "[...document.querySelectorAll('.card canvas')].map((canvas) => canvas.toDataURL())"
DRAWING = "document.getElementById('canvas').toDataURL()"
SETTLED = (
    "document.querySelectorAll('.card').length && "
    "[...document.querySelectorAll('.card')].every((card) => /total/.test(card.textContent)) && "
    "!document.querySelector('.card[aria-busy=true]')"
)
INK = (
    "(() => { const data = document.getElementById('canvas').getContext('2d')"
    ".getImageData(0, 0, 512, 512).data; let ink = 0;"
    "for (let i = 0; i < data.length; i += 4) ink += data[i] < 128; return ink; })()"
)
TIMEOUT = 20.0  # seconds


def open_page(chromium: Browser, address: str) -> Browser:
    """Open the demo in a desktop window, and wait for its examples."""
    chromium.visit("about:blank")  # events of the previous page arrive before it has loaded
    chromium.errors.clear()
    chromium.requests.clear()
    chromium.look(1280, 1100)
    chromium.visit(address)
    chromium.until(
        "!document.querySelector('main').hidden && !document.querySelector('#examples').hidden"
    )
    return chromium


def canvas_box(page: Browser) -> tuple[float, float, float]:
    """The left, the top and the side of the canvas in the window."""
    left, top, side = page.run(
        "(() => { const box = document.getElementById('canvas').getBoundingClientRect();"
        "return [box.left, box.top, box.width]; })()"
    )
    return left, top, side


def wait_for_pictures(page: Browser, previous: object = None) -> object:
    """Wait until all cards have pictures other than the previous ones; return them."""
    page.until(SETTLED)
    until = time.monotonic() + TIMEOUT
    while (pictures := page.run(PICTURES)) == previous:
        assert time.monotonic() < until, "the pictures do not change"
        page.until(SETTLED)
    return pictures


def click(page: Browser, name: str) -> None:
    """Click the element of an id."""
    page.run(f"document.getElementById({name!r}).click()")
