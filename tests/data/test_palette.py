"""Palettes: the colours of four regions of a photo of a face."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from s2f_core.common.images import Pixels
from s2f_core.data.palette import CHANNELS, REGIONS, check_palette, measure, to_input

COLOURS = ("#283c50", "#506478", "#a0b4c8", "#f0ff10")
PALETTE = ",".join(COLOURS)


def _painted(side: int) -> Pixels:
    """A photo whose regions have the colours of PALETTE."""
    photo = np.zeros((side, side, 3), np.uint8)
    for boxes, colour in zip(REGIONS.values(), COLOURS, strict=True):
        for box in boxes:
            left, top = (math.floor(share * side) for share in box[:2])
            right, bottom = (math.ceil(share * side) for share in box[2:])
            photo[top:bottom, left:right] = list(bytes.fromhex(colour[1:]))
    return photo


@pytest.mark.parametrize("side", [64, 128, 256])
def test_a_palette_is_the_mean_of_each_region(side: int) -> None:
    """At every size, and whatever the rest of the photo shows."""
    photo = _painted(side)
    noisy = np.where(photo.any(axis=-1, keepdims=True), photo, 255 - photo).astype(np.uint8)
    assert measure(np.stack([photo, noisy])) == [PALETTE, PALETTE]
    mixed = photo.copy()
    skin = (photo == list(bytes.fromhex(COLOURS[2][1:]))).all(axis=-1)
    mixed[skin & (np.arange(side) % 2 == 0)] = 0
    share = 1 - (mixed[skin] == 0).all(axis=-1).mean()
    values = list(bytes.fromhex(measure(mixed[None])[0].split(",")[2][1:]))
    assert np.abs(values - share * np.array([160, 180, 200])).max() <= 0.5


def test_the_smallest_photo_has_a_palette() -> None:
    """Each region has a pixel at least."""
    assert measure(np.full((1, 2, 2, 3), 7, np.uint8)) == [",".join(["#070707"] * 4)]


def test_the_input_of_a_network_is_in_minus_one_to_one() -> None:
    """Background first, red before green and blue."""
    values = to_input([PALETTE, ",".join(["#000000"] * 4)])
    assert values.shape == (2, CHANNELS)
    assert values.dtype == torch.float32
    expected = torch.tensor([0x28, 0x3C, 0x50, 0x50, 0x64, 0x78]) / 127.5 - 1
    torch.testing.assert_close(values[0, :6], expected)
    assert (values[1] == -1).all()
    assert to_input([]).shape == (0, CHANNELS)


@pytest.mark.parametrize(
    "text",
    ["", "red", PALETTE[:-1], PALETTE + ",", PALETTE + ",#000000", PALETTE.replace(",", ";")],
)
def test_what_is_no_palette_is_refused(text: str) -> None:
    """With what was given and what is allowed."""
    with pytest.raises(ValueError, match=r"is no palette: give the 4 colours of background, hair"):
        check_palette(text)


def test_a_palette_may_have_capitals_and_spaces() -> None:
    """They are taken away."""
    assert check_palette(" #283C50, #506478,#A0b4c8 ,#f0FF10") == PALETTE
