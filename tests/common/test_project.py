"""The project's folder is found from any folder below it, as git and DVC find theirs."""

from __future__ import annotations

from pathlib import Path

import pytest

from s2f_core.common import config, project
from s2f_core.common.errors import UserError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with folders below it, one of which has a params.yaml of its own."""
    for name in project.FILES:
        (tmp_path / name).write_text("seed: 1\n")
    (tmp_path / "drawings" / "new").mkdir(parents=True)
    (tmp_path / "drawings" / "params.yaml").write_text("seed: 2\n")
    return tmp_path


@pytest.mark.parametrize(
    ("below", "root"), [(".", "."), ("drawings", ".."), ("drawings/new", "../..")]
)
def test_the_root_is_found_from_below(
    folder: Path, below: str, root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both files make a project, and its path is relative."""
    monkeypatch.chdir(folder / below)
    assert project.find_root() == Path(root)
    assert project.data_folder() == Path(root) / "data"


def test_a_project_within_a_project_is_its_own(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as DVC's copies in .dvc/tmp/exps."""
    inner = folder / "drawings"
    (inner / "dvc.yaml").touch()
    monkeypatch.chdir(inner / "new")
    assert project.root() == Path("..")


def test_outside_any_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The working directory stands in, and errors say that it is no project."""
    monkeypatch.chdir(tmp_path)
    assert project.find_root() is None
    assert project.root() == Path()
    with pytest.raises(UserError, match=r"params\.yaml does not exist: .* is in no project: neith"):
        config.load(int, "seed")


def test_a_removed_working_directory_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shell can stay in a folder that another one removes."""
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(UserError, match="working directory no longer exists"):
        project.find_root()
