"""No module calls functions that can run code of a file or a shell without their guard."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    file for folder in ("s2f_core", "stages") for file in (ROOT / folder).rglob("*.py")
)

NEVER = {
    "eval",
    "exec",
    "compile",
    "__import__",
    "os.system",
    "os.popen",
    "pickle.load",
    "pickle.loads",
    "joblib.load",
    "marshal.load",
    "marshal.loads",
    "shelve.open",
    "pd.read_pickle",
    "yaml.load",
    "yaml.load_all",
    "yaml.unsafe_load",
    "yaml.full_load",
    "zipfile.extractall",
    "shutil.unpack_archive",
    "tempfile.mktemp",
}
METHODS = {"extract", "extractall"}  # of archives: members could be written anywhere
# TorchScript of one file, after a check of its checksum, which tests of bad weights cover.
ALLOWED = {("s2f_core/metrics/inception_v3.py", "torch.jit.load")}


def faults(source: str, place: str) -> Iterator[str]:
    """The calls of a module that could run code of others."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        arguments = {word.arg: ast.unparse(word.value) for word in node.keywords}
        where = f"{place}:{node.lineno}: {name}"
        if name in NEVER or (isinstance(node.func, ast.Attribute) and node.func.attr in METHODS):
            yield where
        if name.endswith("torch.load") and arguments.get("weights_only") != "True":
            yield f"{where} without weights_only=True"
        if name in {"torch.jit.load", "torch.hub.load"} and (place, name) not in ALLOWED:
            yield where
        if arguments.get("allow_pickle") == "True" or arguments.get("shell") == "True":
            yield f"{where} with allow_pickle or shell"


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("torch.load(f)", 1),
        ("torch.load(f, weights_only=False)", 1),
        ("torch.load(f, weights_only=True)", 0),
        ("torch.jit.load(f)", 1),
        ("np.load(f, allow_pickle=True)", 1),
        ("np.load(f)", 0),
        ("subprocess.run('ls', shell=True)", 1),
        ("yaml.load(f, Loader)", 1),
        ("yaml.safe_load(f)", 0),
        ("archive.extractall(f)", 1),
        ("model.eval()", 0),
        ("eval(text)", 1),
        ("pickle.loads(data)", 1),
    ],
)
def test_the_search_finds_unsafe_calls(line: str, count: int) -> None:
    """Each kind of call, and no harmless one."""
    assert len(list(faults(line, "x.py"))) == count


def test_no_module_runs_code_from_files() -> None:
    """No unpickling, YAML tags, shell, eval or unpacking; weights are loaded as tensors only."""
    assert len(SOURCES) > 200
    unsafe_calls = [
        fault
        for file in SOURCES
        for fault in faults(file.read_text(encoding="utf-8"), str(file.relative_to(ROOT)))
    ]
    assert not unsafe_calls
