"""Curves over the steps."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from s2f_core.report.site.charts import LEFT, Axes, chart, round_ticks

AXES = Axes(ident="one", title="Losses of <b>")


def draw_chart(frame: pd.DataFrame, axes: Axes = AXES) -> ET.Element:
    """The chart of column ``a``, parsed."""
    return ET.fromstring(chart(frame, {"a": "first & best"}, axes))  # noqa: S314 -- our own text


def paths(svg: ET.Element) -> list[str]:
    """The data line's path, after the legend's."""
    return [p.attrib["d"] for p in svg.findall("./g[@class='line s0']/path")][1:]


def test_chart_has_title_description_and_legend() -> None:
    """As escaped text."""
    svg = draw_chart(pd.DataFrame({"step": [1, 2, 3], "a": [3.0, 2.0, 1.0]}))
    assert svg.attrib["aria-labelledby"] == "one-t one-d"
    assert svg.findtext("title") == "Losses of <b>"
    expected = "first & best: 3 at step 1, 1 at step 3, between 1 and 3."
    assert svg.findtext("desc") == expected
    assert "first & best" in [node.text for node in svg.findall("text")]


def test_another_x_column_is_named_and_may_have_fractions() -> None:
    """Steps have whole numbers only."""
    frame = pd.DataFrame({"minute": [0.25, 0.5], "step": [1, 2], "a": [3.0, 2.0]})
    svg = draw_chart(frame, replace(AXES, x_column="minute"))
    assert "at minute 0.25, 2 at minute 0.5," in str(svg.findtext("desc"))
    assert {"0.2", "0.4", "minute"} <= {node.text for node in svg.findall("text")}
    assert "0.5" not in {node.text for node in draw_chart(frame).findall("text")}


def test_line_falls_with_its_values() -> None:
    """Higher values are higher, and the x axis starts at step 0."""
    (path,) = paths(draw_chart(pd.DataFrame({"step": [0, 100], "a": [1.0, 0.0]})))
    start, end = [tuple(map(float, pair.split())) for pair in re.split("[ML]", path)[1:]]
    assert start[0] == LEFT
    assert end[0] > start[0]
    assert end[1] > start[1]


def test_missing_value_breaks_the_line() -> None:
    """A value that is not finite leaves a gap."""
    frame = pd.DataFrame({"step": range(5), "a": [1.0, 2.0, np.nan, np.inf, 3.0]})
    (path,) = paths(draw_chart(frame))
    assert path.count("M") == 2
    assert path.count("L") == 1


def test_long_runs_are_averaged() -> None:
    """Ten thousand rows give at most 150 points."""
    frame = pd.DataFrame({"step": range(10_000), "a": np.linspace(0, 1, 10_000)})
    (path,) = paths(draw_chart(frame))
    assert 100 <= path.count("L") + 1 <= 150


@pytest.mark.parametrize("values", [[], [np.nan, np.nan], [0.0, 0.0], [5.0]])
@pytest.mark.parametrize("log", [False, True])
def test_empty_constant_and_single_values_are_drawn(values: list[float], log: bool) -> None:
    """Empty constant and single values are drawn."""
    frame = pd.DataFrame({"step": range(len(values)), "a": values}, dtype=float)
    axes = Axes(ident="x", title="t", log=log, marker=(0.0, "best"), reference=(0.0, "none"))
    assert draw_chart(frame, axes).tag == "svg"


def test_ticks_are_round() -> None:
    """Ticks are 1, 2 or 5 times a power of ten."""
    assert round_ticks(0, 1) == [0.0, 0.5, 1.0]
    assert round_ticks(0, 700) == [0, 200, 400, 600]
    assert round_ticks(0.11, 0.19) == [0.12, 0.14, 0.16, 0.18]
