"""Take the picture of the demo's page: ``python -m docs.generate.demo [NAME …]``.

A face of ten strokes is drawn in Chromium with the mouse, on the page of the models named or of all
trained ones. Needs Chromium and the dev extra.
"""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.demo import READY, draw, open_demo
from benchmarks.sketch import read_strokes

PICTURE = Path(__file__).parents[2] / "docs" / "images" / "demo.png"
WINDOW = (1280, 800)


def main() -> None:
    """Draw the face and write the window."""
    with open_demo(sys.argv[1:]) as (page, _):
        page.look(*WINDOW)
        *strokes, last = read_strokes()
        for each in (strokes, [last]):  # the first picture of a model takes longer
            draw(page, each)
            page.until(READY)
        page.shot(PICTURE)


if __name__ == "__main__":
    main()
