"""Reads ``dvc.yaml`` and the code it runs, and says where the two disagree.

``dvc repro`` decides by a stage's ``deps`` and ``params`` whether to run it again. A parameter that
is not declared gives stale results without a word; one too many runs for hours for nothing.
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
ANY = "*"  # a key that is known only when the stage runs

Keys = tuple[str, ...]


@dataclass(frozen=True)
class Stage:
    """One entry of ``dvc.yaml``; what a template fills in is :data:`ANY`."""

    name: str
    module: str
    deps: frozenset[str]
    params: frozenset[Keys]


def read_stages(root: Path) -> list[Stage]:
    """The stages of ``dvc.yaml``; one with foreach or matrix is read once, as its template."""
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
    """Whether a stage depends on the digest of its own code, and on no code besides.

    A role that is generated has a file of code as its ``path``, which is a template here.
    """
    digest = f"data/code/{stage.module}"
    wanted = set() if stage.module == "code" else {digest}
    found = {dep for dep in stage.deps if dep.startswith("data/code")}
    listed = {dep for dep in stage.deps if dep.split("/")[0] in PACKAGES}
    other = listed - set(PACKAGES) if stage.module == "code" else listed
    return [
        *(f"{stage.name}: {dep} is not among its deps" for dep in sorted(wanted - found)),
        *(f"{stage.name}: dep {dep} is another stage's" for dep in sorted(found - wanted)),
        *(f"{stage.name}: dep {dep} is code, which {digest} covers" for dep in sorted(other)),
    ]


def loaded(root: Path, module: str) -> set[Keys]:
    """The parameters that a stage's code loads, by the literal keys of its ``load`` calls."""
    found: set[Keys] = set()
    for file in imported_files(root, f"stages.{module}"):
        if file.suffix != ".py":
            continue
        tree = ast.parse((root / file).read_text(encoding="utf-8"))
        names = _names_of_load(tree)
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and ast.unparse(call.func) in names:
                if any(keyword.arg == "file" for keyword in call.keywords):
                    continue  # another file than params.yaml, which is a dep
                found.add(tuple(_key(argument) for argument in call.args[1:]))
    if any(keys[0] == "variants" for keys in found):
        found.add(("defaults",))  # an entry under variants is merged with them
    return found


def _names_of_load(tree: ast.AST) -> set[str]:
    """What ``s2f_core.common.config.load`` is called in a file."""
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
        raise TypeError(f"load(*{ast.unparse(argument.value)}): which keys, a reader cannot tell")
    return str(argument.value) if isinstance(argument, ast.Constant) else ANY


def wrong_params(root: Path, stage: Stage) -> list[str]:
    """Parameters that are loaded and not declared, or declared and not loaded.

    Both have to name the same keys: a whole section declared where one entry is loaded would run
    every variant again because one of them changed.
    """
    read = loaded(root, stage.module)
    return [
        *(
            f"{stage.name}: loads {'.'.join(keys)}, which is not among its params"
            for keys in sorted(read)
            if not any(_same(keys, other) for other in stage.params)
        ),
        *(
            f"{stage.name}: declares {'.'.join(keys)}, which it never loads"
            for keys in sorted(stage.params)
            if not any(_same(keys, other) for other in read)
        ),
    ]


def _same(one: Keys, other: Keys) -> bool:
    pairs = zip(one, other, strict=False)
    return len(one) == len(other) and all(a == b or ANY in (a, b) for a, b in pairs)
