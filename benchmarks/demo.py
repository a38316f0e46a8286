"""The demo's response time: a face is drawn in a real Chromium, one model at a time.

``python -m benchmarks.demo [NAME …] [--csv FILE] [--picture FILE]``. Milliseconds from a pointer's
event to the picture that shows it, and the model's share of them: medians and the 95th
percentile. On the server, and in the browser where ``s2f fetch onnxruntime-web`` was
run. ``--picture`` writes what the page looks like with the face on it. Needs Chromium, the dev
extra, and models that are trained.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.sketch import FACE, Stroke, placed
from benchmarks.table import Table, arguments

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "helpers"))
from browser import Browser, browser

COLUMNS = {
    "model": "",
    "pixels": "",
    "computed": "",
    "model, ms": ".1f",
    "pen to picture, ms": ".0f",
    "slowest of 20, ms": ".0f",
    "pictures": ".0f",
}
MEASURED = 12  # strokes
WINDOW = (1280, 1240)
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
    parser.add_argument("--picture", type=Path, metavar="FILE")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as home,
        _serve(options.names) as address,
        browser(Path(home)) as page,
    ):
        if options.picture:
            _open(page, address)
            _draw(page)
            page.until(READY)
            page.until("document.querySelectorAll('#hints tr').length > 0")
            page.shot(options.picture)
            _pack(options.picture)
        with Table(COLUMNS, options.csv) as table:
            for where in ("server", "browser") if RUNTIME.is_dir() else ("server",):
                _measure(page, address if where == "server" else f"{address}browser", where, table)


def _pack(picture: Path) -> None:
    """The PNG in 256 colours, less than half as large."""
    with Image.open(picture) as shot:
        packed = shot.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    packed.save(picture, optimize=True)


def _measure(page: Browser, address: str, where: str, table: Table) -> None:
    _open(page, address)
    names = page.run("[...document.querySelectorAll('[name=model]')].map((one) => one.value)")
    for name in names:
        _choose(page, name)
        _draw(page, FACE[-2:])  # until then a model is exported, or loaded
        page.until(READY)
        page.run(NOTE)
        _draw(page, FACE[-MEASURED:])
        page.until(READY)
        times = np.asarray(page.run("times"))
        size = page.run("document.querySelector('.card canvas').width")
        own, answer = np.median(times, axis=0)
        table.add(name, str(size), where, own, answer, np.quantile(times[:, 1], 0.95), len(times))
        page.run("document.getElementById('clear').click()")


def _open(page: Browser, address: str) -> None:
    page.look(*WINDOW)
    page.visit(address)
    page.until("document.querySelector('.card') && !document.querySelector('#examples').hidden")


def _choose(page: Browser, name: str) -> None:
    """One model alone."""
    page.run(
        "for (const one of document.querySelectorAll('[name=model]'))"
        f" if (one.checked !== (one.value === {name!r})) one.click()"
    )


def _draw(page: Browser, strokes: Sequence[Stroke] = FACE) -> None:
    left, top, side = page.run(
        "(() => { const box = document.getElementById('canvas').getBoundingClientRect();"
        " return [box.left, box.top, box.width]; })()"
    )
    for colour, width, points in strokes:
        page.run(f"document.querySelectorAll('#palette input')[{colour}].click()")
        page.run(f"document.getElementById('width').value = {width}")
        page.run("document.getElementById('width').dispatchEvent(new Event('input'))")
        page.stroke(placed(points, left, top, side))


@contextmanager
def _serve(names: list[str]) -> Iterator[str]:
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
