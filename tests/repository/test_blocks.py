"""The blocks of code in the pages written by hand are right: commands, YAML, Python and targets."""

from __future__ import annotations

import ast
import itertools
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from clones import with_variants
from pydantic import TypeAdapter

from docs.generate.commands import commands
from docs.generate.parameters import Parameters

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    *(page for page in sorted((ROOT / "docs").rglob("*.md")) if page.parent.name != "notes"),
]
BLOCK = re.compile(r"^ *```(\w*)(?: \S+)?\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)


def _blocks(page: Path, *languages: str) -> list[str]:
    blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
    return [text for language, text in blocks if language in languages]


def _lines(page: Path) -> Iterator[str]:
    """Commands of the page's shell blocks, joined where a line ends in a backslash."""
    for text in _blocks(page, "", "console"):
        for line in text.replace("\\\n", " ").splitlines():
            yield line.strip().partition(" # ")[0].rstrip()


def _commands(word: str) -> list[tuple[str, str]]:
    return [
        (page.name, part.strip())
        for page in PAGES
        for line in _lines(page)
        for part in re.split(r"&&|\|", line)
        if part.strip().startswith(f"{word} ")
    ]


@pytest.mark.parametrize(("page", "line"), _commands("s2f"))
def test_s2f_commands_have_valid_arguments(page: str, line: str) -> None:
    """Every option exists and every required argument is given."""
    _, name, *arguments = shlex.split(line)
    command: Any = dict(commands())[name]
    command.make_context(name, arguments)


@pytest.mark.parametrize(("page", "line"), [*_commands("dvc exp run"), *_commands("dvc repro")])
def test_dvc_targets_exist(page: str, line: str) -> None:
    """A target is a stage, or a stage of an entry of params.yaml, after ``s2f add`` on the page."""
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    added = [other.split()[2:] for name, other in _commands("s2f add") if name == page]
    params = with_variants(params, *itertools.chain(*added))
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    words = [word for word in shlex.split(line)[2:] if not word.startswith("-") and "=" not in word]
    for target in [word for word in words if word != "run"]:
        stage, _, entry = target.partition("@")
        assert stage in stages, target
        if entry and entry != "NAME":
            loop = stages[stage]["foreach"]
            keys = params[loop[2:-1]] if isinstance(loop, str) else loop
            assert entry in keys, target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_yaml_is_valid_for_params_yaml(page: Path) -> None:
    """Every top-level key has a value that its section accepts."""
    for text in _blocks(page, "yaml"):
        for key, value in yaml.safe_load(text).items():
            section: Any = Parameters.model_fields[key].annotation
            TypeAdapter(section).validate_python(value)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_can_be_parsed(page: Path) -> None:
    """And imports what is there."""
    for text in _blocks(page, "python"):
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom) and node.module and "s2f_core" in node.module:
                module = ROOT / node.module.replace(".", "/")
                assert module.is_dir() or module.with_suffix(".py").exists()


def test_there_are_blocks_to_test() -> None:
    """The patterns find what the pages have."""
    assert len(_commands("s2f")) > 20
    assert len(_commands("dvc exp run")) > 5
    assert sum(len(_blocks(page, "yaml")) for page in PAGES) >= 6
