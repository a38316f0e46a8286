"""Entries are copied with their comments, and inserted where a section ends."""

from __future__ import annotations

import pytest
import yaml

from s2f_core.common.yaml_text import append_item, entry_text, insert_entry, one_line

SOURCE = """\
# of the file

all:
  one: {a: 1}

  # above
  # it
  two:      # beside it
    text: |
      many
      lines
    # within
    last: 2   # at the end

  # of three
  three: 3
"""


def test_an_entry_has_its_comments_and_no_indent() -> None:
    """Comments directly above, beside and within; those below belong to the next."""
    assert entry_text(SOURCE, "all", "two") == (
        "# above\n# it\ntwo:      # beside it\n  text: |\n    many\n    lines\n"
        "  # within\n  last: 2   # at the end\n"
    )
    assert entry_text(SOURCE, "all", "one") == "one: {a: 1}\n"
    assert entry_text("a: 1\n", "a") == "a: 1\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("s:\n  a: 1\n", "s:\n  a: 1\n  b:\n    c: 2\n"),
        ("s:\n  a: 1", "s:\n  a: 1\n  b:\n    c: 2\n"),
        ("s:\n    a:\n        d: 1   # e\n\n# f\nt: 1\n", None),
        ("s:\n  a: |\n    text\n\nt: 1\n", "s:\n  a: |\n    text\n  b:\n    c: 2\n\nt: 1\n"),
        ("s:\n  a: 1\n\n  d: 1\nt: 1\n", "s:\n  a: 1\n\n  d: 1\n\n  b:\n    c: 2\nt: 1\n"),
        ("s: &x\n  a:\nt: *x\n", "s: &x\n  a:\n  b:\n    c: 2\nt: *x\n"),
        ("s: {a: 1}  # e\n", "s: {a: 1, b: {c: 2}}  # e\n"),
        ("s: {a: 1,\n  d: 2\n  }\n", "s: {a: 1,\n  d: 2, b: {c: 2}}\n"),
        ("s: {}\nt: 1\n", "s: {b: {c: 2}}\nt: 1\n"),
        ("s:\r\n  a: 1\r\nt: 1\r\n", "s:\r\n  a: 1\r\n  b:\r\n    c: 2\r\nt: 1\r\n"),
    ],
)
def test_an_entry_goes_to_the_end_of_its_section(before: str, after: str | None) -> None:
    """In the section's layout; what follows stays where it is."""
    text = insert_entry(before, "s", "b", {"c": 2}, "b:\n  c: 2\n")
    assert yaml.safe_load(text)["s"] == {**yaml.safe_load(before)["s"], "b": {"c": 2}}
    expected = "s:\n    a:\n        d: 1   # e\n    b:\n      c: 2\n\n# f\nt: 1\n"
    assert text == (after or expected)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("s: [a,\n  b]   # c\n", "s: [a,\n  b, x]   # c\n"),
        ("s: []\n", "s: [x]\n"),
        ("s:\n- a\nt: 1\n", "s:\n- a\n- x\nt: 1\n"),
        ("s:\n  - a\n\nt: 1\n", "s:\n  - a\n  - x\n\nt: 1\n"),
    ],
)
def test_an_item_goes_to_the_end_of_its_list(before: str, after: str) -> None:
    """In brackets or on a line of its own."""
    assert append_item(before, "s", "x") == after


def test_a_value_is_written_on_one_line() -> None:
    """However long it is, in its order."""
    assert one_line({"b": [1, None], "a": 0.5}) == "{b: [1, null], a: 0.5}"
    assert one_line("x") == "x"
    assert "\n" not in one_line(["long"] * 1000)
