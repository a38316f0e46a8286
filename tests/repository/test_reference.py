"""The generated reference pages have every key, command and score, each with a description."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from docs.generate import commands, metrics, parameters
from docs.generate.pages import PAGES
from s2f_core.common.config import TOP_LEVEL
from s2f_core.data.assets.catalogue import CATALOGUE
from stages.main import COMMANDS

ROOT = Path(__file__).parents[2]
SECTIONS = {parameters.title(path, section): section for path, section in parameters.sections()}


def test_the_page_has_every_top_level_key_of_params_yaml() -> None:
    """The section that documents the file has the file's keys."""
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    assert set(parameters.Parameters.model_fields) == set(params) == set(TOP_LEVEL)


@pytest.mark.parametrize("title", SECTIONS)
def test_every_key_has_a_row_with_type_and_description(title: str) -> None:
    """Only the key that chooses a section of a union has no row."""
    section: type[BaseModel] = SECTIONS[title]
    rows = parameters.table(section).splitlines()
    for key, field in section.model_fields.items():
        if key in parameters.TAGS and f"| `{key}` |" not in "\n".join(rows):
            assert parameters.tags(section)
            continue
        assert field.description, f"{title}: {key}"
        (row,) = [row for row in rows if row.startswith(f"| `{key}` |")]
        cells = [cell.strip() for cell in row.strip("|").split(" | ")]
        assert cells[1]
        assert "<class" not in row
    assert parameters.docstring(section)


def test_defaults_and_types_are_written_as_yaml() -> None:
    """A row as a reader sees it."""
    rows = parameters.table(SECTIONS["recipe"]).splitlines()
    assert "| `batch` | integer, ≥ 1, ≤ 65,536 | `1` | Images per step" in "\n".join(rows)
    (schedule,) = [row for row in rows if row.startswith("| `schedule`")]
    assert "[linear](#schedule-linear)" in schedule
    assert "`{type: linear}`" in schedule


def test_links_within_the_page_lead_to_headings() -> None:
    """Every section that a type names is on the page."""
    text = parameters.page()
    anchors = {parameters.anchor(title) for title in SECTIONS}
    for link in set(re.findall(r"\]\(#([^)]+)\)", text)):
        assert link in anchors


def test_every_command_has_help_and_every_option_a_description() -> None:
    """In the order of ``s2f --help``."""
    by_name = dict(commands.commands())
    assert len(by_name) == len(COMMANDS)
    text = commands.page()
    for name, command in by_name.items():
        assert command.help, name
        assert f"## s2f {name}\n" in text
        for one in command.params:
            assert getattr(one, "help", None), f"{name}: {one.name}"


@pytest.mark.parametrize("key", metrics.SCORES)
def test_every_score_has_its_declaration_and_docstring(key: str) -> None:
    """Title, range, direction, description and the text of its function."""
    score = metrics.SCORES[key]
    assert score.describe
    assert metrics.explanation(score)
    text = metrics.page()
    assert f"| {score.title} | `{key}` | {metrics.value_range(score)} |" in text
    assert f"## {score.title}\n" in text


def test_every_asset_has_size_and_licence() -> None:
    """One row each."""
    text = PAGES["reference/assets.md"]()
    for name, asset in CATALOGUE.items():
        assert f"| `{name}` |" in text
        assert asset.licence


def test_the_python_page_names_objects_that_exist() -> None:
    """mkdocstrings finds what the page names."""
    import pydoc

    for line in PAGES["reference/python.md"]().splitlines():
        if line.startswith("::: "):
            assert pydoc.locate(line.removeprefix("::: ")) is not None, line
