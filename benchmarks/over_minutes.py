"""Scores over minutes of training, drawn as the report draws its curves."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import resvg_py
from markupsafe import Markup

from s2f_core.report.site import charts
from s2f_core.report.site.charts import Axes
from s2f_core.report.theme.templates import THEME, styles

TITLES = {
    "fid": "FID, less is better",
    "kid": "KID, less is better",
    "ssim": "SSIM, more is better",
    "l1": "L1 in [0, 1], less is better",
}
COLUMNS, GAP, TITLE, ZOOM = 2, 24, 24, 2
ROOM = 0.08  # of the range, free at either end


def draw(frame: pd.DataFrame, earlier: Mapping[str, float | None], file: Path) -> None:
    """Write an SVG, or by its ending a PNG: a chart a score, a line a variant, means over seeds.

    ``frame`` has the columns name, seed, asked (the minute) and the scores; rows without a seed are
    left out. ``earlier`` is what a line of each chart stands for, by score.
    """
    trained = frame.dropna(subset=["seed"])
    names = list(dict.fromkeys(trained["name"]))
    labels = dict(zip(names, names, strict=True))
    tiles = []
    for score, title in TITLES.items():
        table = trained.pivot_table(index="asked", columns="name", values=score).reset_index()
        said = earlier.get(score)
        axes = Axes(
            ident=score,
            title=title,
            limits=_limits([*trained[score], *([] if said is None else [said])]),
            reference=None if said is None else (said, "reference"),
            across="minute",
        )
        chart = charts.chart(table.rename(columns={"asked": "minute"}), labels, axes)
        tiles.append((title, chart))
    svg = _sheet(tiles)
    if file.suffix == ".png":
        file.write_bytes(bytes(resvg_py.svg_to_bytes(svg_string=svg, zoom=ZOOM)))
    else:
        file.write_text(svg, encoding="utf-8")


def _limits(values: list[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    room = ROOM * (high - low) or 0.5 * abs(high) or 0.5
    return low - room, high + room


def _sheet(tiles: list[tuple[str, Markup]]) -> str:
    """Charts below their titles, two a row, with the report's colours for paper."""
    across, down = charts.WIDTH + GAP, charts.HEIGHT + TITLE + GAP
    width, height = COLUMNS * across + GAP, -(-len(tiles) // COLUMNS) * down + GAP
    placed = [
        Markup('<g transform="translate({},{})"><text class="title" y="4">{}</text>{}</g>').format(
            GAP + place % COLUMNS * across,
            GAP + place // COLUMNS * down,
            title,
            Markup(  # noqa: S704 -- a chart of ours
                str(chart).replace(
                    "<svg ",
                    f'<svg y="{TITLE - 8}" width="{charts.WIDTH}" height="{charts.HEIGHT}" ',
                    1,
                )
            ),
        )
        for place, (title, chart) in enumerate(tiles)
    ]
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" height="{h}">'
        '<style>{style}</style><rect class="paper" width="100%" height="100%"/>{body}</svg>'
    ).format(w=width, h=height, style=_style(), body=Markup("").join(placed))


def _style() -> Markup:
    """The report's rules for charts, its light colours put in."""
    sheet = str(styles(THEME / "document.css"))
    colours: dict[str, str] = {}
    for name, colour in re.findall(r"(--\w+): (#\w+);", sheet):
        colours.setdefault(name, colour)
    rules = re.findall(r"^(?:\.chart |\.line |\.s\d).*$", sheet, re.MULTILINE)
    rules += [
        ".title { font: 600 13px system-ui, Arial, sans-serif; fill: var(--ink); }",
        ".paper { fill: var(--paper); }",
    ]
    return Markup(re.sub(r"var\((--\w+)\)", lambda found: colours[found[1]], "\n".join(rules)))  # noqa: S704 -- ours
