"""Names as people see them."""

from __future__ import annotations

import unicodedata

import pytest

from s2f_core.common.names import nearest, normalise, visible


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (unicodedata.normalize("NFC", "Zoë/1"), unicodedata.normalize("NFD", "Zoë/1")),
        ("IMG_1", "img_1"),
        ("Straße", "STRASSE"),
        ("a b", "a\u00a0 b "),
        ("１", "1"),
        ("a\u200b", "a"),
    ],
)
def test_names_that_look_alike_have_one_key(one: str, other: str) -> None:
    """Of other bytes, case, width, spaces, or with an invisible character."""
    assert one != other
    assert visible(one) == visible(other)


def test_names_that_differ_have_two_keys() -> None:
    """A number with a zero more, a folder, an accent."""
    for one, other in (("img_1", "img_01"), ("a/b", "ab"), ("é", "e")):
        assert visible(one) != visible(other)


def test_the_composed_form_is_kept() -> None:
    """One character for an e with an accent."""
    assert normalise("e\u0301") == "é"


def test_the_nearest_name_is_similar_or_none() -> None:
    """It helps to find a typing error."""
    assert nearest("img_1", ["img_01", "photo"]) == "img_01"
    assert nearest("img_1", ["x", "y"]) is None
