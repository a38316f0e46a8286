"""Alignment over HTTP: of pictures and of hints."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import requests
import tiny_demo
from drawn_faces import LAYOUT, BlobDetector, drawn_face
from tiny_demo import decoded, post_image, running_server

from s2f_core.common.images import encode_png
from s2f_core.data.sketch import alignment
from s2f_core.data.sketch.alignment import NO_FACE, Aligner
from s2f_core.demo.hints import ALIGNED, BLANK, MEASURES, PLACEMENT
from s2f_core.demo.models import DemoModel

root, models = tiny_demo.root, tiny_demo.models


@pytest.fixture
def aligned_model(models: dict[str, DemoModel], monkeypatch: pytest.MonkeyPatch) -> DemoModel:
    """The tiny model "lines" with an aligner."""
    monkeypatch.setattr(alignment, "FaceDetector", BlobDetector)
    return dataclasses.replace(models["lines"], aligner=Aligner(LAYOUT, Path("nowhere")))


def test_a_drawn_face_is_aligned(aligned_model: DemoModel, root: Path) -> None:
    """For a model with an aligner, unless it is off; a note says that there is no face."""
    drawing = drawn_face(((0.3, 0.45), (0.48, 0.5)))
    face, blank = encode_png(drawing), encode_png(np.full_like(drawing, 255))
    with running_server(root, {"lines": aligned_model}) as server:
        (listed,) = requests.get(f"{server}/api/models", timeout=30).json()["models"]
        assert (listed["canAlign"], listed["drawingSize"]) == (True, 128)
        aligned, off, empty = (
            post_image(server, "picture", body, model="lines", align=align)
            for body, align in ((face, "auto"), (face, "off"), (blank, "auto"))
        )
        wrong = post_image(server, "picture", face, model="lines", align="on")
    found, note = aligned_model.align(drawing, "auto")
    assert (decoded(aligned) == aligned_model.picture(drawing, 0, alignment=found)).all()
    assert (decoded(off) == aligned_model.picture(drawing, 0)).all()
    assert (decoded(aligned) != decoded(off)).any()
    assert (note, aligned.headers["s2f-notes"], off.headers["s2f-notes"]) == ("", "", "")
    assert empty.headers["s2f-notes"] == NO_FACE
    assert wrong.status_code == 422
    assert "'auto' or 'off'" in wrong.json()["error"]


def test_hints_measure_the_aligned_face(aligned_model: DemoModel, root: Path) -> None:
    """A small face is enlarged, and so are its lines; its own size and place are left out."""
    small = drawn_face(((0.25, 0.3), (0.35, 0.3)))
    blank, one_eye = np.full_like(small, 255), np.full_like(small, 255)
    one_eye[20:90, 30:60] = 0
    pages = {
        "small": small,
        "in place": drawn_face(LAYOUT),
        "one eye": one_eye,
        "blank": blank,
    }
    with running_server(root, {"lines": aligned_model}) as server:
        answers = {
            (name, align): post_image(
                server, "hints", encode_png(page), model="lines", align=align
            ).json()
            for name, page in pages.items()
            for align in ("auto", "off")
        }
    measured = {key: {row["name"]: row for row in one["hints"]} for key, one in answers.items()}
    aligned, plain = measured["small", "auto"], measured["small", "off"]
    assert set(aligned) == set(measured["in place", "auto"]) == set(MEASURES) - set(PLACEMENT)
    assert set(plain) == set(measured["one eye", "auto"]) == set(MEASURES)
    assert aligned["ink"]["value"] > 2 * plain["ink"]["value"]
    notes = {key: one["alignment"] for key, one in answers.items() if one["alignment"]}
    assert notes.pop(("small", "auto")) == ALIGNED
    assert notes.pop(("one eye", "auto")).startswith("No face was found, so it was not aligned: ")
    assert notes == {}
    assert answers["blank", "auto"]["warning"] == BLANK
    assert aligned_model.align(small, "off") == (None, "")
