"""A note for pictures that copies of the project lack."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from s2f_core.data.untracked import warn_if_untracked


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository that tracks one folder, and has another that DVC tracks."""
    monkeypatch.chdir(tmp_path)
    for name in ("mine", "in-git", "in-dvc/part", "data/assets/faces"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "1.png").touch()
    (tmp_path / "in-dvc.dvc").touch()
    subprocess.run(["git", "init", "--quiet"], check=True)
    subprocess.run(["git", "add", "in-git"], check=True)
    return tmp_path


def test_untracked_pictures_are_noted(repository: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The line says what an experiment needs."""
    caplog.set_level("INFO")
    warn_if_untracked(Path("mine"))
    (message,) = caplog.messages
    assert message.startswith("mine is in neither git nor DVC")
    assert "--copy-paths mine" in message


@pytest.mark.parametrize("path", ["in-git", "in-dvc", "in-dvc/part", "data/assets/faces"])
def test_others_are_not(repository: Path, path: str, caplog: pytest.LogCaptureFixture) -> None:
    """Nor an absolute path, nor anything where there is no repository."""
    caplog.set_level("INFO")
    warn_if_untracked(Path(path))
    warn_if_untracked(repository / "mine")
    (repository / ".git").rename(repository / "was-git")
    warn_if_untracked(Path("mine"))
    assert caplog.messages == []
