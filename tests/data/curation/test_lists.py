"""Keep/drop lists are read, and errors are explained."""

from pathlib import Path

import pytest

from s2f_core.common.errors import UserError
from s2f_core.data.curation.lists import Decision, read_decisions


def test_lists_from_spreadsheets_are_read(tmp_path: Path) -> None:
    """With a byte order mark, Windows line ends, with or without notes; a missing list is empty."""
    file = tmp_path / "faces.csv"
    assert read_decisions(file, set()) == {}
    file.write_bytes(b'\xef\xbb\xbfid,decision,note\r\n1,keep,\r\n2, drop ,"dark, small"\r\n')
    assert read_decisions(file, {"1", "2"}) == {
        "1": Decision(True),
        "2": Decision(False, "dark, small"),
    }
    file.write_text("id,decision\n1,drop\n")
    assert read_decisions(file, {"1"}) == {"1": Decision(False)}


def test_ids_may_look_alike(tmp_path: Path) -> None:
    """In other Unicode forms or case; two such images are told, and so is the nearest id."""
    file = tmp_path / "faces.csv"
    file.write_text("id,decision\nZoe\u0308,keep\nimg_1,drop\n", encoding="utf-8")
    decisions = read_decisions(file, {"Zo\u00eb", "IMG_1"})
    assert decisions == {"Zo\u00eb": Decision(True), "IMG_1": Decision(False)}
    with pytest.raises(UserError, match=r":3: 'img_1' may be any of 'IMG_1', 'Img_1'"):
        read_decisions(file, {"Zo\u00eb", "IMG_1", "Img_1"})
    with pytest.raises(UserError, match=r":3: no image has the id 'img_1' .*nearest is 'img_01'"):
        read_decisions(file, {"Zo\u00eb", "img_01"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id;decision;note\n", r":1: columns are 'id;decision;note', must be 'id,decision,note'"),
        ("", r":1: columns are '', must be"),
        ("id,decision\n1,keep\n2,maybe\n", r":3: decision 'maybe' must be keep or drop"),
        ("id,decision\n1,\n", r":2: decision '' must be keep or drop"),
        ("id,decision\n7,keep\n", r":2: no image has the id '7' \(2 images\)"),
        ("id,decision\n1,keep\n1,drop\n", r":3: '1' is in the list twice"),
        ("id,decision,note\n1\n", r":2: must have 3 values"),
        ("id,decision\n1,keep,dark\n", r":2: must have 2 values"),
        (b"id,decision\n\xff,keep\n", r" cannot be read: 'utf-8'"),
    ],
)
def test_an_invalid_list_is_explained(text: str | bytes, message: str, tmp_path: Path) -> None:
    """The message has the file, the line, and what is allowed."""
    file = tmp_path / "faces.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(UserError, match=rf"faces\.csv{message}"):
        read_decisions(file, {"1", "2"})
