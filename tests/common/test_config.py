"""Parameters: typed, closed, and clear when wrong."""

from pathlib import Path

import pytest
from pydantic import Field

from s2f_core.common.config import Section, load, merge
from s2f_core.common.errors import UserError
from s2f_core.data.conditions import Condition
from s2f_core.data.conditions.pencil import Pencil


class Wheel(Section):
    """A section of this test."""

    spokes: int = Field(ge=1)
    rate: float = 0.5


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A parameter file with good and bad values."""
    path = tmp_path / "params.yaml"
    path.write_text(
        "lr: 1e-05\n"
        "wheels:\n"
        "  front: {spokes: 12}\n"
        "  back: {spokes: 0}\n"
        "  odd: {spoke: 3}\n"
        "conditions:\n"
        "  good: {type: pencil, blur: 5}\n"
        "  even: {type: pencil, blur: 4}\n"
        "  other: {type: crayon}\n"
        "  extra: {type: pencil, bluh: 5}\n"
    )
    return path


def test_a_section_is_read_with_its_defaults(file: Path) -> None:
    """Missing keys have their default."""
    assert load(Wheel, "wheels", "front", file=file) == Wheel(spokes=12, rate=0.5)


def test_a_number_that_yaml_reads_as_text_is_a_number(file: Path) -> None:
    """`-S lr=1e-5` writes 1e-05, which YAML 1.1 reads as text."""
    assert load(float, "lr", file=file) == 1e-5


def test_a_registry_is_a_union(file: Path) -> None:
    """The type key chooses the section."""
    assert load(Condition, "conditions", "good", file=file) == Pencil(type="pencil", blur=5)


@pytest.mark.parametrize(
    ("kind", "keys", "message"),
    [
        (Wheel, ["wheels", "left"], "no 'left' under wheels (known keys: front, back, odd)"),
        (Wheel, ["axles"], "no 'axles' under the top level (known keys: lr, wheels, conditions)"),
        (Wheel, ["wheels", "back"], "wheels.back.spokes: Input should be greater than or equal"),
        (Wheel, ["wheels", "odd"], "wheels.odd.spoke: unknown key (known keys: spokes, rate)"),
        (Condition, ["conditions", "even"], "must be odd, got 4"),
        (
            Condition,
            ["conditions", "other"],
            "does not match any of the expected tags: 'edges', 'pencil', 'hed'",
        ),
        (Condition, ["conditions", "extra"], "unknown key (known keys: type, blur)"),
        (int, ["lr"], "lr: Input should be a valid integer"),
    ],
)
def test_a_wrong_parameter_is_explained(
    file: Path, kind: type, keys: list[str], message: str
) -> None:
    """The message names the file, the key, what was given and what is allowed."""
    with pytest.raises(UserError) as error:
        load(kind, *keys, file=file)
    assert message in str(error.value)
    assert str(file) in str(error.value)


def test_a_missing_or_broken_file_is_explained(tmp_path: Path) -> None:
    """Not there, or not YAML."""
    with pytest.raises(UserError, match="does not exist"):
        load(int, "seed", file=tmp_path / "none.yaml")
    broken = tmp_path / "broken.yaml"
    broken.write_text("a: [1,\n")
    with pytest.raises(UserError, match="is not valid YAML"):
        load(int, "seed", file=broken)


def test_a_changed_file_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one of the same name in another folder."""
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "params.yaml").write_text(f"name: {name}\n")
        monkeypatch.chdir(tmp_path / name)
        assert load(str, "name") == name
    Path("params.yaml").write_text("name: edited\n")
    assert load(str, "name") == "edited"


@pytest.mark.parametrize(
    ("default", "own", "merged"),
    [
        ({"a": 1, "b": {"c": 2}}, {"b": {"d": 3}}, {"a": 1, "b": {"c": 2, "d": 3}}),
        ({"a": {"type": "x", "b": 1}}, {"a": {"type": "y"}}, {"a": {"type": "y"}}),
        (
            {"a": {"type": "x", "b": 1}},
            {"a": {"type": "x", "c": 2}},
            {"a": {"type": "x", "b": 1, "c": 2}},
        ),
        ({"a": 1, "b": 2}, {"a": None}, {"b": 2}),
        ({"a": 1}, {"b": None}, {"a": 1, "b": None}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
    ],
)
def test_an_entry_is_merged_with_its_defaults(default: object, own: object, merged: object) -> None:
    """By key; another type replaces the whole, null removes."""
    assert merge(default, own) == merged


def test_an_error_names_where_the_value_was_written(tmp_path: Path) -> None:
    """Under the defaults or under the variant."""
    file = tmp_path / "params.yaml"
    file.write_text(
        "defaults: {wheel: {spokes: 0}}\nvariants:\n  cart: {}\n  bike: {wheel: {rate: fast}}\n"
    )
    with pytest.raises(UserError, match=r": defaults\.wheel\.spokes: Input should be greater"):
        load(dict[str, Wheel], "variants", "cart", file=file)
    with pytest.raises(UserError, match=r": variants\.bike\.wheel\.rate: Input should be a valid"):
        load(dict[str, Wheel], "variants", "bike", file=file)
