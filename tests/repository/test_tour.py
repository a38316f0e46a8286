"""The notebook runs as a reader runs it."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "notebooks" / "tour.ipynb"
NEEDED = ["best", "pix2pix-pencil", "draw", "dcgan-doodles"]


def test_the_notebook_has_no_outputs() -> None:
    """Outputs come from the reader's own run."""
    cells = nbformat.read(NOTEBOOK, as_version=4).cells  # type: ignore[no-untyped-call]
    assert not any(cell.get("outputs") for cell in cells)


@pytest.mark.slow
def test_every_cell_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It runs on the results of this project; each cell with a picture shows one."""
    missing = [name for name in NEEDED if not (ROOT / "data/models" / name / "a-to-b.pt").exists()]
    if missing or not (ROOT / "metrics/leaderboard.csv").exists():
        pytest.skip(f"the pipeline has not run here: no {', '.join(missing) or 'leaderboard'}")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    notebook = nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]
    NotebookClient(
        notebook, timeout=120, resources={"metadata": {"path": str(NOTEBOOK.parent)}}
    ).execute()
    pictures = [
        output
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]
    assert len(pictures) == 7
