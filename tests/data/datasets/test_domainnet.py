"""DomainNet: two domains of it, of any length, without pairs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from archives import colours, fetched, given, laid, picture, reasons, zipped
from archives2 import pickled, prepared
from pydantic import ValidationError

from s2f_core.common.errors import UserError
from s2f_core.data.datasets.domainnet import DomainNet

DOODLES = {
    "quickdraw/apple/1.png": picture("red"),
    "quickdraw/apple/2.png": picture("green"),
    "quickdraw/cat/3.png": picture("blue"),
}
SKETCHES = {
    "sketch/apple/sketch_011_000001.jpg": picture("red", kind="JPEG"),
    "sketch/cat/sketch_064_000002.jpg": picture("blue", kind="JPEG"),
}
LISTS = {
    "quickdraw_train.txt": b"quickdraw/apple/1.png 11\nquickdraw/cat/3.png 64\n",
    "quickdraw_test.txt": b"quickdraw/apple/2.png 11\n",
    "sketch_train.txt": b"sketch/apple/sketch_011_000001.jpg 11\n",
    "sketch_test.txt": b"sketch/cat/sketch_064_000002.jpg 64\n",
}


def _section(**keys: object) -> DomainNet:
    known = {"source": "domainnet", "path": "unused", "a": "quickdraw", "b": "sketch"}
    return DomainNet.model_validate({**known, **keys})


def _laid(tmp_path: Path, **more: bytes) -> Path:
    return laid(tmp_path / "in", {**DOODLES, **SKETCHES, **LISTS, **more})


def _with(text: str, name: str = "quickdraw_train.txt") -> Mapping[str, bytes]:
    return {name: LISTS[name] + text.encode()}


def test_the_fetched_domains_become_two_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of their own lengths; no id is in both, no label in either, the part is the lists'."""
    domains = {"quickdraw": DOODLES, "sketch": SKETCHES, "painting": {}, "real": {}}
    bodies = {f"{name}.zip": zipped(files) for name, files in domains.items()}
    texts = {f"{name}_{part}.txt": b"" for name in domains for part in ("train", "test")}
    path = fetched("domainnet", {**bodies, **texts, **LISTS}, tmp_path, monkeypatch)
    table = prepared(_section(), path)
    assert colours(table) == ["red", "blue"]
    ids = ["sketch-apple-sketch_011_000001", "sketch-cat-sketch_064_000002"]
    assert table.index["id"].tolist() == ids
    assert table.index["part"].tolist() == ["train", "test"]
    doodles = given(table)
    assert colours(doodles) == ["red", "green", "blue"]
    ids = ["quickdraw-apple-1", "quickdraw-apple-2", "quickdraw-cat-3"]
    assert doodles.index["id"].tolist() == ids
    for one in (table, doodles):
        assert one.index["class"].isna().all()
        assert one.index["rejected"].isna().all()
        assert one.shape == (32, 32, 3)


def test_labels_and_classes(tmp_path: Path) -> None:
    """Kept where asked; a class that one domain lacks is a row with a reason there."""
    path = _laid(tmp_path)
    table = prepared(_section(labels=True), path)
    assert table.index["class"].tolist() == ["apple", "cat"]
    table = prepared(_section(classes=["cat"]), path)
    assert colours(table) == colours(given(table)) == ["blue"]
    laid(path, {"sketch/dog/sketch_1.jpg": picture()})
    (path / "sketch_test.txt").write_bytes(LISTS["sketch_test.txt"] + b"sketch/dog/sketch_1.jpg 3")
    doodles = given(prepared(_section(limit=9), path))
    assert reasons(doodles) == {"quickdraw/dog/": "empty class: no image can be used"}
    with pytest.raises(UserError, match=r"no class 'cats' \(allowed: .*cat"):
        prepared(_section(classes=["cats"]), path)


