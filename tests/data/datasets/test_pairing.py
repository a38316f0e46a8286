"""Pairs by the names that people see."""

from __future__ import annotations

import logging
import unicodedata
from pathlib import Path

import pytest
from archives import write_files
from own_folders import RED, folder_table, open_folder


def test_names_that_look_alike_are_pairs(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Of other bytes or case; what stays alone is named with the nearest name."""
    accented = [unicodedata.normalize(form, "Zoë") for form in ("NFC", "NFD")]
    a = [accented[0], "IMG_1", "sub/Two", "img_7", "Ä", "ä", "alone"]
    b = [accented[1], "img_1", "sub/two", "img_07", "A\u0308", "other"]
    files = {f"A/{name}.png": RED for name in a} | {f"B/{name}.JPG": RED for name in b}
    contents = open_folder(write_files(tmp_path / "in", files))
    usable = [rows[rows["rejected"].isna()]["id"] for rows in (contents.a, contents.b)]
    assert sorted(usable[0]) == sorted(usable[1]) == ["Zoë", "img_1", "sub/two", "Ä"]
    assert set(contents.a["rejected"].dropna()) == {"no partner in B/"}
    assert "3 of A/ without a partner in B/: alone, img_7 (nearest there: img_07), ä" in caplog.text
    assert "2 of B/ without a partner in A/: img_07 (nearest there: img_7), other" in caplog.text


def test_ambiguous_look_is_no_pair(tmp_path: Path) -> None:
    """Two names of A look like one of B: no one can say which it is."""
    names = ["A/x.png", "A/X.png", "B/ｘ.png", *(f"{side}/{n}.png" for side in "AB" for n in "123")]
    contents = open_folder(write_files(tmp_path / "in", dict.fromkeys(names, RED)))
    assert contents.a["rejected"].notna().sum() == 2


def test_names_that_differ_by_a_word_are_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """They may be pairs; other names are not."""
    files = {f"{side}/{word}-{n}.png": RED for side, word in ("Aa", "Bb") for n in range(12)}
    caplog.set_level(logging.INFO)
    folder_table(write_files(tmp_path / "in", files), tmp_path)
    assert "share no names; if a-0 and b-0 are a pair, give them the same name" in caplog.text
    files = {f"A/{n}.png": RED for n in range(12)} | {f"B/{n:03}.png": RED for n in range(12)}
    folder_table(write_files(tmp_path / "zeros", files), tmp_path)
    assert "share no names; if 0 and 000 are a pair, give them the same name" in caplog.text
    caplog.clear()
    files = {f"A/{n}.png": RED for n in "123"} | {f"B/{n}.png": RED for n in "xyz"}
    folder_table(write_files(tmp_path / "other", files), tmp_path)
    assert "share no names); 3 images; 3 inputs" in caplog.text
