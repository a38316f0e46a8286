"""Compare ``dvc.yaml`` with the code that it runs.

``dvc repro`` decides by a stage's ``deps`` and ``params`` whether to run it again. A missing
parameter gives stale results without a warning; a superfluous one repeats stages in vain.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from s2f_core.common.code_digest import PACKAGES, imported_files

PARAMS = "s2f_core.common.config"
ANY = "*"  # a key known only at run time

Keys = tuple[str, ...]


@dataclass(frozen=True)
class Stage:
    """An entry of ``dvc.yaml``; :data:`ANY` stands for the values of a template."""

    name: str
    module: str
    deps: frozenset[str]
    params: frozenset[Keys]


def read_stages(root: Path) -> list[Stage]:
    """Read the stages of ``dvc.yaml``; one with foreach or matrix is read once, as a template."""
    entries = yaml.safe_load((root / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    return [_stage(name, entry.get("do", entry)) for name, entry in entries.items()]


def _stage(name: str, entry: dict[str, Any]) -> Stage:
    command = entry["cmd"] if isinstance(entry["cmd"], str) else " && ".join(entry["cmd"])
    modules = set(re.findall(r"\bpython -m stages\.(\w+)", command))
    if len(modules) != 1:
        raise ValueError(f"{name}: cmd has to run one `python -m stages.<name>`, got {command!r}")
    return Stage(
        name,
        modules.pop(),
        frozenset(_blank(dep) for dep in _paths(entry.get("deps", []))),
        frozenset(tuple(_blank(key).split(".")) for key in entry.get("params", [])),
    )


def _blank(text: str) -> str:
    return re.sub(r"\$\{[^}]*\}", ANY, text)


def _paths(entries: list[Any]) -> Iterator[str]:
    for entry in entries:
        yield entry if isinstance(entry, str) else next(iter(entry))


def wrong_deps(stage: Stage) -> list[str]:
    """List the errors in a stage's deps: its code's digest must be there, and no other code.

    A generated role has a file of code as its ``path``, which is a template here.
    """
    digest = f"data/code/{stage.module}"
    expected = set() if stage.module == "code" else {digest}
    actual = {dep for dep in stage.deps if dep.startswith("data/code")}
    listed = {dep for dep in stage.deps if dep.split("/")[0] in PACKAGES}
    other = listed - set(PACKAGES) if stage.module == "code" else listed
    return [
        *(f"{stage.name}: {dep} is not among its deps" for dep in sorted(expected - actual)),
        *(f"{stage.name}: dep {dep} is another stage's" for dep in sorted(actual - expected)),
        *(f"{stage.name}: dep {dep} is code, which {digest} covers" for dep in sorted(other)),
    ]


def loaded_params(root: Path, module: str) -> set[Keys]:
    """Return the parameters that a stage's code loads: the literal keys of its ``load`` calls."""
    loaded: set[Keys] = set()
    for file in imported_files(root, f"stages.{module}"):
        if file.suffix != ".py":
            continue
        tree = ast.parse((root / file).read_text(encoding="utf-8"))
        names = _names_of_load(tree)
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and ast.unparse(call.func) in names:
                if any(keyword.arg == "file" for keyword in call.keywords):
                    continue  # a file other than params.yaml is a dep
                loaded.add(tuple(_key(argument) for argument in call.args[1:]))
    if any(keys[0] == "variants" for keys in loaded):
        loaded.add(("defaults",))  # an entry under variants is merged with them
    return loaded


def _names_of_load(tree: ast.AST) -> set[str]:
    """Return the names of ``s2f_core.common.config.load`` in a file."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if (node.module, alias.name) == (PARAMS, "load"):
                    names.add(alias.asname or "load")
                if f"{node.module}.{alias.name}" == PARAMS:
                    names.add(f"{alias.asname or alias.name}.load")
    return names


def _key(argument: ast.expr) -> str:
    if isinstance(argument, ast.Starred):
        raise TypeError(f"load(*{ast.unparse(argument.value)}): the keys must be literal")
    return str(argument.value) if isinstance(argument, ast.Constant) else ANY


def wrong_params(root: Path, stage: Stage) -> list[str]:
    """List parameters that are loaded but not declared, or declared but not loaded.

    The keys must be the same: a declared section, of which a stage loads one entry, would repeat
    every variant after a change of one.
    """
    loaded = loaded_params(root, stage.module)
    return [
        *(
            f"{stage.name}: loads {'.'.join(keys)}, which is not among its params"
            for keys in sorted(loaded)
            if not any(_same(keys, other) for other in stage.params)
        ),
        *(
            f"{stage.name}: declares {'.'.join(keys)}, which it never loads"
            for keys in sorted(stage.params)
            if not any(_same(keys, other) for other in loaded)
        ),
    ]


def _same(one: Keys, other: Keys) -> bool:
    pairs = zip(one, other, strict=False)
    return len(one) == len(other) and all(a == b or ANY in (a, b) for a, b in pairs)
