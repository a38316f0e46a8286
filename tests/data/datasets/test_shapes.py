"""Strips: sketch and photo in one picture, told from photos by the shapes of all pictures."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
from archives import encode_image, own_inputs, picture, reasons, write_files
from own_folders import RED, drawn_strip, folder_table, open_folder

from s2f_core.common.errors import UserError


@pytest.mark.parametrize("size", [(129, 64), (130, 64), (100, 100)])
def test_one_odd_strip_is_one_rejected_row(
    tmp_path: Path, size: tuple[int, int], caplog: pytest.LogCaptureFixture
) -> None:
    """The others are strips; the line before the work says so."""
    caplog.set_level(logging.INFO)
    files = {f"{n:02d}.png": drawn_strip() for n in range(39)} | {"99.png": drawn_strip(*size)}
    table = folder_table(write_files(tmp_path / "in", files), tmp_path)
    assert len(table) == len(own_inputs(table)) == 39
    reason = f"not a strip: {size[0]}x{size[1]}, the width must be twice the height"
    assert reasons(table) == reasons(own_inputs(table)) == {"99": reason}
    line = "strips (39 of 40 pictures are twice as wide as high); 39 pairs; 1 rejected; the first"
    assert f"read as {line}: 00.png, 01.png, 02.png" in caplog.text


def test_mixed_and_portrait_strips_are_asked_about(tmp_path: Path) -> None:
    """A setting decides; nothing is guessed."""
    mixed = {f"{n}.png": drawn_strip() if n < 5 else RED for n in range(10)}
    with pytest.raises(UserError, match=r"5 of 10 pictures are twice as wide as high.*strips"):
        open_folder(write_files(tmp_path / "mixed", mixed))
    portrait = write_files(
        tmp_path / "portrait", {f"{n}.png": drawn_strip(90, 60) for n in range(4)}
    )
    with pytest.raises(UserError, match=r"left half .* set layout: strips and side: AB"):
        open_folder(portrait)
    table = folder_table(portrait, tmp_path, layout="strips")
    assert len(table) == len(own_inputs(table)) == 4
    assert (table.image(0) == (200, 40, 40)).all()
    high = np.rot90(np.full((64, 128, 3), 9, np.uint8))
    stacked = write_files(tmp_path / "stacked", {f"{n}.png": encode_image(high) for n in range(4)})
    with pytest.raises(UserError, match=r"4 of 4 pictures are twice as high as wide.*A-over-B"):
        open_folder(stacked)
    assert open_folder(stacked, layout="images").a.empty


@pytest.mark.parametrize("side", ["A-over-B", "B-over-A"])
def test_stacked_strips_are_split(tmp_path: Path, side: str) -> None:
    """The sketch is above or below."""
    pixels = np.zeros((128, 64, 3), np.uint8)
    pixels[:64] = 255
    table = folder_table(
        write_files(tmp_path / "in", {"1.png": encode_image(pixels)}),
        tmp_path,
        layout="strips",
        side=side,
    )
    above, below = (own_inputs(table), table) if side == "A-over-B" else (table, own_inputs(table))
    assert (above.image(0).min(), below.image(0).max()) == (255, 0)


def test_nearly_strips_are_asked_about(tmp_path: Path) -> None:
    """All a pixel too wide; with the layout set they are cut in the middle."""
    path = write_files(tmp_path / "in", {f"{n}.png": drawn_strip(130, 64) for n in range(3)})
    with pytest.raises(UserError, match=r"0 of 3 pictures are twice as wide .*, 3 nearly so"):
        open_folder(path)
    assert len(folder_table(path, tmp_path, layout="strips")) == 3


def test_a_few_panoramas_are_photos(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Two of ten; photos of one size may be strips, which the log says."""
    files = {f"{n}.png": picture("red", (128, 64) if n < 2 else (90, 60)) for n in range(10)}
    path = write_files(tmp_path / "in", files)
    assert open_folder(path).layout == "images"
    for name in ("0.png", "1.png"):
        (path / name).unlink()
    caplog.set_level(logging.INFO)
    folder_table(path, tmp_path)
    assert "all are 90x60: if each is a sketch beside a photo, set layout: strips" in caplog.text
