"""``dvc.yaml`` names all that each stage imports and reads."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from pipeline_contract import Stage, loaded_params, read_stages, wrong_deps, wrong_params

from s2f_core.common.code_digest import digest, imported_files
from s2f_core.common.config import load
from stages import code

ROOT = Path(__file__).parents[2]
COMMANDS = sorted(
    path.stem for path in (ROOT / "stages").glob("*.py") if path.stem not in ("__init__", "app")
)
HEAVY = {"torch", "pandas", "mlflow", "cv2", "onnxruntime", "pyarrow", "scipy", "lightning"}


def _stages() -> list[Stage]:
    return read_stages(ROOT) if (ROOT / "dvc.yaml").is_file() else []


def test_there_is_a_pipeline() -> None:
    """The tests below have stages to check."""
    assert _stages()


@pytest.mark.parametrize("stage", _stages(), ids=lambda stage: stage.name)
def test_a_stage_depends_on_the_digest_of_its_code(stage: Stage) -> None:
    """Changed code repeats the stages that use it, and no others."""
    assert wrong_deps(stage) == []


@pytest.mark.parametrize("stage", _stages(), ids=lambda stage: stage.name)
def test_a_stage_declares_exactly_the_params_that_it_loads(stage: Stage) -> None:
    """A changed parameter repeats the stages that read it, and no others."""
    assert wrong_params(ROOT, stage) == []


def _names_of_variants() -> set[str]:
    content: dict[str, object] = load(dict[str, object], "variants", file=ROOT / "params.yaml")
    return set(content)


def test_every_metrics_file_in_git_belongs_to_a_variant() -> None:
    """DVC keeps the files of removed variants, and the stage `report` removes them."""
    listing = subprocess.run(
        ["git", "ls-files", "metrics"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    names = {Path(line).stem for line in listing.stdout.splitlines()}
    others = {".gitkeep", "human-gap", "leaderboard"}
    assert names - others <= _names_of_variants()


def test_every_stage_file_is_run_by_the_pipeline() -> None:
    """Commands that people run by hand are not in dvc.yaml."""
    by_hand = {"main", "add", "import_checkpoint", "review", "datasets", "conditions"}
    by_hand |= {"survey", "sweeps", "backfill", "describe", "translate", "video", "export"}
    by_hand |= {"demo", "licences"}
    assert {stage.module for stage in _stages()} == set(COMMANDS) - by_hand


@pytest.mark.parametrize("command", COMMANDS)
def test_help_answers_within_a_second(command: str) -> None:
    """Measured beside a bare ``import typer``, so that a busy machine does not count."""
    base = _seconds("-c", "import typer")
    tries = (_seconds("-m", f"stages.{command}", "--help") for _ in range(3))
    allowed = max(1.0, 4 * base)
    assert any(seconds <= allowed for seconds in tries), f"over {allowed:.1f} s three times"


def _seconds(*arguments: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, *arguments], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def test_the_command_line_imports_nothing_heavy() -> None:
    """Stages import late; this test names the slow library."""
    code = "import stages.main, sys; print(*sys.modules)"
    out = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert HEAVY & set(out.stdout.split()) == set()


@pytest.mark.parametrize("name", ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE"])
def test_the_usual_files_exist(name: str) -> None:
    """They exist and are more than a heading."""
    assert len((ROOT / name).read_text(encoding="utf-8")) > 200


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small project in which every rule of the checker can be broken."""
    files = {
        "dvc.yaml": """
            stages:
              plain:
                cmd: python -m stages.plain
                deps: [data/code/plain, data/in]
                params: [split, lr]
              many:
                foreach: {a: 1}
                do:
                  cmd: python -m stages.many ${key}
                  deps: [data/code/many, "data/${key}"]
                  params: [defaults, "variants.${key}"]
        """,
        "stages/__init__.py": '"""Only a docstring: cannot change a result."""',
        "stages/plain.py": """
            from typing import TYPE_CHECKING
            from s2f_core.common.config import load
            if TYPE_CHECKING:
                from s2f_core import types_only
            def plain():
                import numpy as np
                from s2f_core.data import tables
                np.load("x", "split")
                load(int, "lr"); load(int, "split"); load(int, "other", file="b.yaml")
        """,
        "stages/many.py": """
            from s2f_core.common import config as p
            from s2f_core.training.objectives import pix2pix
            p.load(int, "variants", name)
        """,
        "s2f_core/common/config.py": "def load(kind, *keys): ...",
        "s2f_core/data/tables.py": "from ..common import config",
        "s2f_core/types_only.py": "A = 1",
        "s2f_core/server.py": "B = 1",
        "s2f_core/training/objectives/template.html": "<p>",
        "s2f_core/training/objectives/__init__.py": "from .pix2pix import step",
        "s2f_core/training/objectives/pix2pix.py": (
            "from ...data.tables import read\nSERVER = 's2f_core.server'"
        ),
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = text.strip("\n").splitlines()
        indent = len(lines[0]) - len(lines[0].lstrip())
        path.write_text("\n".join(line[indent:] for line in lines), encoding="utf-8")
    return tmp_path


def test_the_checker_follows_every_import_that_runs(project: Path) -> None:
    """In functions, relative, of a package and of its modules; not for type checkers only."""
    assert {str(path) for path in imported_files(project, "stages.plain")} == {
        "stages/plain.py",
        "s2f_core/common/config.py",
        "s2f_core/data/tables.py",
    }
    assert {path.name for path in imported_files(project, "stages.many")} == {
        "many.py",
        "config.py",
        "__init__.py",
        "pix2pix.py",
        "template.html",
        "tables.py",
        "server.py",
    }


def test_the_checker_follows_names_of_a_package_only_if_imported(project: Path) -> None:
    """``from s2f_core import load`` runs what it loads with, ``import gans`` does not."""
    (project / "s2f_core" / "__init__.py").write_text(
        "def load():\n    from s2f_core.server import B\n"
    )
    files = {"takes": "s2f_core import load", "leaves": "s2f_core.common import config"}
    for name, offered in files.items():
        (project / "stages" / f"{name}.py").write_text(f"from {offered}\n")
    followed = {
        name: {path.name for path in imported_files(project, f"stages.{name}")} for name in files
    }
    assert followed["takes"] == {"takes.py", "__init__.py", "server.py"}
    assert followed["leaves"] == {"leaves.py", "config.py"}


@pytest.mark.parametrize(
    ("file", "changed"),
    [
        ("s2f_core/data/tables.py", {"plain", "many"}),
        ("s2f_core/training/objectives/pix2pix.py", {"many"}),
        ("s2f_core/training/objectives/template.html", {"many"}),
        ("s2f_core/server.py", {"many"}),
        ("s2f_core/types_only.py", set()),
    ],
)
def test_a_changed_file_changes_the_digests_of_its_stages(
    project: Path, file: str, changed: set[str]
) -> None:
    """Of no other stage."""
    before = {name: digest(project, f"stages.{name}") for name in ("plain", "many")}
    with (project / file).open("a") as text:
        text.write("\n# changed\n")
    after = {name: digest(project, f"stages.{name}") for name in before}
    assert {name for name in before if before[name] != after[name]} == changed


def test_the_stage_writes_a_digest_for_each_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    """The digests are those that dvc.yaml's deps name."""
    written: dict[str, str] = {}
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(Path, "mkdir", lambda *_, **__: None)
    monkeypatch.setattr(Path, "write_text", lambda path, text: written.update({path.name: text}))
    code.code()
    assert set(COMMANDS) - written.keys() == {"main", "code"}
    assert written["split"] == digest(ROOT, "stages.split") + "\n"
    assert len(set(written.values())) == len(written)


def test_the_checker_reads_which_parameters_are_loaded_params(project: Path) -> None:
    """By any name of ``load``; keys known only at run time match any; other files do not count."""
    assert loaded_params(project, "plain") == {("lr",), ("split",)}
    assert loaded_params(project, "many") == {("defaults",), ("variants", "*")}


def test_the_checker_accepts_correct_stages(project: Path) -> None:
    """Files, folders and templates cover what they name."""
    for stage in read_stages(project):
        assert wrong_deps(stage) == []
        assert wrong_params(project, stage) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("data/code/plain, ", "", "plain: data/code/plain is not among its deps"),
        ("data/code/many", "data/code/plain", "many: dep data/code/plain is another stage's"),
        ("data/in", "s2f_core/common", "plain: dep s2f_core/common is code, which data/code/plain"),
        ("params: [split, lr]", "params: [lr]", "plain: loads split, which is not among"),
        ("params: [split, lr]", "params: [split, lr, seed]", "plain: declares seed, which it"),
        ('"variants.${key}"', "variants", "many: loads variants.*, which is not among"),
        ("[defaults, ", "[", "many: loads defaults, which is not among"),
    ],
)
def test_the_checker_reports_wrong_stages(project: Path, old: str, new: str, message: str) -> None:
    """Missing and superfluous entries are reported."""
    file = project / "dvc.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    problems = [
        problem
        for stage in read_stages(project)
        for problem in (*wrong_deps(stage), *wrong_params(project, stage))
    ]
    assert any(message in problem for problem in problems), problems


def test_the_checker_refuses_a_command_it_cannot_follow(project: Path) -> None:
    """``s2f split`` in dvc.yaml would run the installed code, not the working copy's."""
    file = project / "dvc.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("python -m stages.", "s2f "))
    with pytest.raises(ValueError, match=r"python -m stages\.<name>"):
        read_stages(project)
