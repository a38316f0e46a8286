"""The source's own inputs become a condition."""

from pathlib import Path

import pytest
from archives import picture, write_files
from fixtures import MakeTable

from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels
from s2f_core.data import tables
from s2f_core.data.conditions import convert
from s2f_core.data.conditions.given import GivenInputs
from s2f_core.data.conditions.gray import Gray
from s2f_core.data.datasets import prepare
from s2f_core.data.datasets.folder import Folder


def test_given_copies_the_sources_own_table(make_table: MakeTable, faces: Pixels) -> None:
    """Its ids and pixels; it may have another length than the photos."""
    photos = make_table("photos", faces)
    sketches = make_table("photos/given", faces[:7, :16, :, :1], group=list("aabbccd"))
    inputs = convert(
        photos, GivenInputs(type="given"), photos.folder.with_name("inputs"), Path("none")
    )
    assert (inputs.images(range(7)) == faces[:7, :16, :, :1]).all()
    assert inputs.accepted["group"].tolist() == list("aabbccd")
    assert inputs.accepted["id"].tolist() == sketches.accepted["id"].tolist()
    assert len(tables.read(photos.folder)) == 40


def test_given_is_refused_for_a_source_without_sketches(
    make_table: MakeTable, faces: Pixels
) -> None:
    """The message names the role's folder and the command that lists sources."""
    photos = make_table("photos", faces)
    with pytest.raises(UserError, match=r"photos: the condition 'given' needs .*'s2f datasets'"):
        convert(photos, GivenInputs(type="given"), photos.folder.with_name("inputs"), Path("none"))


def test_the_error_names_the_layout_of_the_source(tmp_path: Path) -> None:
    """A folder of photos, which the dataset stage took for photos."""
    section = Folder.model_validate({"source": "folder", "path": "unused"})
    path = write_files(tmp_path / "in", {f"{n}.png": picture() for n in range(3)})
    photos = prepare(section, path, 32, tmp_path / "kept", tmp_path)
    with pytest.raises(UserError, match=r"was read as images \(3 in no sub-folder\).*A/"):
        convert(photos, GivenInputs(type="given"), tmp_path / "inputs", tmp_path)


def test_sketches_of_the_source_are_not_passed_over(
    make_table: MakeTable, faces: Pixels, caplog: pytest.LogCaptureFixture
) -> None:
    """A condition that computes its own says so."""
    photos = make_table("photos", faces)
    make_table("photos/given", faces)
    convert(photos, Gray(type="gray"), photos.folder.with_name("inputs"), Path("none"))
    assert "the source's own sketches are not used" in caplog.text
