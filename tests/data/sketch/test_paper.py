"""Photographs of drawings on real paper become dark ink on white, and digital ones stay."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from paper_photos import PAPERS, Photo, photo

from s2f_core.common.images import Doubles, Pixels
from s2f_core.data.sketch.paper import clean

INK = 0.15  # from here on a pixel counts as ink
BLACK_INK, WHITE_INK = (20, 20, 20), (245, 245, 245)


def _ink(drawing: Pixels) -> Doubles:
    return np.asarray(1 - clean(drawing).pixels[..., 0] / 255)


def _grown(mask: Any, width: int) -> Any:
    return cv2.dilate(mask.astype(np.uint8), np.ones((width, width), np.uint8)) > 0


def _check_strokes(picture: Photo, recall: float = 0.97, precision: float = 0.95) -> Doubles:
    """Check that the strokes are found, within a pixel, and little else; return the ink."""
    ink = _ink(picture.pixels)
    assert _grown(ink > INK, 3)[picture.strokes].mean() >= recall
    assert _grown(picture.strokes, 5)[ink > INK].mean() >= precision
    return ink


@pytest.mark.parametrize(("light", "precision"), [(0.75, 0.99), (0.33, 0.98)])
@pytest.mark.parametrize("paper", PAPERS)
def test_pencil_on_coloured_paper(paper: str, light: float, precision: float) -> None:
    """All strokes are found, in light that falls to a third; the paper is white."""
    picture = photo(PAPERS[paper], light=light)
    ink = _check_strokes(picture, recall=0.99, precision=precision)
    assert ink[picture.strokes].mean() > 0.4
    assert ink[~_grown(picture.strokes, 5)].mean() < 0.005


@pytest.mark.parametrize("shadow", [0.45, 0.6, 0.8])
@pytest.mark.parametrize("paper", ["white", "pink"])
def test_pencil_in_a_shadow(paper: str, shadow: float) -> None:
    """The shadow of a hand is no ink, and strokes inside it are as dark as outside."""
    picture = photo(PAPERS[paper], shadow=shadow)
    ink = _check_strokes(picture)
    right, below = 0.6 * 512, 0.5 * 512
    inside = picture.strokes & (np.indices((512, 512))[1] > right)
    inside &= np.indices((512, 512))[0] > below
    assert ink[inside].mean() == pytest.approx(ink[picture.strokes].mean(), abs=0.06)


def test_faint_pencil() -> None:
    """A stroke a fifth darker than its paper is found."""
    _check_strokes(photo(pencil=0.3), recall=0.99, precision=0.99)


@pytest.mark.parametrize(
    ("paper", "ruling", "tilt", "shadow"),
    [
        ("white", "lined", 1.5, 1.0),
        ("white", "lined", -4.0, 1.0),
        ("white", "squared", 1.5, 1.0),
        ("white", "squared", 0.0, 1.0),
        ("yellow", "lined", -2.0, 1.0),
        ("kraft", "squared", 1.5, 0.6),
    ],
)
def test_pencil_on_ruled_paper(paper: str, ruling: str, tilt: float, shadow: float) -> None:
    """Lines, squares and a red margin are gone; of strokes across them three quarters stay."""
    picture = photo(PAPERS[paper], ruling=ruling, tilt=tilt, shadow=shadow)
    ink = _check_strokes(picture)
    assert ink[picture.ruling & ~_grown(picture.strokes, 9)].mean() < 0.02
    plain_ink = _ink(photo(PAPERS[paper]).pixels)
    assert ink[picture.strokes].mean() > 0.75 * plain_ink[picture.strokes].mean()
    assert "printed lines were taken out" in clean(picture.pixels).notes


def _on(paper: Any, ink: Any) -> tuple[Pixels, Any]:
    """A drawn face in flat colours with noise, uint8 [512, 512, 3], and where its strokes are."""
    strokes = photo().strokes
    noise = np.random.default_rng(0).normal(0, 2, (512, 512, 1))
    image = np.where(strokes[..., None], ink, paper) + noise
    return image.clip(0, 255).astype(np.uint8), strokes


@pytest.mark.parametrize("paper", [PAPERS["kraft"], PAPERS["grey"], (40, 60, 120), (30, 32, 30)])
def test_light_ink_is_inverted(paper: Any) -> None:
    """A white pen on kraft, grey and blue paper, and chalk."""
    drawing, strokes = _on(paper, WHITE_INK)
    assert "light ink on dark paper was inverted" in clean(drawing).notes
    _check_strokes(Photo(drawing, strokes, strokes))


@pytest.mark.parametrize(
    ("paper", "ink"),
    [
        (PAPERS["yellow"], (200, 30, 30)),
        (PAPERS["pink"], (30, 40, 160)),
        ((250, 250, 250), (240, 220, 60)),
        ((50, 60, 120), (5, 5, 10)),
    ],
)
def test_coloured_ink_is_dark(paper: Any, ink: Any) -> None:
    """Red on yellow, blue on pink, yellow on white, and black on navy, which is not inverted."""
    drawing, strokes = _on(paper, ink)
    assert clean(drawing).notes == ()
    darkness = _check_strokes(Photo(drawing, strokes, strokes))
    assert darkness[strokes].mean() > 0.6


@pytest.mark.parametrize("angle", [0, 7])
@pytest.mark.parametrize(
    ("paper", "ink", "around"),
    [
        (BLACK_INK, WHITE_INK, (255, 255, 255)),
        (PAPERS["white"], BLACK_INK, (60, 45, 35)),
        (PAPERS["kraft"], BLACK_INK, (250, 250, 250)),
    ],
)
def test_the_area_around_a_sheet_is_paper(paper: Any, ink: Any, around: Any, angle: int) -> None:
    """A black sheet in a white frame, a white one on a dark table; also lying askew."""
    drawing, strokes = _on(paper, ink)
    sheet = cv2.copyMakeBorder(drawing, 60, 60, 60, 60, cv2.BORDER_CONSTANT, value=around)
    mask = np.pad(strokes, 60).astype(np.uint8)
    turn = cv2.getRotationMatrix2D((316, 316), angle, 1)
    pixels = cv2.warpAffine(sheet, turn, (632, 632), borderValue=around)
    turned = cv2.warpAffine(mask, turn, (632, 632)) > 0
    picture = Photo(np.asarray(pixels, np.uint8), turned, turned)
    _check_strokes(picture)
    assert clean(picture.pixels).notes[0] == "the surroundings of the sheet were left out"


@pytest.mark.parametrize("colour", [(255, 255, 255), PAPERS["yellow"], (0, 0, 0), (90, 90, 90)])
@pytest.mark.parametrize("shape", [(256, 256), (1, 1), (2, 3), (1, 3000)])
def test_a_blank_page_is_white(colour: Any, shape: tuple[int, int]) -> None:
    """Of any colour and size."""
    assert (clean(np.full((*shape, 3), colour, np.uint8)).pixels >= 254).all()


def test_a_digital_drawing_stays() -> None:
    """To the bit: the darkest channel, with wide fills and greys; also a tonal one on white."""
    drawing = np.full((300, 300, 3), 255, np.uint8)
    drawing[40:140, 40:140] = 200
    drawing[160:260, 60:240] = (120, 130, 140)
    drawing[::30, 20:80] = 0
    assert np.array_equal(clean(drawing).pixels, drawing.min(axis=2, keepdims=True))
    tonal = (255 - np.abs(np.indices((300, 300))[1] - 150)[..., None] * 0.3).astype(np.uint8)
    assert np.array_equal(clean(tonal, has_tones=True).pixels, tonal)
    assert not np.array_equal(clean(tonal).pixels, tonal)


def test_a_wide_fill_on_photographed_paper_stays_ink() -> None:
    """Hair in black marker is no shadow, nor is a face in a crayon's colour."""
    picture = photo().pixels.astype(np.float64)
    picture[60:260, 100:400] *= 0.15
    picture[300:480, 100:400] *= (0.9, 0.5, 0.4)
    ink = _ink(picture.astype(np.uint8))
    assert ink[70:250, 110:390].mean() > 0.7
    assert ink[310:470, 110:390].mean() > 0.4
