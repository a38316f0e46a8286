"""Reads ``dvc.yaml`` and the code it runs, and says where the two disagree.

``dvc repro`` decides by a stage's ``deps`` and ``params`` whether to run it again. An import or a
parameter that is not declared gives stale results without a word; one too many runs for hours
for nothing.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

PACKAGES = ("s2f_core", "stages")
PARAMS = "s2f_core.params"
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
        frozenset(tuple(_blank(key).split(".")) for key in _paths(entry.get("params", []))),
    )


def _blank(text: str) -> str:
    return re.sub(r"\$\{[^}]*\}", ANY, text)


def _paths(entries: list[Any]) -> Iterator[str]:
    for entry in entries:
        yield entry if isinstance(entry, str) else next(iter(entry))


def closure(root: Path, module: str) -> set[Path]:
    """Every file of this repository that a stage imports, now or in a function, or is run by.

    Type-checking-only imports and files without code (a docstring at most) do not count.
    """
    seen: set[Path] = set()
    waiting = {f"stages.{module}"}
    while waiting:
        name = waiting.pop()
        for path in _files(root, name):
            if path not in seen:
                seen.add(path)
                waiting |= set(_imports(root, path))
    return {path.relative_to(root) for path in seen if _has_code(path)}


def _files(root: Path, module: str) -> Iterator[Path]:
    """The module's file and the ``__init__`` of every package it lies in."""
    parts = module.split(".")
    for depth in range(1, len(parts) + 1):
        here = root.joinpath(*parts[:depth])
        for file in (here / "__init__.py", here.with_suffix(".py")):
            if file.is_file():
                yield file


def _imports(root: Path, path: Path) -> Iterator[str]:
    package = path.relative_to(root).with_suffix("").parts[:-1]
    for node in _nodes(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            origin = ".".join([*above, *([node.module] if node.module else [])])
            # `from package import name`: the name may be a module of its own.
            names = [origin, *(f"{origin}.{alias.name}" for alias in node.names)]
        yield from (name for name in names if name.split(".")[0] in PACKAGES)


def _nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those that only a type checker sees."""
    for node in ast.iter_child_nodes(tree):
        hidden = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for part in node.orelse if hidden and isinstance(node, ast.If) else [node]:
            yield part
            yield from _nodes(part)


def _has_code(path: Path) -> bool:
    body = ast.parse(path.read_text(encoding="utf-8")).body
    return any(not (isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant)) for n in body)


def wrong_deps(root: Path, stage: Stage) -> list[str]:
    """Code that is imported and no dep, and deps that are code nothing imports."""
    files = closure(root, stage.module)
    code = {Path(dep) for dep in stage.deps if dep.split("/")[0] in PACKAGES}
    missing = {file for file in files if not code & {file, *file.parents}}
    unused = {dep for dep in code if not any(dep in {file, *file.parents} for file in files)}
    return [
        *(f"{stage.name}: imports {path}, which is no dep" for path in sorted(missing)),
        *(f"{stage.name}: dep {path} is never imported" for path in sorted(unused)),
    ]


def loaded(root: Path, module: str) -> set[Keys]:
    """The parameters that a stage's code loads, by the literal keys of its ``load`` calls."""
    found: set[Keys] = set()
    for file in closure(root, module):
        tree = ast.parse((root / file).read_text(encoding="utf-8"))
        names = _names_of_load(tree)
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and ast.unparse(call.func) in names:
                if any(keyword.arg == "file" for keyword in call.keywords):
                    continue  # another file than params.yaml
                found.add(tuple(_key(argument) for argument in call.args[1:]))
    return found


def _names_of_load(tree: ast.AST) -> set[str]:
    """What ``s2f_core.params.load`` is called in a file."""
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
