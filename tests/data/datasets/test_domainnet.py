"""DomainNet: two domains of it, of any length, without pairs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from archives import (
    colour_names,
    fetch_from_loopback,
    make_zip,
    own_inputs,
    picture,
    reasons,
    write_files,
)
from drawing_archives import pickle_round_trip, prepare_table
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
    return write_files(tmp_path / "in", {**DOODLES, **SKETCHES, **LISTS, **more})


def _with(text: str, name: str = "quickdraw_train.txt") -> Mapping[str, bytes]:
    return {name: LISTS[name] + text.encode()}


def test_fetched_domains_become_two_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of their own lengths; ids differ, there are no labels, and the part is that of the lists."""
    domains = {"quickdraw": DOODLES, "sketch": SKETCHES, "painting": {}, "real": {}}
    bodies = {f"{name}.zip": make_zip(files) for name, files in domains.items()}
    texts = {f"{name}_{part}.txt": b"" for name in domains for part in ("train", "test")}
    path = fetch_from_loopback("domainnet", {**bodies, **texts, **LISTS}, tmp_path, monkeypatch)
    table = prepare_table(_section(), path)
    assert colour_names(table) == ["red", "blue"]
    ids = ["sketch-apple-sketch_011_000001", "sketch-cat-sketch_064_000002"]
    assert table.index["id"].tolist() == ids
    assert table.index["part"].tolist() == ["train", "test"]
    doodles = own_inputs(table)
    assert colour_names(doodles) == ["red", "green", "blue"]
    ids = ["quickdraw-apple-1", "quickdraw-apple-2", "quickdraw-cat-3"]
    assert doodles.index["id"].tolist() == ids
    for one in (table, doodles):
        assert one.index["class"].isna().all()
        assert one.index["rejected"].isna().all()
        assert one.shape == (32, 32, 3)


def test_labels_are_kept_and_classes_selected(tmp_path: Path) -> None:
    """A class without images in one domain is a rejected row there."""
    path = _laid(tmp_path)
    table = prepare_table(_section(labels=True), path)
    assert table.index["class"].tolist() == ["apple", "cat"]
    table = prepare_table(_section(classes=["cat"]), path)
    assert colour_names(table) == colour_names(own_inputs(table)) == ["blue"]
    write_files(path, {"sketch/dog/sketch_1.jpg": picture()})
    (path / "sketch_test.txt").write_bytes(LISTS["sketch_test.txt"] + b"sketch/dog/sketch_1.jpg 3")
    doodles = own_inputs(prepare_table(_section(limit=9), path))
    assert reasons(doodles) == {"quickdraw/dog/": "empty class: no image can be used"}
    with pytest.raises(UserError, match=r"no class 'cats' \(allowed: .*cat"):
        prepare_table(_section(classes=["cats"]), path)


def test_a_limit_samples_from_the_whole_domain(tmp_path: Path) -> None:
    """By the seed; a larger limit includes the sample of a smaller one."""
    more = {f"sketch/c{n % 5}/{n:02d}.png": picture() for n in range(40)}
    path = write_files(tmp_path / "in", {**DOODLES, **more})
    ids = {}
    for limit, seed in ((10, 0), (20, 0), (10, 1)):
        table = prepare_table(_section(limit=limit, seed=seed, labels=True), path)
        ids[limit, seed] = set(table.accepted["id"])
        assert len(table) == limit
        assert table.accepted["class"].nunique() > 1
        assert table.accepted["id"].is_monotonic_increasing
    assert ids[10, 0] < ids[20, 0]
    assert ids[10, 0] != ids[10, 1]


def test_unusable_files_are_rejected_rows(tmp_path: Path) -> None:
    """Missing, unlisted, two of one name, unreadable; a limit hides none of them."""
    path = _laid(
        tmp_path,
        **_with("quickdraw/apple/9.png 11\nquickdraw/apple/1.jpg 11\nquickdraw/cat/4.png 64\n"),
        **{
            "quickdraw/apple/1.jpg": picture("green", kind="JPEG"),
            "quickdraw/cat/4.png": b"",
            "quickdraw/cat/5.png": picture(),
        },
    )
    doodles = own_inputs(prepare_table(_section(), path))
    assert reasons(doodles) == {
        "quickdraw/apple/1.png": "has the same name as quickdraw/apple/1.jpg",
        "quickdraw-apple-9": "listed, but there is no such file",
        "quickdraw-cat-4": "an empty file",
        "quickdraw-cat-5": "not listed in quickdraw_train.txt or quickdraw_test.txt",
    }
    assert set(doodles.accepted["id"]) == {
        "quickdraw-apple-1", "quickdraw-apple-2", "quickdraw-cat-3",
    }  # fmt: skip
    limited = own_inputs(prepare_table(_section(limit=1), path))
    assert {"quickdraw-apple-9", "quickdraw-cat-5"} <= set(reasons(limited))


def test_without_lists_all_files_are_used(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A warning is logged."""
    table = prepare_table(_section(), write_files(tmp_path / "in", {**DOODLES, **SKETCHES}))
    assert len(table) == 2
    assert table.index["part"].isna().all()
    assert "has no sketch_train.txt" in caplog.text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("quickdraw/apple/2.png\n", r"train\.txt, line 3: 'quickdraw/apple/2.png' is not"),
        ("\nquickdraw/cat/2.png cat\n", r"line 4: 'quickdraw/cat/2.png cat' is not"),
        ("real/cat/2.png 64\n", r"is not 'quickdraw/PATH LABEL'"),
        ("quickdraw/cat/2.png -1\n", r"is not 'quickdraw/PATH LABEL'"),
        ("quickdraw/apple/2.png 11\n", r"test\.txt, line 1: quickdraw/apple/2.png is listed twice"),
    ],
)
def test_a_malformed_list_is_an_error(tmp_path: Path, text: str, message: str) -> None:
    """The error has file, line and text."""
    with pytest.raises(UserError, match=message):
        prepare_table(_section(), _laid(tmp_path, **_with(text)))


def test_a_list_that_is_not_text_is_an_error(tmp_path: Path) -> None:
    """The error says to fetch it again."""
    with pytest.raises(UserError, match=r"sketch_test\.txt cannot be read.*fetch it again"):
        prepare_table(_section(), _laid(tmp_path, **{"sketch_test.txt": b"\xff\xfe"}))


def test_a_missing_domain_is_an_error(tmp_path: Path) -> None:
    """The error lists the existing ones; two equal domains are refused."""
    with pytest.raises(UserError, match=r"no domain 'real' \(known: quickdraw, sketch\)"):
        prepare_table(_section(b="real"), _laid(tmp_path))
    with pytest.raises(ValidationError, match="a and b must differ, both are 'sketch'"):
        _section(a="sketch")


def test_the_random_crop_is_reproducible(tmp_path: Path) -> None:
    """As in P5; an unpickled maker makes the same crop."""
    assert _section().crop == "random"
    make = _section().open(_laid(tmp_path), 32, tmp_path).images.make
    assert (pickle_round_trip(make)(1) == make(1)).all()
