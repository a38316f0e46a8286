"""Palettes over HTTP: of the seed, of a person, of a photo."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import requests
from drawn_faces import LAYOUT, BlobDetector, drawn_face
from tiny_demo import (
    PALETTES,
    SIDE,
    add_drawing_model,
    cross_image,
    decoded,
    make_data_folder,
    post_image,
    running_server,
)

from s2f_core.common.images import encode_png
from s2f_core.data.palette import REGIONS, measure, to_input
from s2f_core.data.sketch import alignment
from s2f_core.data.sketch.alignment import Aligner
from s2f_core.demo.models import DemoModel, open_models

DRAWING = cross_image(SIDE, SIDE / 2)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, DemoModel]]:
    """Tiny models, of which "mixed" is told palettes."""
    root = make_data_folder(tmp_path_factory.mktemp("demo") / "data")
    add_drawing_model(root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("S2F_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield open_models(["mixed", "lines"], root)


@pytest.fixture(scope="module")
def address(
    models: dict[str, DemoModel], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of a demo of them."""
    with running_server(tmp_path_factory.mktemp("data"), models) as address:
        yield address


def test_a_picture_has_the_colours_of_the_seed_or_a_persons(
    address: str, models: dict[str, DemoModel]
) -> None:
    """The page lists those of each model, in the order of the regions."""
    listed = requests.get(f"{address}/api/models", timeout=30).json()
    assert listed["regions"] == list(REGIONS)
    assert {one["name"]: one["palettes"] for one in listed["models"]} == {
        "mixed": list(PALETTES),
        "lines": [],
    }
    body = encode_png(DRAWING)
    for seed, palette in enumerate(PALETTES):
        expected = models["mixed"].picture(DRAWING, 0, palette=palette)
        for parameters in ({"seed": seed}, {"seed": 9, "palette": palette}):
            answer = post_image(address, "picture", body, model="mixed", **parameters)
            assert (decoded(answer) == expected).all()
    pictures = [models["mixed"].picture(DRAWING, seed) for seed in range(3)]
    assert len({picture.tobytes() for picture in pictures}) == 3


def test_a_browser_gets_the_palette_as_an_input(address: str) -> None:
    """Of the seed, or the one that it asks for."""
    for colours, palette in (("", PALETTES[1]), (PALETTES[2], PALETTES[2])):
        asked = {"model": "mixed", "seed": "4", "palette": colours}
        answer = requests.get(f"{address}/api/noise", params=asked, timeout=30)
        assert answer.headers["s2f-shapes"] == "palette=1x12"
        values = np.frombuffer(answer.content, np.float32)
        assert (values == to_input([palette]).numpy()[0]).all()


def test_wrong_colours_are_refused(address: str) -> None:
    """And colours for a model that is told none."""
    body, palette = encode_png(DRAWING), PALETTES[0]
    for colours in ("red", palette[:-1], f"{palette},#000000"):
        assert (
            post_image(address, "picture", body, model="mixed", palette=colours).status_code == 422
        )
    for answer in (
        post_image(address, "picture", body, model="lines", palette=palette),
        requests.get(
            f"{address}/api/noise", params={"model": "lines", "palette": palette}, timeout=30
        ),
    ):
        assert answer.status_code == 409
        assert answer.json() == {"error": "palette: lines is told no palette"}


def test_the_colours_of_a_photo_are_measured(
    models: dict[str, DemoModel], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of its aligned face, where the model knows where eyes lie; a photo without one is refused."""
    monkeypatch.setattr(alignment, "FaceDetector", BlobDetector)
    aligned = dataclasses.replace(models["mixed"], aligner=Aligner(LAYOUT, tmp_path))
    photo = drawn_face(LAYOUT)
    photo[..., 0] //= 2
    with running_server(tmp_path, {"mixed": aligned, "lines": models["lines"]}) as address:
        answer = post_image(address, "palette", encode_png(photo), model="mixed")
        blank = post_image(address, "palette", encode_png(np.full_like(photo, 9)), model="mixed")
        other = post_image(address, "palette", encode_png(photo), model="lines")
    given, expected = answer.json()["palette"], measure(photo[None])[0]
    channels = [bytes.fromhex(re.sub("[#,]", "", each)) for each in (given, expected)]
    assert max(abs(a - b) for a, b in zip(*channels, strict=True)) <= 2
    assert (blank.status_code, blank.json()["error"]) == (422, "no face found")
    assert (other.status_code, other.json()["error"]) == (409, "palette: lines is told no palette")
