"""``.ci/setup`` in a small project: where it runs, what it repairs, what it says."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHON = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"
INSTALLED = "installing into .venv"

# pip builds and installs the project without the network: it is its own build backend.
FILES = {
    "pyproject.toml": """
        [build-system]
        requires = []
        build-backend = "backend"
        backend-path = ["."]
        [project]
        name = "tiny"
        version = "1"
        [project.optional-dependencies]
        sr = []
    """,
    "backend.py": """
        import zipfile
        def build_editable(folder, config_settings=None, metadata_directory=None):
            name = "tiny-1-py3-none-any.whl"
            with zipfile.ZipFile(f"{folder}/{name}", "w") as wheel:
                wheel.writestr("tiny.py", "A = 1")
                info = "tiny-1.dist-info"
                about = "Metadata-Version: 2.1\\nName: tiny\\nVersion: 1\\n"
                wheel.writestr(f"{info}/METADATA", about)
                wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nTag: py3-none-any\\n")
                wheel.writestr(f"{info}/RECORD", "")
            return name
    """,
    "constraints.txt": "",
    "rembg.py": "",
    "dvc.py": """
        import pathlib, sys
        set_true = sys.argv[-1] == "true"
        pathlib.Path(".dvc/config.local").write_text("no_scm = true" if set_true else "")
    """,
    ".dvc/config": "",
}


def _project(folder: Path) -> Path:
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(textwrap.dedent(text))
    shutil.copytree(ROOT / ".ci", folder / ".ci")
    return folder


def _setup(folder: Path, **variables: str) -> tuple[int, str]:
    """Run it with the tests' Python first on the path; return its status and output."""
    environment = {name: os.environ[name] for name in ("HOME", "TMPDIR") if name in os.environ}
    process = subprocess.run(
        [folder / ".ci" / "setup", "sr"],
        env={**environment, "PATH": f"{PYTHON.parent}:/usr/bin:/bin", **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return process.returncode, process.stdout


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project under a path that needs care, with its environment made."""
    folder = _project(tmp_path_factory.mktemp("setup") / "it's a ü #1; & [x]")
    status, output = _setup(folder)
    assert (status, INSTALLED in output) == (0, True), output
    return folder


@pytest.mark.slow
def test_a_second_call_does_nothing(project: Path) -> None:
    """The environment holds the project."""
    python = project / ".venv" / "bin" / "python"
    subprocess.run([python, "-c", "import tiny"], check=True, cwd="/")
    assert _setup(project) == (0, "")
    (project / "constraints.txt").write_text("# changed\n")
    status, output = _setup(project)
    assert (status, INSTALLED in output, "made anew" in output) == (0, True, False)


def _no_python(venv: Path) -> None:
    for file in (venv / "bin").glob("python*"):
        file.unlink()


def _no_pip(venv: Path) -> None:
    for folder in venv.glob("lib/*/site-packages/pip*"):
        shutil.rmtree(folder)


def _half_a_pip(venv: Path) -> None:
    (file,) = venv.glob("lib/*/site-packages/pip/_internal/commands/check.py")
    file.unlink()


def _half_a_package(venv: Path) -> None:
    (file,) = venv.glob("lib/*/site-packages/tiny.py")
    file.write_text("")
    (venv / "installed-sr").unlink()


def _empty(venv: Path) -> None:
    shutil.rmtree(venv)
    venv.mkdir()


def _moved(venv: Path) -> None:
    settings = venv / "pyvenv.cfg"
    settings.write_text(settings.read_text().replace(str(venv), "/somewhere/else/.venv"))


@pytest.mark.slow
def test_two_installs_at_once_wait_for_each_other(project: Path) -> None:
    """Such as a second ``make`` in another terminal, or one whose first was half killed."""
    (project / ".venv" / "installed-sr").unlink()
    (project / ".s2f").mkdir(exist_ok=True)
    with (project / ".s2f" / "setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = subprocess.Popen(
            [project / ".ci" / "setup", "sr"],
            env={"HOME": os.environ["HOME"], "PATH": f"{PYTHON.parent}:/usr/bin:/bin"},
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr
        first = process.stderr.readline()
        assert first == "setup: another make installs here: waiting for it\n"
        fcntl.flock(lock, fcntl.LOCK_UN)
        rest = process.communicate()[1]
    assert INSTALLED in rest
    assert process.returncode == 0


DAMAGES: dict[str, tuple[Callable[[Path], None], str]] = {
    "no Python": (_no_python, "has no Python"),
    "no pip": (_no_pip, "has no pip"),
    "half a pip": (_half_a_pip, "its pip is half installed"),
    "half a package": (_half_a_package, ""),
    "empty": (_empty, "has no Python"),
    "moved": (_moved, "was made elsewhere"),
}


@pytest.mark.slow
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_environment_is_repaired(project: Path, damage: str) -> None:
    """It is made anew where that is necessary; the reason is said."""
    harm, reason = DAMAGES[damage]
    harm(project / ".venv")
    (project / ".venv" / "installed-sr").unlink(missing_ok=True)
    status, output = _setup(project)
    assert status == 0, output
    assert reason in output
    assert ("made anew" in output) == bool(reason)
    python = project / ".venv" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "check"], check=True, stdout=subprocess.DEVNULL)
    subprocess.run([python, "-c", "import tiny; tiny.A"], check=True, cwd="/")
    assert _setup(project) == (0, "")


@pytest.mark.slow
def test_dvc_works_without_git_and_with_it_later(project: Path, tmp_path: Path) -> None:
    """An unpacked archive has no .git. Experiments are commits, for which git needs a name."""
    settings = project / ".dvc" / "config.local"
    assert settings.read_text() == "no_scm = true"
    subprocess.run(["git", "init", "--quiet", project], check=True)
    assert _setup(project) == (0, "")
    assert settings.read_text() == ""
    (project / ".venv" / "installed-sr").unlink()
    nobody = {"HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1"}
    assert "git config --global user.name NAME, git config" in _setup(project, **nobody)[1]
    shutil.rmtree(project / ".git")
    status, output = _setup(project)
    assert (status, settings.read_text()) == (0, "no_scm = true")
    assert "no git repository" in output


def test_make_works_in_a_path_with_spaces_and_without_a_home(tmp_path: Path) -> None:
    """No recipe names the folder, whose quotes would end the shell's."""
    folder = tmp_path / "it's a ü #1; & [x]"
    folder.mkdir()
    shutil.copy(ROOT / "Makefile", folder)
    show = 'show: ; @echo "$$PATH" && echo "$$HOME"'
    command = ["make", "--no-print-directory", "-C", str(folder)]
    environment = {"PATH": "/usr/bin:/bin"}
    lines = subprocess.check_output([*command, "--eval", show, "show"], env=environment, text=True)
    path, home = lines.splitlines()
    assert path == f"{folder}/.venv/bin:/usr/bin:/bin"
    assert home == f"{folder}/.s2f/home"
    recipes = [*command, "--dry-run", "results", "report", "test", "docs", "ui", "demo", "drills"]
    assert str(tmp_path) not in subprocess.check_output(recipes, env=environment, text=True)


@pytest.mark.parametrize("sign", [":", "$", "%", "?", '"', "`", "\\"])
def test_a_path_that_tools_cannot_use_is_refused(tmp_path: Path, sign: str) -> None:
    """The message says which signs are not allowed."""
    status, output = _setup(_project(tmp_path / f"a{sign}b"))
    assert status == 1
    assert re.fullmatch(r"error: .*the path may not have any of .*: rename the folder\n", output)


def _fake_python(file: Path, version: str, modules: str = "exit 0") -> None:
    file.write_text(
        f'#!/bin/sh\ncase "$2" in *version*) echo {version} ;; *ensurepip*) {modules} ;; esac\n'
    )
    file.chmod(0o755)


@pytest.mark.parametrize(
    ("version", "modules", "message"),
    [
        ("3.10", "", "is Python 3.10: s2f needs Python 3.11, 3.12 or 3.13"),
        ("3.14", "", "is Python 3.14: s2f needs Python 3.11, 3.12 or 3.13"),
        ("3.12", "exit 1", "has no module venv: install it (Debian: apt install python3-venv)"),
    ],
)
def test_an_unfit_python_is_one_line(
    tmp_path: Path, version: str, modules: str, message: str
) -> None:
    """Too old, too new, or Debian's without its module venv; named by PYTHON, or the only one."""
    folder = _project(tmp_path / "s2f")
    python = tmp_path / "bin" / "python3"
    python.parent.mkdir()
    _fake_python(python, version, modules or "exit 0")
    for tool in ("cat", "cksum", "dirname", "grep", "mkdir", "paste", "rm", "sed", "sh", "tr"):
        program = shutil.which(tool)
        assert program
        (python.parent / tool).symlink_to(program)
    for variables in ({}, {"PYTHON": str(python)}):
        status, output = _setup(folder, PATH=str(python.parent), **variables)
        assert (status, len(output.splitlines())) == (1, 1), output
        assert message in output
    assert not (folder / ".venv").exists()


def test_a_fitting_python_beside_an_old_one_is_used(tmp_path: Path) -> None:
    """``python3`` is too old, but there is a ``python3.12``, which this one lacks a module of."""
    folder = _project(tmp_path / "s2f")
    (tmp_path / "bin").mkdir()
    _fake_python(tmp_path / "bin" / "python3", "3.9")
    _fake_python(tmp_path / "bin" / "python3.13", "3.13", "exit 1")
    _, output = _setup(folder, PATH=f"{tmp_path / 'bin'}:/usr/bin:/bin")
    assert output.startswith("error: python3.13 has no module venv")
