"""The page of sweeps in a browser."""

from pathlib import Path

import pytest
from browser import run_on_page

from s2f_core.report.sweeps.experiments import parse
from s2f_core.report.sweeps.page import write_page

RECORDED = Path(__file__).with_name("experiments.json")

ACTS = """
addEventListener("error", (event) => { document.title = `failed: ${event.message}`; });
const names = () => [...table.tBodies[0].rows].map((row) => row.cells[0].textContent);
const click = (number) => table.tHead.rows[0].cells[number].querySelector("button").click();
click(3);
const up = names();
click(3);
document.title = JSON.stringify([up, names(), table.tHead.rows[0].cells[3].ariaSort]);
"""


@pytest.mark.slow
def test_the_table_can_be_sorted(tmp_path: Path) -> None:
    """In a browser: by the rate as a number; a second click reverses the order."""
    out = tmp_path / "page.html"
    write_page(parse(RECORDED.read_text()), out, tmp_path)
    up, down, sort_order = run_on_page(out.read_text(), ACTS, tmp_path)
    assert up[0] == down[-1] == "cold"
    assert up[-1] == down[0] == "bad"
    assert sort_order == "descending"
