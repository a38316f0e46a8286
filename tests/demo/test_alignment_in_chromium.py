"""Alignment on the demo's page: its option, its effect, its note."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from browser import browser
from demo_page import canvas_box, click, open_page, wait_for_pictures
from drawn_faces import LAYOUT, BlobDetector
from tiny_demo import make_data_folder, running_server

from benchmarks.sketch import placed
from s2f_core.data.sketch import alignment
from s2f_core.data.sketch.alignment import NO_FACE, Aligner
from s2f_core.demo.models import open_models

pytestmark = pytest.mark.slow


def test_a_face_is_aligned_unless_switched_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Below the picture of a drawing without a face stands that it was not aligned."""
    monkeypatch.setattr(alignment, "FaceDetector", BlobDetector)
    root = make_data_folder(tmp_path)
    model = dataclasses.replace(
        open_models(["lines"], root)["lines"], aligner=Aligner(LAYOUT, root)
    )
    with running_server(root, {"lines": model}) as address, browser(tmp_path / "profile") as page:
        open_page(page, address)
        page.run("document.getElementById('width').value = 16")
        page.run("document.getElementById('width').dispatchEvent(new Event('input'))")
        pictures: list[object] = [None]
        for x in (0.25, 0.5):  # one eye, and the other
            page.stroke(placed([(x, 0.4), (x + 0.01, 0.4)], *canvas_box(page)))
            pictures.append(wait_for_pictures(page, pictures[-1]))
            status = page.run("document.querySelector('.card .status').textContent")
            assert (NO_FACE in status) == (x == 0.25)
        click(page, "align")
        plain = wait_for_pictures(page, pictures[-1])
        click(page, "align")
        assert wait_for_pictures(page, plain) == pictures[-1]
        page.visit(f"{address}/browser")
        page.until("!document.querySelector('main').hidden")
        assert page.run("document.getElementById('align-option').hidden")
        note = page.run("document.getElementById('privacy-note').textContent")
        assert "Faces stay where you draw them" in note