def test_a_limit_draws_from_all_of_a_domain(tmp_path: Path) -> None:
    """By the seed; a larger limit keeps what the smaller one drew."""
    more = {f"sketch/c{n % 5}/{n:02d}.png": picture() for n in range(40)}
    path = laid(tmp_path / "in", {**DOODLES, **more})
    drawn = {}
    for limit, seed in ((10, 0), (20, 0), (10, 1)):
        table = prepared(_section(limit=limit, seed=seed, labels=True), path)
        drawn[limit, seed] = set(table.accepted["id"])
        assert len(table) == limit
        assert table.accepted["class"].nunique() > 1
        assert table.accepted["id"].is_monotonic_increasing
    assert drawn[10, 0] < drawn[20, 0]
    assert drawn[10, 0] != drawn[10, 1]


def test_odd_files_are_rows_with_a_reason(tmp_path: Path) -> None:
    """Not there, not listed, two of one name, unreadable; a limit hides none of it."""
    path = _laid(
        tmp_path,
        **_with("quickdraw/apple/9.png 11\nquickdraw/apple/1.jpg 11\nquickdraw/cat/4.png 64\n"),
        **{
            "quickdraw/apple/1.jpg": picture("green", kind="JPEG"),
            "quickdraw/cat/4.png": b"",
            "quickdraw/cat/5.png": picture(),
        },
    )
    doodles = given(prepared(_section(), path))
    assert reasons(doodles) == {
        "quickdraw/apple/1.png": "has the same name as quickdraw/apple/1.jpg",
        "quickdraw-apple-9": "listed, but there is no such file",
        "quickdraw-cat-4": "unreadable: empty file",
        "quickdraw-cat-5": "not listed in quickdraw_train.txt or quickdraw_test.txt",
    }
    assert set(doodles.accepted["id"]) == {
        "quickdraw-apple-1", "quickdraw-apple-2", "quickdraw-cat-3",
    }  # fmt: skip
    limited = given(prepared(_section(limit=1), path))
    assert {"quickdraw-apple-9", "quickdraw-cat-5"} <= set(reasons(limited))


def test_without_lists_all_files_are_used(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """And the log says so."""
    table = prepared(_section(), laid(tmp_path / "in", {**DOODLES, **SKETCHES}))
    assert len(table) == 2
    assert table.index["part"].isna().all()
    assert "has no sketch_train.txt" in caplog.text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("quickdraw/apple/2.png\n", r"train\.txt, line 3: 'quickdraw/apple/2.png' is not"),
        ("\nquickdraw/cat/2.png cat\n", r"line 4: 'quickdraw/cat/2.png cat' is not"),
        ("real/cat/2.png 64\n", r"is not 'quickdraw/PATH LABEL'"),
        ("quickdraw/cat/2.png -1\n", r"is not 'quickdraw/PATH LABEL'"),
        ("quickdraw/apple/2.png 11\n", r"test\.txt, line 1: quickdraw/apple/2.png is listed twice"),
    ],
)
def test_a_damaged_list_is_explained(tmp_path: Path, text: str, said: str) -> None:
    """By file, line and text."""
    with pytest.raises(UserError, match=said):
        prepared(_section(), _laid(tmp_path, **_with(text)))


def test_a_list_that_is_no_text_is_explained(tmp_path: Path) -> None:
    """And where to get another."""
    with pytest.raises(UserError, match=r"sketch_test\.txt cannot be read.*fetch it again"):
        prepared(_section(), _laid(tmp_path, **{"sketch_test.txt": b"\xff\xfe"}))


def test_a_missing_domain_names_those_there(tmp_path: Path) -> None:
    """Two that are the same are refused at once."""
    with pytest.raises(UserError, match=r"no domain 'real' \(known: quickdraw, sketch\)"):
        prepared(_section(b="real"), _laid(tmp_path))
    with pytest.raises(ValidationError, match="a and b must differ, both are 'sketch'"):
        _section(a="sketch")


def test_the_crop_is_random_and_the_same_each_time(tmp_path: Path) -> None:
    """As in P5; a worker cuts the same place."""
    assert _section().crop == "random"
    make = _section().open(_laid(tmp_path), 32, tmp_path).images.make
    assert (pickled(make)(1) == make(1)).all()
