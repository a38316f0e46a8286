"""Two sources as two domains: doodles and photos under one role."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import pytest
from archives import given, laid, picture, reasons, zipped
from archives2 import dot, npy, packed, pickled, prepared, quickdraw_package
from pydantic import Field

from s2f_core.common.config import load
from s2f_core.common.errors import UserError
from s2f_core.data.datasets.celeba import CelebA1k
from s2f_core.data.datasets.domains import Domains
from s2f_core.data.datasets.quickdraw import QuickDraw

Single = Annotated[CelebA1k | QuickDraw, Field(discriminator="source")]
Dataset = Annotated[Single | Domains[Single], Field(discriminator="source")]


@pytest.fixture
def assets(tmp_path: Path) -> Path:
    """Two doodles of faces and one of a cat; three photos, of which one is damaged."""
    doodles = packed({"face": [dot(2, 2), dot(20, 4)], "cat": [dot(1, 1)]})
    photos = {"000001.jpg": picture("red"), "000002.jpg": b"", "000003.jpg": picture("blue")}
    files = {"quickdraw/quickdraw.zip": zipped(doodles), "celeba-1k/faces.zip": zipped(photos)}
    return laid(tmp_path / "assets", files)


def _section(path: Path, a: str = "", b: str = "") -> Domains[Single]:
    file = path.parent / f"params-{len(a)}-{len(b)}.yaml"
    file.write_text(
        f"faces: {{source: domains, path: {path}, "
        f"a: {{source: quickdraw, path: {path}/quickdraw{a}}}, "
        f"b: {{source: celeba-1k, path: {path}/celeba-1k{b}}}}}\n"
    )
    section = load(Dataset, "faces", file=file)
    assert isinstance(section, Domains)
    return section


def test_two_sources_become_two_tables(assets: Path) -> None:
    """Each as its source makes it, with all that it knows; no id is in both."""
    table = prepared(_section(assets, ", classes: [face]"), assets)
    assert table.index["id"].tolist() == ["b-000001", "b-000002", "b-000003"]
    assert reasons(table) == {"b-000002": "unreadable: empty file"}
    assert table.shape == (32, 32, 3)
    doodles = given(table)
    assert doodles.index["id"].tolist() == ["a-face-0000", "a-face-0001"]
    assert doodles.index["class"].tolist() == ["face", "face"]
    assert doodles.shape == (32, 32, 1)


def test_two_parts_of_one_source(assets: Path) -> None:
    """The same source twice, and the same image in both."""
    section = {"source": "quickdraw", "path": assets / "quickdraw", "classes": ["face"]}
    both = Domains[Single].model_validate(
        {"source": "domains", "path": assets, "a": section, "b": section}
    )
    table = prepared(both, assets)
    assert set(table.index["id"]).isdisjoint(given(table).index["id"])
    assert (table.image(1) == given(table).image(1)).all()


def test_what_dvc_would_not_see_is_refused(assets: Path, tmp_path: Path) -> None:
    """A path beside ``path``; a wrong key tells those of the source within."""
    laid(tmp_path / "elsewhere", {"cat.npy": npy(np.ones((1, 784), np.uint8))})
    elsewhere = tmp_path / "elsewhere"
    section = {"source": "quickdraw", "path": elsewhere}
    with pytest.raises(ValueError, match=r"the path of a, .*elsewhere, must be below path"):
        Domains[Single].model_validate(
            {"source": "domains", "path": assets, "a": section, "b": section}
        )
    with pytest.raises(UserError, match=r"faces\.domains\.b\.celeba-1k\.classes: unknown key"):
        _section(assets, b=", classes: [face]")


def test_a_source_that_is_missing_says_so(tmp_path: Path) -> None:
    """As it does alone."""
    laid(tmp_path / "assets", {"quickdraw/x.tgz": quickdraw_package({})})
    with pytest.raises(UserError, match="has no drawings"):
        prepared(_section(tmp_path / "assets"), tmp_path / "assets")


def test_a_worker_makes_the_same(assets: Path) -> None:
    """Though the section is of a class made for these sources, which cannot be pickled."""
    opened = _section(assets).open(assets, 32, assets)
    for domain in (opened.images, opened.own_inputs):
        assert domain is not None
        assert (pickled(domain.make)(0) == domain.make(0)).all()
