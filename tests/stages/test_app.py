"""All commands find their project and print errors in one line."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, get_args, get_type_hints

import pytest
import torch
import typer

from s2f_core.common import project
from stages import app
from stages.main import COMMANDS


def _call(command: Callable[..., None], *arguments: str) -> None:
    app.build(command)(list(arguments), standalone_mode=False)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project, in a sub-folder of which the user is."""
    for name in project.FILES:
        (tmp_path / name).touch()
    (tmp_path / "drawings").mkdir()
    monkeypatch.chdir(tmp_path / "drawings")
    return tmp_path


def test_a_stage_runs_at_the_root(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Its relative paths are those of params.yaml; a line says where it runs."""
    runs = []

    def report(name: Annotated[str, typer.Argument()]) -> None:
        runs.append((name, Path.cwd()))

    with caplog.at_level("INFO", "s2f_core"):
        _call(report, "faces")
    assert runs == [("faces", folder)]
    assert f"project: {folder}" in caplog.text


def test_a_command_with_paths_stays_where_the_user_is(folder: Path) -> None:
    """A path means what it means to the shell."""
    paths = []

    def translate(picture: Annotated[Path, typer.Argument()]) -> None:
        paths.append(picture.absolute())

    _call(translate, "a.png")
    assert paths == [folder / "drawings" / "a.png"]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.__name__)
def test_every_command_with_a_path_is_listed(command: Callable[..., None]) -> None:
    """Else its path would be taken from the project's folder."""
    hints = get_type_hints(command)
    assert set(hints) - {"return"} == set(inspect.signature(command).parameters)
    takes_path = any(hint is Path or Path in get_args(hint) for hint in hints.values())
    assert not takes_path or command.__name__ in app.TAKE_PATHS


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (MemoryError("Unable to allocate 9 GiB"), "error: out of memory: Unable to allocate 9 GiB"),
        (torch.OutOfMemoryError("CUDA out of memory"), "error: out of memory: CUDA out of memory"),
        (IsADirectoryError(21, "Is a directory", "out"), "error: out cannot be used: Is a dir"),
        (OSError(36, "File name too long", "a.pt"), "error: a.pt cannot be used: File name too"),
    ],
)
def test_faults_of_the_machine_are_one_line(
    error: Exception, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No traceback for a fault outside the program."""

    def fail() -> None:
        raise error

    monkeypatch.setattr("sys.argv", ["s2f"])
    with pytest.raises(SystemExit) as exit_error:
        app.run(fail)
    assert str(exit_error.value).startswith(message)
    assert "\n" not in str(exit_error.value)


def test_a_bug_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever reports it needs it."""

    def fail() -> None:
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    monkeypatch.setattr("sys.argv", ["s2f"])
    with pytest.raises(RuntimeError, match="mat1"):
        app.run(fail)


def test_a_user_without_a_home_has_one_in_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a container with a user of its own."""

    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setenv("HOME", "/the/users")
    monkeypatch.chdir(tmp_path)
    app._ensure_home()
    assert os.environ["HOME"] == "/the/users"
    monkeypatch.setattr(Path, "home", no_home)
    app._ensure_home()
    assert os.environ["HOME"] == str(tmp_path / ".s2f" / "home")
