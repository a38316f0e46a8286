"""Two sources as two domains: doodles and photos under one role."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import pytest
from archives import make_zip, own_inputs, picture, reasons, write_files
from drawing_archives import (
    dot_bitmap,
    gzip_ndjson,
    npy_file,
    pickle_round_trip,
    prepare_table,
    quickdraw_package,
)
from pydantic import Field

from s2f_core.common.config import load
from s2f_core.common.errors import UserError
from s2f_core.data.datasets.celeba import CelebA1k
from s2f_core.data.datasets.domains import Domains
from s2f_core.data.datasets.folder import Folder
from s2f_core.data.datasets.quickdraw import QuickDraw

Single = Annotated[CelebA1k | QuickDraw, Field(discriminator="source")]
Dataset = Annotated[Single | Domains[Single], Field(discriminator="source")]


@pytest.fixture
def assets(tmp_path: Path) -> Path:
    """Two doodles of faces and one of a cat; three photos, of which one is damaged."""
    doodles = gzip_ndjson(
        {"face": [dot_bitmap(2, 2), dot_bitmap(20, 4)], "cat": [dot_bitmap(1, 1)]}
    )
    photos = {"000001.jpg": picture("red"), "000002.jpg": b"", "000003.jpg": picture("blue")}
    files = {"quickdraw/quickdraw.zip": make_zip(doodles), "celeba-1k/faces.zip": make_zip(photos)}
    return write_files(tmp_path / "assets", files)


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
    """Each with its own metadata; all ids differ."""
    table = prepare_table(_section(assets, ", classes: [face]"), assets)
    assert table.index["id"].tolist() == ["b-000001", "b-000002", "b-000003"]
    assert reasons(table) == {"b-000002": "an empty file"}
    assert table.shape == (32, 32, 3)
    doodles = own_inputs(table)
    assert doodles.index["id"].tolist() == ["a-face-0000", "a-face-0001"]
    assert doodles.index["class"].tolist() == ["face", "face"]
    assert doodles.shape == (32, 32, 1)


def test_one_source_can_be_both_domains(assets: Path) -> None:
    """The same image may be in both."""
    section = {"source": "quickdraw", "path": assets / "quickdraw", "classes": ["face"]}
    both = Domains[Single].model_validate(
        {"source": "domains", "path": assets, "a": section, "b": section}
    )
    table = prepare_table(both, assets)
    assert set(table.index["id"]).isdisjoint(own_inputs(table).index["id"])
    assert (table.image(1) == own_inputs(table).image(1)).all()


def test_a_path_outside_the_dependency_is_refused(assets: Path, tmp_path: Path) -> None:
    """DVC would not see it; an unknown key of an inner source is an error too."""
    write_files(tmp_path / "elsewhere", {"cat.npy": npy_file(np.ones((1, 784), np.uint8))})
    elsewhere = tmp_path / "elsewhere"
    section = {"source": "quickdraw", "path": elsewhere}
    with pytest.raises(ValueError, match=r"the path of a, .*elsewhere, must be below path"):
        Domains[Single].model_validate(
            {"source": "domains", "path": assets, "a": section, "b": section}
        )
    with pytest.raises(UserError, match=r"faces\.b\.classes: unknown key"):
        _section(assets, b=", classes: [face]")


def test_a_missing_source_is_an_error(tmp_path: Path) -> None:
    """With the source's own message."""
    write_files(tmp_path / "assets", {"quickdraw/x.tgz": quickdraw_package({})})
    with pytest.raises(UserError, match="has no drawings"):
        prepare_table(_section(tmp_path / "assets"), tmp_path / "assets")


def test_the_layout_of_each_folder_is_logged(tmp_path: Path) -> None:
    """Also that the sketches of one are not used."""
    files = {f"drawn/{n}.png": picture() for n in "12"}
    files |= {f"mine/{side}/{n}.png": picture() for side in "AB" for n in "34"}
    folders = {
        name: {"source": "folder", "path": write_files(tmp_path, files) / folder}
        for name, folder in (("a", "drawn"), ("b", "mine"))
    }
    section = Domains[Folder].model_validate({"source": "domains", "path": tmp_path, **folders})
    contents = section.open(tmp_path, 32, tmp_path)
    assert contents.layout == "unpaired"
    assert contents.reason == (
        "a is images (2 in no sub-folder); b is pairs (A/ and B/ share 2 names)"
    )
    assert contents.notes == ("b: the source's own sketches are not used, only its images are",)


def test_makers_can_be_pickled(assets: Path) -> None:
    """Although the section's generic class cannot be pickled."""
    source = _section(assets).open(assets, 32, assets)
    for domain in (source.images, source.own_inputs):
        assert domain is not None
        assert (pickle_round_trip(domain.make)(0) == domain.make(0)).all()
