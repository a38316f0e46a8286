"""Every key of every section: a value works, or is an error of one line that names the key."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import pytest
from pydantic import BaseModel
from section_values import is_small, use, valid_values, values_of

from docs.generate.parameters import Parameters, sections, title
from s2f_core.common.config import validate
from s2f_core.common.errors import UserError

SECTIONS = {
    title(path, section): section for path, section in sections() if section is not Parameters
}
KEYS = [(name, key) for name, section in SECTIONS.items() for key in section.model_fields]
SCALARS = ("seed", "image_size", "lr", "width", "max_steps", "max_minutes", "precision")
FILE = Path("params.yaml")


@pytest.mark.parametrize("name", SECTIONS)
def test_the_required_keys_are_enough(name: str) -> None:
    """So an error below is of the value that is tried."""
    section = SECTIONS[name]
    use(validate(section, valid_values(section), "place", file=FILE))


@pytest.mark.parametrize(("name", "key"), KEYS)
def test_a_value_works_or_is_explained_in_one_line(name: str, key: str) -> None:
    """Wrong types, numbers without meaning, the bounds themselves, texts that are no names."""
    kind = SECTIONS[name]
    for value in values_of(kind.model_fields[key]):
        values = {**valid_values(kind), key: value}
        try:
            section = validate(kind, values, "place", file=FILE)
        except UserError as error:
            _check_message(str(error), key, value)
            continue
        try:
            if is_small(value):
                use(section)
        except UserError as error:
            _check_line(str(error))
        except Exception as error:
            pytest.fail(f"{name}: {key}: {value!r}: {type(error).__name__}: {error}")


@pytest.mark.parametrize("key", SCALARS)
def test_a_top_level_value_works_or_is_explained(key: str) -> None:
    """The types that the stages load."""
    field = Parameters.model_fields[key]
    kind = Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation
    accepted = []
    for value in values_of(field):
        try:
            accepted.append(validate(kind, value, key, file=FILE))
        except UserError as error:
            _check_message(str(error), key, value)
    numbers = [each for each in accepted if isinstance(each, (int, float))]
    assert all(math.isfinite(number) and 0 <= number < 2**63 for number in numbers)
    assert not any(isinstance(each, bool) for each in accepted)


def _check_message(message: str, key: str, value: Any) -> None:
    for line in message.splitlines():
        assert key in line, f"{key}: {value!r}: {line}"
        _check_line(line)


def _check_line(text: str) -> None:
    assert text.isprintable(), text
    assert len(text) < 2000


@pytest.mark.parametrize(("name", "key"), KEYS)
def test_a_number_has_bounds_on_both_sides(name: str, key: str) -> None:
    """But for integers, which 64 bits bound above."""
    field = SECTIONS[name].model_fields[key]
    for kind, rules in _numbers(field.annotation, tuple(field.metadata)):
        names = {each for rule in rules for each in ("ge", "gt", "le", "lt") if hasattr(rule, each)}
        assert names & {"ge", "gt"}, f"{name}: {key} has no lower bound"
        assert names & {"le", "lt"} or kind is int, f"{name}: {key} has no upper bound"


def _numbers(annotation: Any, rules: tuple[Any, ...]) -> list[tuple[type, tuple[Any, ...]]]:
    if get_origin(annotation) is Annotated:
        kind, *own = get_args(annotation)
        inner = [rule for each in own for rule in getattr(each, "metadata", [each])]
        return _numbers(kind, (*rules, *inner))
    if annotation in {int, float}:
        return [(annotation, rules)]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return []
    return [pair for each in get_args(annotation) for pair in _numbers(each, rules)]
