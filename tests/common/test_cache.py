"""The cache is the user's, or the project's where that cannot be written."""

from __future__ import annotations

from pathlib import Path

import pytest

from s2f_core.common import cache, project
from s2f_core.common.errors import UserError


@pytest.fixture
def unwritable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's cache cannot be created; the working directory is in no project."""
    (tmp_path / "file").touch()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.setattr(cache, "user_cache_dir", lambda name: str(tmp_path / "file" / name))
    monkeypatch.delenv("S2F_CACHE")
    monkeypatch.delenv("DVC_ROOT", raising=False)
    return tmp_path


def test_the_project_has_the_cache_where_the_home_cannot(
    unwritable: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """DVC's copies use the original's; the message says where, once."""
    caplog.set_level("INFO")
    folder = unwritable / "elsewhere"
    for name in project.FILES:
        (folder / name).touch()
    assert cache.cache_folder("onnx") == folder / ".s2f" / "cache" / "onnx"
    assert cache.cache_folder("assets").is_dir()
    (message,) = caplog.messages
    assert f"cannot be written: the cache is {folder / '.s2f' / 'cache'}; S2F_CACHE" in message
    monkeypatch.setenv("DVC_ROOT", str(unwritable))
    assert cache.cache_folder("onnx") == unwritable / ".s2f" / "cache" / "onnx"


def test_a_cache_that_cannot_be_written_is_an_error(
    unwritable: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Outside a project, and where S2F_CACHE names it."""
    with pytest.raises(UserError, match=r"cannot be written: .*; set S2F_CACHE to move the cache"):
        cache.cache_folder("onnx")
    for name in project.FILES:
        Path(name).touch()
    monkeypatch.setenv("S2F_CACHE", str(unwritable / "file"))
    with pytest.raises(UserError, match=r"file/onnx cannot be written"):
        cache.cache_folder("onnx")
