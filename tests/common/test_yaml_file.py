"""YAML files: read as DVC reads them, and what DVC passes over is an error."""

from pathlib import Path

import pytest
from dvc.utils.serialize import parse_yaml

from s2f_core.common.errors import UserError
from s2f_core.common.yaml_file import read_yaml


def _read(folder: Path, text: str) -> object:
    file = folder / "file.yaml"
    file.write_text(text, encoding="utf-8")
    return read_yaml.__wrapped__(file, None)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("Yes", "Yes"),
        ("y", "y"),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("1e-4", 1e-4),
        ("1e-05", 1e-5),
        ("1E3", 1000.0),
        ("+.5", 0.5),
        ("5.", 5.0),
        ("1_000", 1000),
        ("1_0.5", 10.5),
        ("08", 8),
        ("010", 10),
        ("0o10", 8),
        ("0x10", 16),
        ("-0x10", -16),
        ("0b101", 5),
        ("1:30", "1:30"),
        ("12:00:00", "12:00:00"),
        ("-.inf", -float("inf")),
        ("1.2.3", "1.2.3"),
        ("--1", "--1"),
        ("'no'", "no"),
        ("'5'", "5"),
    ],
)
def test_a_bare_word_has_the_value_that_dvc_reads(tmp_path: Path, text: str, value: object) -> None:
    """YAML 1.2: `-S classes=[no,on]` puts both words into the file, and both stay words."""
    value_here = _read(tmp_path, f"key: {text}\n")
    assert value_here == {"key": value}
    assert type(value_here["key"]) is type(value)
    assert parse_yaml(f"key: {text}\n", "file.yaml") == {"key": value}


def test_a_date_is_text(tmp_path: Path) -> None:
    """A class or a folder can be called so; no key takes a date."""
    assert _read(tmp_path, "[2024-01-01, 2024-01-01 10:00:00]\n") == [
        "2024-01-01",
        "2024-01-01 10:00:00",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\ndata: {1: x}\n", "line 2: the key 1 is no text: put it in quotes"),
        ("~: x\n", "line 1: the key ~ is no text: put it in quotes"),
        ("true: x\n", "line 1: the key true is no text"),
        ("[a, b]: x\n", "line 1: the key is no text"),
        ("a: 1\nb: 2\na: 3\n", "line 3: the key 'a' is there twice"),
        ('a: "x\\0y"\n', "line 1: U.0000 is no character of a text"),
        ('a: "\\ud800"\n', "line 1: U.D800 is no character of a text"),
        ("a: [1,\n", "while parsing a flow node"),
        ("a: !!python/object:x {}\n", "could not determine a constructor"),
        ("&a [*a]\n", "an alias is inside the value that it repeats"),
    ],
)
def test_values_that_dvc_ignores_or_reads_differently_are_errors(
    tmp_path: Path, text: str, message: str
) -> None:
    """DVC makes no stage of a key that is a number; two equal keys are one of them for PyYAML."""
    with pytest.raises(UserError, match=f"file.yaml is not valid YAML: .*{message}") as error:
        _read(tmp_path, text)
    assert "\n" not in str(error.value)


def test_a_merged_mapping_may_be_overridden(tmp_path: Path) -> None:
    """The key `<<` is YAML's own."""
    text = "a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\n"
    assert _read(tmp_path, text) == {"a": {"x": 1, "y": 2}, "b": {"x": 1, "y": 3}}
