"""Parameters: typed, closed, and clear when wrong."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import Field
from section_values import valid_values

from s2f_core.common.config import Section, load, merge, validate
from s2f_core.common.errors import UserError
from s2f_core.data.conditions import Condition
from s2f_core.data.conditions.pencil import Pencil
from s2f_core.training.variant import Variant


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


def test_an_unknown_key_at_the_top_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`-S ++max_step=5` adds a key that no stage would read."""
    (tmp_path / "params.yaml").write_text("max_steps: 1\nmax_step: 5\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"^params.yaml: max_step: unknown key \(known keys: seed,"):
        load(int, "max_steps")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("5", "value: Input should be a valid string, got 5: put it in quotes"),
        ("true", "value: Input should be a valid string, got True: put it in quotes"),
        ("null", "value: Input should be a valid string, got None"),
    ],
)
def test_a_number_in_place_of_text_says_to_quote_it(
    tmp_path: Path, text: str, message: str
) -> None:
    """A class whose name is a number or `true`."""
    file = tmp_path / "words.yaml"
    file.write_text(f"value: {text}\n")
    with pytest.raises(UserError, match=f": {message}$"):
        load(str, "value", file=file)


def test_true_is_no_number(tmp_path: Path) -> None:
    """Pydantic takes it for 1, at any depth; a key that takes true keeps it."""
    file = tmp_path / "truths.yaml"
    file.write_text(
        "seed: true\nwheels:\n  cart: {spokes: true}\n  bike: {spokes: 2, rate: 1}\nflags: [true]\n"
    )
    with pytest.raises(UserError, match=r": seed: Input should be a valid number, got True$"):
        load(int, "seed", file=file)
    with pytest.raises(UserError, match=r": wheels\.cart\.spokes: Input .* number, got True$"):
        load(dict[str, Wheel], "wheels", file=file)
    with pytest.raises(UserError, match=r": flags\.0: Input .* number, got True$"):
        load(tuple[float, ...], "flags", file=file)
    assert load(list[bool], "flags", file=file) == [True]


@pytest.mark.parametrize("text", [".nan", ".inf", "-.inf", "1e999"])
def test_a_number_is_finite(tmp_path: Path, text: str) -> None:
    """NaN passes every comparison with a bound that pydantic makes."""
    file = tmp_path / "numbers.yaml"
    file.write_text(f"wheel: {{spokes: 1, rate: {text}}}\n")
    with pytest.raises(UserError, match=r": wheel\.rate: Input should be a finite number"):
        load(Wheel, "wheel", file=file)


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


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        ("recipe.batch", 0, r"got 0 \(allowed: ≥ 1, ≤ 65,536\)"),
        ("recipe.epochs", -1, r"got -1 \(allowed: > 0, ≤ 1,000,000\)"),
        ("recipe.sketch.drop", [0, 2], r"got 2 \(allowed: ≥ 0, ≤ 1\)"),
        ("recipe.sketch.canny.sigma", [0, 99], r"got 99 \(allowed: ≥ 0, ≤ 32\)"),
        ("recipe.sketch.canny.sygma", 1, r"unknown key \(known keys: sigma, low, high\)"),
        ("recipe.schedule.decay", 2, r"got 2 \(allowed: > 0, ≤ 1\)"),
        ("generator.depth", 1, r"got 1 \(allowed: ≥ 2"),
        ("generator.activation.slop", 1, r"unknown key \(known keys: type, slope\)"),
    ],
)
def test_the_allowed_range_is_found_at_any_depth(place: str, value: object, message: str) -> None:
    """Through optional sections, unions, tuples and mappings."""
    values: dict[str, Any] = valid_values(Variant)
    values["recipe"] |= {"sketch": {"canny": {}}, "schedule": {"type": "linear"}}
    values["generator"] |= {"activation": {"type": "leaky-relu"}}
    *path, last = place.split(".")
    inner = values
    for key in path:
        inner = inner[key]
    inner[last] = value
    with pytest.raises(UserError, match=rf"^p: variants\.{place}[.\d]*: .*{message}") as error:
        validate(Variant, values, "variants", file=Path("p"))
    assert "\n" not in str(error.value)


def test_a_missing_or_broken_file_is_explained(tmp_path: Path) -> None:
    """Not there, or not YAML."""
    with pytest.raises(UserError, match="does not exist"):
        load(int, "seed", file=tmp_path / "none.yaml")
    broken = tmp_path / "broken.yaml"
    broken.write_text("a: [1,\n")
    with pytest.raises(UserError, match="is not valid YAML") as error:
        load(int, "seed", file=broken)
    assert "\n" not in str(error.value)


def test_a_changed_file_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one of the same name in another folder."""
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "params.yaml").write_text(f"precision: {name}\n")
        monkeypatch.chdir(tmp_path / name)
        assert load(str, "precision") == name
    Path("params.yaml").write_text("precision: edited\n")
    assert load(str, "precision") == "edited"


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
