"""The documents say what is there: every key with its default, every link, every command."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from s2f_core.data.assets.catalogue import CATALOGUE
from s2f_core.data.sketch.augment import SketchAugment
from s2f_core.networks import Discriminator, Generator
from s2f_core.networks.layers import Activation
from s2f_core.training.health import Health
from s2f_core.training.objectives import ObjectiveSection
from s2f_core.training.recipe import Recipe
from s2f_core.training.schedules import Schedule

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
UNIONS = {
    "objective": ObjectiveSection,
    "generator": Generator,
    "discriminator": Discriminator,
    "schedule": Schedule,
    "activation": Activation,
}
ROW = re.compile(r"^\| `(\w+)` \| `([^`]+)` \| \S.* \|$", re.MULTILINE)
PATHS = re.compile(r"`((?:s2f_core|stages|tests|docs|benchmarks)/[\w./-]+)`")
FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
LINKS = re.compile(r"\]\(([^)#:]+)\)")


def _sections() -> dict[str, type[BaseModel]]:
    """What is documented, by the headings of docs/recipe.md."""
    found: dict[str, type[BaseModel]] = {
        "Recipe": Recipe,
        "health": Health,
        "sketch": SketchAugment,
    }
    for word, union in UNIONS.items():
        for section in get_args(get_args(union)[0]):
            (name,) = get_args(section.model_fields["type"].annotation)
            found[f"{word}: {name}"] = section
    return found


def _documented() -> dict[str, dict[str, Any]]:
    """The rows of every heading's table: the default, as YAML, by the key."""
    text = (ROOT / "docs" / "recipe.md").read_text(encoding="utf-8")
    parts = re.split(r"^##+ (.+)\n", text, flags=re.MULTILINE)[1:]
    return {
        heading: {key: yaml.safe_load(default) for key, default in ROW.findall(body)}
        for heading, body in zip(parts[::2], parts[1::2], strict=True)
    }


@pytest.mark.parametrize("heading", _sections())
def test_every_key_is_documented_with_its_default(heading: str) -> None:
    """None is missing and none is gone; defaults are those of the code."""
    section, rows = _sections()[heading], _documented()[heading]
    fields = {name: field for name, field in section.model_fields.items() if name != "type"}
    assert rows.keys() == fields.keys()
    for name, field in fields.items():
        default = field.get_default(call_default_factory=True)
        assert default is not PydanticUndefined, f"{name} has no default"
        given = rows[name]
        if isinstance(default, BaseModel):
            given = type(default).model_validate(given)
        assert given == (list(default) if isinstance(default, tuple) else default), name


def test_nothing_is_documented_that_is_not_there() -> None:
    """Every heading with a table is a section of the code."""
    assert {heading for heading, rows in _documented().items() if rows} <= _sections().keys()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_pages_links_and_paths_lead_somewhere(page: Path) -> None:
    """To files of this repository; blocks of code are not looked into."""
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    for link in LINKS.findall(text):
        assert (page.parent / link).exists(), link
    for path in PATHS.findall(text):
        assert (ROOT / path).exists(), path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_overrides_on_a_page_name_what_params_yaml_has(page: Path) -> None:
    """``-S KEY=`` of a key that stands there, ``-S +KEY=`` of one that does not or is taken out."""
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    text = page.read_text(encoding="utf-8")
    for added, key in re.findall(r"-S '?(\+?)([a-z][\w.-]*)=", text):
        here: Any = params
        *above, last = key.split(".")
        for part in above:
            here = here.get(part, {})
        assert (last in here and f"-S ~{key} " not in text) is not bool(added), key


def test_the_readme_names_every_variant_asset_and_command() -> None:
    """A new one has its line in the table."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    for name in [*params["variants"], *params["data"], *params["assets"]]:
        assert f"`{name}`" in text, name
    data = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
    for name in CATALOGUE:
        assert f"`{name}`" in text + data, name
    for stage in (ROOT / "stages").glob("*.py"):
        if stage.stem not in ("__init__", "app", "main"):
            assert f"`s2f {stage.stem.replace('_', '-')}" in text, stage.stem
