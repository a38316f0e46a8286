"""What code a stage runs: every file of this project that it imports, and a digest of them.

DVC runs a stage again when a dependency's content has changed. A list of files kept by hand is
sooner or later wrong; an import that is missing gives stale results without a word.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

PACKAGES = ("s2f_core", "stages")
MODULE = re.compile(rf"({'|'.join(PACKAGES)})(\.\w+)+")


def imported_files(root: Path, module: str) -> set[Path]:
    """Every file of the project at ``root`` that a module runs, as paths below ``root``.

    What it imports, now or in a function, directly or not; a module that is named as a string, such
    as for a process of its own; and what lies beside all these and is no Python, such as templates.
    Imports for type checkers only, and files without code (a docstring at most), do not count. Nor
    does what a package offers itself, such as ``s2f_core.load``, unless that is what is imported:
    its ``__init__`` runs nothing.
    """
    seen: set[Path] = set()
    waiting = {module}
    while waiting:
        for path in _files(root, waiting.pop()):
            if path not in seen:
                seen.add(path)
                waiting |= set(_named(root, path))
    beside = {
        path
        for folder in {file.parent for file in seen}
        for path in folder.iterdir()
        if path.is_file() and path.suffix not in {".py", ".pyc"}
    }
    return {path.relative_to(root) for path in {*filter(_has_code, seen), *beside}}


def digest(root: Path, module: str) -> str:
    """The sha256 of the names and contents of a module's closure."""
    found = hashlib.sha256()
    for path in sorted(imported_files(root, module)):
        found.update(f"{path.as_posix()}\0".encode())
        found.update(hashlib.sha256((root / path).read_bytes()).digest())
    return found.hexdigest()


def _files(root: Path, module: str) -> Iterator[Path]:
    """The module's file and the ``__init__`` of every package it lies in but the outermost."""
    parts = module.split(".")
    for depth in range(min(2, len(parts)), len(parts) + 1):
        here = root.joinpath(*parts[:depth])
        for file in (here / "__init__.py", here.with_suffix(".py")):
            if file.is_file():
                yield file


def _named(root: Path, path: Path) -> Iterator[str]:
    """The modules of this project that a file names."""
    package = path.relative_to(root).with_suffix("").parts[:-1]
    for node in _nodes(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            origin = ".".join([*above, *([node.module] if node.module else [])])
            # `from package import name`: the name may be a module of its own.
            names = [f"{origin}.{alias.name}" for alias in node.names]
            if origin not in PACKAGES or not all(any(_files(root, name)) for name in names):
                names.append(origin)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names = [node.value] if MODULE.fullmatch(node.value) else []
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
