"""Emoji: line drawings and the same in colour, from SVG."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from archives import fetch_from_loopback, own_inputs, reasons, write_files
from drawing_archives import (
    LINES,
    SQUARE,
    emoji_entry,
    openmoji_files,
    openmoji_package,
    pickle_round_trip,
    prepare_table,
)

from s2f_core.common.errors import UserError
from s2f_core.data.datasets.openmoji import OpenMoji

JAR = "1FAD9"
ENTRIES = [
    emoji_entry("1F34E", "food-drink", "food-fruit", "red apple"),
    emoji_entry(JAR, "food-drink", "dishware", "jar"),
    emoji_entry(f"{JAR}-200D-1F7E5", "extras-unicode", "food-drink", "jar with red content"),
    emoji_entry("1F44B", "people-body", "hand-fingers-open", "waving hand"),
    emoji_entry("1F44B-1F3FB", "people-body", "hand-fingers-open", "waving hand: light", "1F44B"),
    emoji_entry("1F550", "travel-places", "time", "one o’clock"),
    emoji_entry("1F3C1", "flags", "flag", "chequered flag"),
    emoji_entry("26BD", "activities", "sport", "soccer ball"),
    emoji_entry("1F98B", "animals-nature", "animal-bug", "butterfly"),
    emoji_entry("1F455", "objects", "clothing", "T-shirt"),
]
OBJECTS = [
    "red-apple-1F34E",
    "jar-1FAD9",
    "jar-with-red-content-1FAD9-200D-1F7E5",
    "soccer-ball-26BD",
    "butterfly-1F98B",
    "t-shirt-1F455",
]


def _section(**keys: object) -> OpenMoji:
    return OpenMoji.model_validate({"source": "openmoji", "path": "unused", **keys})


def test_the_fetched_package_becomes_pairs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Things, animals, plants and places: no flags, faces or clocks."""
    body = {"openmoji.zip": openmoji_package(openmoji_files(ENTRIES))}
    table = prepare_table(
        _section(), fetch_from_loopback("openmoji", body, tmp_path, monkeypatch), 72
    )
    assert table.index["id"].tolist() == OBJECTS
    assert table.index["class"].tolist()[:3] == ["food-fruit", "dishware", "food-drink"]
    assert table.index["group"].tolist()[:3] == ["1F34E", JAR, JAR]
    assert table.index["source"].tolist()[0] == "color/svg/1F34E.svg"
    assert table.shape == (72, 72, 3)
    lines = own_inputs(table)
    assert lines.index["id"].tolist() == OBJECTS
    assert lines.index["source"].tolist()[0] == "black/svg/1F34E.svg"
    assert lines.shape == (72, 72, 1)


@pytest.mark.parametrize("size", [36, 72, 144])
def test_drawings_are_rendered_at_the_size_on_white(tmp_path: Path, size: int) -> None:
    """A square from 18 to 54 of 72, its border 4 wide: black, red within, white without."""
    table = prepare_table(_section(), write_files(tmp_path / "in", openmoji_files(ENTRIES)), size)
    one = size // 72 or 0.5
    places = [int(place * one) for place in (6, 18, 36)]
    pixels = [table.image(0)[place, place].tolist() for place in places]
    assert pixels == [[255, 255, 255], [0, 0, 0], [234, 90, 71]]
    lines = own_inputs(table).image(0)[..., 0]
    assert [int(lines[place, place]) for place in places] == [255, 0, 255]
    covered = 4 * 36 * 4 * one**2
    assert (255 - lines.astype(int)).sum() / 255 == pytest.approx(covered, rel=0.03)


def test_groups_and_subgroups_select_emoji(tmp_path: Path) -> None:
    """A group of people has the yellow figures, and their skin tones on request."""
    path = write_files(tmp_path / "in", openmoji_files(ENTRIES))
    ids = prepare_table(_section(groups=["food-drink"], without=["dishware"]), path).index["id"]
    assert ids.tolist() == ["red-apple-1F34E", "jar-with-red-content-1FAD9-200D-1F7E5"]
    assert len(prepare_table(_section(groups=["people-body"]), path)) == 1
    people = prepare_table(_section(groups=["people-body"], skin_tones=True), path)
    assert people.index["id"].tolist() == ["waving-hand-1F44B", "waving-hand-light-1F44B-1F3FB"]
    assert people.index["group"].tolist() == ["1F44B", "1F44B"]
    assert prepare_table(_section(limit=2), path).index["id"].tolist() == OBJECTS[:2]
    clocks = prepare_table(_section(groups=["time"], without=[]), path)
    assert clocks.index["id"].tolist() == ["one-o-clock-1F550"]
    with pytest.raises(UserError, match=r"no group 'birds' \(known: activities, animal-bug"):
        prepare_table(_section(groups=["birds"]), path)


def test_missing_and_damaged_drawings_are_rejected_rows(tmp_path: Path) -> None:
    """In the table of that drawing."""
    wide = LINES.replace("0 0 72 72", "0 0 72 36")
    odd = {
        "black/svg/1F34E.svg": "",
        f"black/svg/{JAR}.svg": "not an SVG",
        "black/svg/1F98B.svg": wide,
        "color/svg/26BD.svg": "<html/>",
    }
    table = prepare_table(_section(), write_files(tmp_path / "in", openmoji_files(ENTRIES, odd)))
    assert reasons(table)["soccer-ball-26BD"] == "not an SVG drawing"
    assert len(reasons(table)) == 1
    lines = reasons(own_inputs(table))
    assert lines["red-apple-1F34E"] == "no black drawing"
    assert lines["jar-1FAD9"] == "not an SVG drawing"
    assert lines["butterfly-1F98B"] == "not square: 32x16"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, r"data/openmoji\.json does not exist"),
        (b"{", r"cannot be read.*fetch it again"),
        (b"\xff", r"cannot be read.*fetch it again"),
        (b"{}", "is not a list of emoji"),
        (b"[]", "is not a list of emoji"),
        (b"[7]", "entry 0 has no text under 'hexcode'"),
        (b'[{"hexcode": "1F34E", "group": null}]', "entry 0 has no text under 'group'"),
    ],
)
def test_an_invalid_list_is_an_error(tmp_path: Path, text: bytes | None, message: str) -> None:
    """The error has its path and the problem."""
    files = openmoji_files(ENTRIES)
    files.pop("data/openmoji.json")
    more = {} if text is None else {"data/openmoji.json": text}
    with pytest.raises(UserError, match=message):
        prepare_table(_section(), write_files(tmp_path / "in", {**files, **more}))


def test_makers_can_be_pickled(tmp_path: Path) -> None:
    """No font or other file outside the drawing is used."""
    text = SQUARE.format('<text x="0" y="60" font-size="60">A</text>')
    path = write_files(tmp_path / "in", openmoji_files(ENTRIES, {"color/svg/1F34E.svg": text}))
    make = _section().open(path, 32, tmp_path).images.make
    assert (pickle_round_trip(make)(1) == make(1)).all()
    assert (make(0) == 255).all()
    assert np.unique(make(1)).size > 2
