"""A digest of the code that a module runs: the module and every project file that it imports.

DVC runs a stage again when a dependency's content has changed. A list of files kept by hand
becomes wrong sooner or later, and a missing file gives stale results without a warning.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PACKAGES = ("s2f_core", "stages")
MODULE_NAME = re.compile(rf"({'|'.join(PACKAGES)})(\.\w+)+")


def imported_files(root: Path, module: str) -> set[Path]:
    """Return every file of the project at ``root`` that a module runs, as paths below ``root``.

    These are the module and its direct and indirect imports, also those inside functions; modules
    that are named in a string, such as for a subprocess; and the non-Python files beside all of
    them, such as templates. Imports for type checkers only and files without code (a docstring at
    most) do not count. A package's ``__init__`` of the first level counts only if a name is
    imported from it, as in ``from s2f_core import load``.
    """
    files: set[Path] = set()
    waiting = {module}
    while waiting:
        for path in _module_files(root, waiting.pop()):
            if path not in files:
                files.add(path)
                waiting |= set(_imported_modules(root, path))
    neighbours = {
        path
        for folder in {file.parent for file in files}
        for path in folder.iterdir()
        if path.is_file() and path.suffix not in {".py", ".pyc"}
    }
    return {path.relative_to(root) for path in {*filter(_has_code, files), *neighbours}}


def digest(root: Path, module: str) -> str:
    """Return the sha256 of the names and contents of a module's :func:`imported_files`."""
    total = hashlib.sha256()
    for path in sorted(imported_files(root, module)):
        total.update(f"{path.as_posix()}\0".encode())
        total.update(hashlib.sha256((root / path).read_bytes()).digest())
    return total.hexdigest()


def _module_files(root: Path, module: str) -> Iterator[Path]:
    """Yield a module's file and the ``__init__`` of its packages except the outermost."""
    parts = module.split(".")
    for depth in range(min(2, len(parts)), len(parts) + 1):
        path = root.joinpath(*parts[:depth])
        for file in (path / "__init__.py", path.with_suffix(".py")):
            if file.is_file():
                yield file


def _imported_modules(root: Path, path: Path) -> Iterator[str]:
    """Yield the modules of this project that a file imports or names in a string."""
    package = path.relative_to(root).with_suffix("").parts[:-1]
    for node in _naming_nodes(path.read_text(encoding="utf-8")):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            parents = package[: len(package) - node.level + 1] if node.level else ()
            origin = ".".join([*parents, *([node.module] if node.module else [])])
            # `from package import name`: the name may be a module of its own.
            names = [f"{origin}.{alias.name}" for alias in node.names]
            if origin not in PACKAGES or not all(any(_module_files(root, name)) for name in names):
                names.append(origin)
        elif isinstance(node, ast.Constant):
            names = [str(node.value)]
        yield from (name for name in names if name.split(".")[0] in PACKAGES)


@cache  # many stages import the same file
def _naming_nodes(source: str) -> list[ast.AST]:
    """Return the imports of a file, and its strings that have the form of a module's name."""
    return [
        node
        for node in _runtime_nodes(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
        or (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and MODULE_NAME.fullmatch(node.value)
        )
    ]


def _runtime_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield all nodes except those under ``if TYPE_CHECKING``."""
    for node in ast.iter_child_nodes(tree):
        hidden = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for part in node.orelse if hidden and isinstance(node, ast.If) else [node]:
            yield part
            yield from _runtime_nodes(part)


def _has_code(path: Path) -> bool:
    return _source_has_code(path.read_text(encoding="utf-8"))


@cache
def _source_has_code(source: str) -> bool:
    body = ast.parse(source).body
    return any(not (isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant)) for n in body)
