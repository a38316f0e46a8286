"""The lists of sources and conditions are complete, know which assets are here, and fit a page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, get_args

import pytest
from pydantic import Field

from s2f_core.common.config import Section
from s2f_core.data.conditions import Condition
from s2f_core.data.datasets import Dataset
from s2f_core.data.inventory import Entry, format_bytes, format_table, inventory, sections
from stages.conditions import conditions
from stages.datasets import datasets


class Strips(Section):
    """Two sources of one kind."""

    ASSETS: ClassVar[tuple[str, ...]] = ("edges2shoes", "edges2handbags")
    source: Literal["edges2shoes", "edges2handbags"]


class Doodles(Section):
    """One source that can be fetched in three ways."""

    ASSETS: ClassVar[tuple[str, ...]] = ("quickdraw", "quickdraw-bitmaps", "quickdraw-strokes")
    source: Literal["quickdraw"]


class Sketchy(Section):
    """A source that is named as its asset."""

    source: Literal["sketchy"]


class Own(Section):
    """A source that is fetched from nowhere."""

    source: Literal["own"]


Tiny = Annotated[Strips | Doodles | Sketchy | Own, Field(discriminator="source")]


def tiny(assets: Path, roles: dict[str, Any] | None = None) -> dict[str, Entry]:
    """The entries of Tiny by name."""
    return {entry.name: entry for entry in inventory(Tiny, "source", roles or {}, assets)}


@pytest.mark.parametrize(("union", "tag"), [(Dataset, "source"), (Condition, "type")])
def test_every_member_of_a_union_is_listed(union: Any, tag: str, tmp_path: Path) -> None:
    """Each name has an entry with a summary; its assets are in the catalogue."""
    entries = inventory(union, tag, {}, tmp_path)
    names = [
        name
        for section in sections(union)
        for name in get_args(section.model_fields[tag].annotation)
    ]
    assert [entry.name for entry in entries] == names
    assert len(set(names)) == len(names)
    text = format_table(entries, "roles")
    for entry in entries:
        assert entry.about
        assert f"\n{entry.name} " in text
        assert {need.here for need in entry.needs} <= {"no"}


def test_a_section_needs_its_assets_or_that_of_its_name() -> None:
    """Of a section with several names, each needs the asset of its own name."""
    needs = {name: [need.name for need in entry.needs] for name, entry in tiny(Path()).items()}
    assert needs == {
        "edges2shoes": ["edges2shoes"],
        "edges2handbags": ["edges2handbags"],
        "quickdraw": ["quickdraw", "quickdraw-bitmaps", "quickdraw-strokes"],
        "sketchy": ["sketchy"],
        "own": [],
    }


def test_an_asset_is_here_if_its_files_are(tmp_path: Path) -> None:
    """``yes`` for all of its files, ``part`` for some."""
    (tmp_path / "quickdraw").mkdir()
    (tmp_path / "quickdraw/quickdraw.zip").touch()
    (tmp_path / "quickdraw-bitmaps/numpy_bitmap").mkdir(parents=True)
    (tmp_path / "quickdraw-bitmaps/numpy_bitmap/cat.npy").touch()
    entries = tiny(tmp_path)
    assert [need.here for need in entries["quickdraw"].needs] == ["yes", "part", "no"]
    text = format_table([entries["quickdraw"]], "roles")
    assert "  quickdraw          here, 14 MB " in text
    assert "  quickdraw-bitmaps  partly here, 672 MB " in text
    assert "get it: s2f fetch quickdraw-strokes" in text
    assert "get it: s2f fetch quickdraw\n" not in text


def test_an_asset_to_fetch_by_hand_has_instructions(tmp_path: Path) -> None:
    """With the folder to put it in."""
    (need,) = tiny(tmp_path)["sketchy"].needs
    assert need.how.startswith("by hand: download rendered_256x256.7z, unpack")
    assert need.how.endswith(f"into {tmp_path / 'sketchy'}")


def test_an_entry_names_the_roles_that_use_it(tmp_path: Path) -> None:
    """Also roles that use it inside another section."""
    roles = {
        "faces": {"source": "own"},
        "shoes": {"source": "domains", "a": {"source": "own"}, "b": {"source": "edges2shoes"}},
        "odd": None,
    }
    used = {name: entry.used_by for name, entry in tiny(tmp_path, roles).items()}
    assert used["own"] == ("faces", "shoes")
    assert used["edges2shoes"] == ("shoes",)
    assert used["quickdraw"] == ()


def test_a_table_fits_a_hundred_columns(tmp_path: Path) -> None:
    """Long names of roles are wrapped, and no line is longer."""
    roles = {f"a-role-with-a-long-name-{n}": {"source": "own"} for n in range(3)}
    lines = format_table(list(tiny(tmp_path, roles).values()), "roles").splitlines()
    assert max(map(len, lines)) <= 100
    assert lines[0].split() == ["NAME", "ROLES", "DESCRIPTION"]
    assert any("nothing to fetch" in line for line in lines)


@pytest.mark.parametrize(
    ("count", "text"),
    [(249_505, "250 kB"), (7_695_877, "7.7 MB"), (25_400_026, "25 MB"), (19_336_861_798, "19 GB")],
)
def test_bytes_have_a_unit(count: int, text: str) -> None:
    """And at least two digits."""
    assert format_bytes(count) == text


def test_the_commands_list_as_text_and_as_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """From the parameters and assets of the folder that they run in."""
    (tmp_path / "params.yaml").write_text(
        "data: {people: {source: celeba-1k}}\nconditions: {soft: {type: pencil}}\n"
    )
    (tmp_path / "data/assets/celeba-1k").mkdir(parents=True)
    (tmp_path / "data/assets/celeba-1k/celeba-1k.zip").touch()
    monkeypatch.chdir(tmp_path)
    datasets(json=True)
    (faces,) = (x for x in json.loads(capsys.readouterr().out) if x["name"] == "celeba-1k")
    assert faces["used_by"] == ["people"]
    assert faces["needs"][0]["here"] == "yes"
    assert "research" in faces["needs"][0]["licence"]
    conditions(json=True)
    (pencil,) = (x for x in json.loads(capsys.readouterr().out) if x["name"] == "pencil")
    assert pencil["used_by"] == ["soft"]
    datasets()
    assert "here, 25 MB" in capsys.readouterr().out
    conditions()
    assert "soft" in capsys.readouterr().out
