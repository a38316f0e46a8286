"""The demo's response time: a face is drawn in a real Chromium, one model at a time.

``python -m benchmarks.demo [NAME …] [--csv FILE]``. Milliseconds from a pointer's event to the
picture that shows it, and the model's share of them: the least, the median and the 95th percentile.
On the server, where a face is also aligned, and in the browser where ``s2f fetch onnxruntime-web``
was run. Needs Chromium, the dev extra, and models that are trained.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from benchmarks.sketch import Stroke, placed, read_strokes
from benchmarks.table import Table, arguments

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "helpers"))
from browser import Browser, browser
from demo_page import canvas_box, open_page

COLUMNS = {
    "model": "",
    "pixels": "",
    "computed": "",
    "model, ms": ".1f",
    "least, ms": ".0f",
    "pen to picture, ms": ".0f",
    "slowest of 20, ms": ".0f",
    "pictures": ".0f",
}
PLACE = (0.1, 0.25, 0.7)  # left, top and side of the face on the canvas: it has to be aligned
READY = "document.querySelector('.card') && !document.querySelector('.card[aria-busy=true]')"
NOTE = (
    "window.times = []; document.addEventListener('pictureshown', ({detail}) => {"
    " times.push([detail.ms, detail.totalMs]); })"
)
RUNTIME = Path("data/assets/onnxruntime-web")


def main() -> None:
    """Print a row for each model and place."""
    parser = arguments(__doc__)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    with open_demo(options.names) as (page, address), Table(COLUMNS, options.csv) as table:
        for where in ("server", "browser") if RUNTIME.is_dir() else ("server",):
            _measure(page, address if where == "server" else f"{address}browser", where, table)


def _measure(page: Browser, address: str, where: str, table: Table) -> None:
    open_page(page, address)
    names = page.run("[...document.querySelectorAll('[name=model]')].map((one) => one.value)")
    for name in names:
        _choose(page, name)
        face = [(width, placed(points, *PLACE)) for width, points in read_strokes()]
        draw(page, face[-2:])  # until then a model is exported, or loaded
        page.until(READY)
        page.run(NOTE)
        draw(page, face)
        page.until(READY)
        times = np.asarray(page.run("times"))
        size = page.run("document.querySelector('.card canvas').width")
        own, answer = np.median(times, axis=0)
        least, slowest = times[:, 1].min(), np.quantile(times[:, 1], 0.95)
        table.add(name, str(size), where, own, least, answer, slowest, len(times))
        page.run("document.getElementById('clear').click()")


def _choose(page: Browser, name: str) -> None:
    """One model alone."""
    page.run(
        "for (const one of document.querySelectorAll('[name=model]'))"
        f" if (one.checked !== (one.value === {name!r})) one.click()"
    )


def draw(page: Browser, strokes: Sequence[Stroke]) -> None:
    """Draw strokes with the mouse, in their widths."""
    left, top, side = canvas_box(page)
    for width, points in strokes:
        page.run(f"document.getElementById('width').value = {width}")
        page.run("document.getElementById('width').dispatchEvent(new Event('input'))")
        page.stroke(placed(points, left, top, side))


@contextmanager
def open_demo(names: Sequence[str]) -> Iterator[tuple[Browser, str]]:
    """The page of a demo of these models, opened, and its address."""
    with (
        tempfile.TemporaryDirectory() as home,
        _serve(names) as address,
        browser(Path(home)) as page,
    ):
        yield open_page(page, address), address


@contextmanager
def _serve(names: Sequence[str]) -> Iterator[str]:
    """The address of a demo in a process of its own."""
    command = [sys.executable, "-u", "-m", "stages.demo", "--port", "0", *names]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            if "http" not in line:
                sys.exit("the demo did not start")
            yield line.split()[-1]
        finally:
            process.terminate()


if __name__ == "__main__":
    main()
