"""Files and folders appear whole or not at all."""

import errno
import json
import math
from pathlib import Path

import pytest

from s2f_core.common.atomic import (
    DiskFullError,
    atomic_folder,
    atomic_write,
    check_new_file,
    write_json,
    write_text,
)
from s2f_core.common.errors import UserError


def test_a_file_appears_when_it_is_whole(tmp_path: Path) -> None:
    """In a folder that is made; the temporary name is hidden and keeps the ending."""
    target = tmp_path / "new" / "video.mp4"
    with atomic_write(target) as unfinished:
        unfinished.write_bytes(b"frames")
        assert not target.exists()
        assert unfinished.name == ".unfinished-video.mp4"
    assert target.read_bytes() == b"frames"
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("name", ["n" * 251 + ".png", "é" * 125 + ".webp"])
def test_a_name_may_be_as_long_as_any(tmp_path: Path, name: str, shared: bool) -> None:
    """The temporary name, which is hidden and keeps the ending, is no longer than 255 bytes."""
    target = tmp_path / name
    with atomic_write(target, shared=shared) as unfinished:
        unfinished.write_bytes(b"pixels")
        assert unfinished.name.startswith(".unfinished-")
        assert unfinished.suffix == target.suffix
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("shared", [True, False])
def test_a_failure_leaves_the_old_file(tmp_path: Path, shared: bool) -> None:
    """And nothing beside it; what a kill left is replaced."""
    target = tmp_path / "state.pt"
    write_text(target, "old\n")
    (tmp_path / ".unfinished-state.pt").write_text("of a killed process")

    def fail() -> None:
        with atomic_write(target, shared=shared) as unfinished:
            unfinished.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert target.read_text() == "old\n"
    write_text(target, "new\n")
    assert list(tmp_path.iterdir()) == [target]
    assert target.read_text() == "new\n"


def test_processes_that_share_a_target_write_to_paths_of_their_own(tmp_path: Path) -> None:
    """The last one to finish wins."""
    with (
        atomic_write(tmp_path / "x.npy", shared=True) as first,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr("os.getpid", lambda: -1)
        with atomic_write(tmp_path / "x.npy", shared=True) as second:
            second.write_text("2")
        first.write_text("1")
    assert first != second
    assert (tmp_path / "x.npy").read_text() == "1"


def test_a_full_disk_is_explained_where_a_size_is_given(tmp_path: Path) -> None:
    """Before anything is written, or while it is."""
    target = tmp_path / "large"
    with pytest.raises(DiskFullError, match="the disk is full"), atomic_write(target, 2**60):
        pytest.fail("there was room")
    with pytest.raises(DiskFullError, match="the disk is full"), atomic_write(target, 1):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_replaces_another_as_a_whole(tmp_path: Path) -> None:
    """Also one that a kill left; a failure leaves the old one."""
    target = tmp_path / "site"
    (tmp_path / ".unfinished-site").mkdir()
    (tmp_path / ".unfinished-site" / "stale").touch()
    for name in ("first", "second"):
        with atomic_folder(target) as folder:
            (folder / "pages").mkdir()
            (folder / "pages" / name).touch()
    with pytest.raises(RuntimeError), atomic_folder(target):
        raise RuntimeError
    assert [path.name for path in tmp_path.rglob("*")] == ["site", "pages", "second"]


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_json_has_no_value_that_is_not_finite(tmp_path: Path, value: float) -> None:
    """The old file stays."""
    file = tmp_path / "scores.json"
    write_json(file, {"kid": None, "fid": 1.5})
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(file, {"kid": value})
    assert json.loads(file.read_text()) == {"kid": None, "fid": 1.5}


def test_a_file_to_write_is_checked_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its ending, in any case, an older one, a folder of its name, and the folder it goes to."""
    (tmp_path / "old.onnx").touch()
    (tmp_path / "folder.onnx").mkdir()
    check_new_file(tmp_path / "new" / "a.ONNX", (".onnx", ".pth"))
    check_new_file(tmp_path / "old.onnx", (".onnx",), force=True)
    for name, force, message in (
        ("a.txt", False, r"allowed endings: \.onnx, \.pth"),
        ("old.onnx", False, "exists already: choose another name, or add --force$"),
        ("old.onnx", None, "exists already: choose another name$"),
        ("folder.onnx", True, "is a folder"),
        ("old.onnx/a.onnx", False, r"old\.onnx is a file, not a folder"),
    ):
        with pytest.raises(UserError, match=message):
            check_new_file(tmp_path / name, (".onnx", ".pth"), force=force)
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(UserError, match="no permission to write to"):
        check_new_file(tmp_path / "a.onnx", (".onnx",))
